"""An item's end and its successor, as they are told and not before."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from features.build import build_rows
from features.facts import read_facts
from features.life_cycle import life_cycle
from features.reading import read_panel
from stockalert.rows import Rows

END = pd.Timestamp("2024-03-20")


@pytest.fixture
def phones(tmp_path: Path) -> Path:
    """A phone that sold ten a day ends; its successor came a week before and sells five."""
    days = pd.date_range("2023-10-01", "2024-04-30")
    old = pd.DataFrame({"sku": "phone 1", "date": days[days <= END], "units_sold": 10.0})
    came = END - pd.Timedelta(days=7)
    new = pd.DataFrame({"sku": "phone 2", "date": days[days >= came], "units_sold": 5.0})
    case = pd.DataFrame({"sku": "case", "date": days, "units_sold": 1.0})
    pd.concat([old, new, case]).to_parquet(tmp_path / "sales.parquet")
    products = pd.DataFrame(
        {
            "sku": ["phone 1", "phone 2", "case"],
            "end_date": [END, None, None],
            "launch_date": [None, came, None],
            "replaces_sku": [None, "phone 1", None],
        }
    )
    products.to_parquet(tmp_path / "products.parquet")
    return tmp_path


def _rows(tables: Path, today: str, horizon: int = 10) -> dict[str, dict[str, float]]:
    panel = read_panel(tables, period="D", as_of=date(2024, 4, 30))
    facts = read_facts(tables, panel)
    cutoff = int((np.datetime64(today) - panel.periods[0]).astype(int))
    rows: Rows = build_rows(
        panel,
        facts,
        cutoffs=[cutoff],
        horizons=np.full((panel.n_series, 1), horizon),
        with_target=False,
        families={"life_cycle": life_cycle},
    )
    values = pd.DataFrame(rows.values, columns=rows.names) * 1.0
    values["line"] = values["line_level"] * rows.scale
    values.index = pd.Index(panel.series["sku"])
    return values.to_dict(orient="index")


def test_an_end_is_known_four_weeks_ahead_and_cuts_the_window(phones: Path) -> None:
    before = _rows(phones, "2024-02-20")["phone 1"]
    assert np.isnan(before["end_days"])
    assert before["on_sale_share"] == 1.0
    near = _rows(phones, "2024-03-16")["phone 1"]
    assert near["end_days"] == 4.0
    assert near["on_sale_share"] == pytest.approx(0.4)
    after = _rows(phones, "2024-04-01")["phone 1"]
    assert after["end_days"] == -12.0
    assert after["on_sale_share"] == 0.0


def test_a_successor_tells_the_old_item_and_inherits_its_demand(phones: Path) -> None:
    rows = _rows(phones, "2024-03-16")
    assert rows["phone 1"]["successor_days"] == 3.0
    assert np.isnan(rows["case"]["successor_days"])
    # 91 days of ten a day and four of five more, for both alike; the case stands alone.
    together = (91 * 10 + 4 * 5) / 91
    assert rows["phone 1"]["line"] == pytest.approx(together, rel=1e-5)
    assert rows["phone 2"]["line"] == pytest.approx(together, rel=1e-5)
    assert rows["case"]["line"] == pytest.approx(1.0, rel=1e-5)


def test_items_that_replace_each_other_in_a_circle_do_no_harm(phones: Path) -> None:
    products = pd.read_parquet(phones / "products.parquet")
    products["replaces_sku"] = ["phone 2", "phone 1", "case"]
    products.to_parquet(phones / "products.parquet")
    rows = _rows(phones, "2024-03-16")
    assert np.isfinite([row["line"] for row in rows.values()]).all()
