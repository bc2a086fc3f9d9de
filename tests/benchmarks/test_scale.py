"""The scale benchmark: every tool builds the same columns, and the shop keeps the contract."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from benchmarks.scale.results import named_figures
from benchmarks.scale.shop import LAST_DAY, Shop, write_shop
from benchmarks.scale.tools import TOOLS
from benchmarks.scale.windows import COLUMNS, cutoffs_of, generated_units
from flows.validate import validate


@pytest.mark.parametrize("tool", ["ours", "kernels", "pandas"])
def test_every_tool_builds_the_columns_that_a_loop_builds(tool: str) -> None:
    units, cutoffs = generated_units(5, 600), cutoffs_of(600)
    prepare, build = TOOLS[tool]
    table = build(prepare(units), cutoffs)
    assert table.shape == (5, len(cutoffs), len(COLUMNS))
    for series, cutoff in ((0, 0), (3, 7), (4, len(cutoffs) - 1)):
        known = units[series, : cutoffs[cutoff] + 1].astype(np.float64)
        expected = [known[-int(name.split("_")[1]) :].mean() for name in COLUMNS[:7]]
        expected += [known[-days:].std(ddof=1) for days in (28, 91, 364)]
        expected += [known[-days:].max() for days in (91, 364)]
        expected += [known[-1 - days] for days in (0, 7, 14, 28)]
        assert table[series, cutoff] == pytest.approx(expected, rel=1e-4, abs=1e-4)


def test_the_shop_keeps_the_contract_and_its_last_day_can_come_later(tmp_path) -> None:
    write_shop(Shop(40, 120), tmp_path / "data", tmp_path / "new")
    found = validate(
        tmp_path / "data", period="D", as_of=None, today=date(2024, 7, 1), max_share=0.0
    )
    assert found.usable
    sold = pd.read_parquet(tmp_path / "data" / "sales")
    assert sold["date"].max() < pd.Timestamp(LAST_DAY)
    assert set(pd.read_parquet(tmp_path / "new" / "stock")["date"]) == {pd.Timestamp(LAST_DAY)}


def test_growth_is_told_per_tenfold_of_skus_and_drawn_on_to_a_million() -> None:
    sizes = {
        "1000": {"refresh": {"cpu_seconds": 5.0, "peak_gib": 0.9}},
        "30000": {"refresh": {"cpu_seconds": 40.0, "peak_gib": 1.0}},
        "300000": {"refresh": {"cpu_seconds": 310.0, "peak_gib": 1.27}},
    }
    assert named_figures({"growth": {"sizes": sizes}}) == {
        "growth_10x.time": 7.75,
        "growth_10x.memory": 1.27,
        "extrapolated_1m.cpu_seconds": 1010.0,
        "extrapolated_1m.peak_gib": 2.0,
    }
