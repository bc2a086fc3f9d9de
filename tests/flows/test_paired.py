"""Two models before the same days: a stingy one saves stock, loses sales, and is not promoted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest

from flows.ingest import ingest
from flows.money import stakes_of
from flows.paired import paired_verdict
from flows.paired_replay import Shop, replay_figures
from flows.proof import Proof
from flows.run import Run, open_run
from flows.settings import load_settings
from flows.training_rows import TrainingSet, build_training_set
from models.registry import registered
from models.tracking_store import open_store
from stockalert.formulas import moments
from tests.flows.conftest import Season
from tests.flows.corner_shop import FIRST_NIGHT

pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Bench:
    run: Run
    training: TrainingSet
    proof: Proof


@pytest.fixture(scope="module")
def bench(season: Season, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """What the first champion never saw of the season's first night."""
    settings, now = load_settings(season.config), datetime(2024, 3, 25, tzinfo=UTC)
    out = tmp_path_factory.mktemp("paired")
    asked = {"settings": settings, "as_of": FIRST_NIGHT, "now": now}
    with open_run(season.data, out, **asked) as run:
        ingest(
            season.data,
            run.workspace.work,
            period="D",
            as_of=FIRST_NIGHT,
            today=now.date(),
            max_share=0.01,
        )
        folder = registered(open_store(season.out), season.first.version).folder
        yield Bench(run, build_training_set(run, FIRST_NIGHT), Proof.load(folder))


def shifted(proof: Proof, by: float) -> Proof:
    """The same model, every quantile moved by a share of the expected demand."""
    model = proof.model
    shifts = {k: tuple(x + by for x in v) for k, v in model.calibration.shifts.items()}
    calibration = replace(model.calibration, shifts=shifts)
    return replace(proof, model=replace(model, calibration=calibration))


def test_a_model_is_as_good_as_itself_but_no_improvement(bench: Bench) -> None:
    for routine, promoted in ((True, True), (False, False)):
        verdict = paired_verdict(
            bench.run, bench.training, bench.proof, bench.proof, routine=routine, as_of=FIRST_NIGHT
        )
        assert verdict.promote is promoted
        figures = verdict.figures
        assert figures["relative_difference"] == figures["upper_bound"] == 0
        assert figures["champion_replayed_fill_rate"] == figures["challenger_replayed_fill_rate"]


def test_a_stingy_model_costs_more_and_says_how_much_it_leaves_unserved(bench: Bench) -> None:
    stingy = shifted(bench.proof, -0.8)
    verdict = paired_verdict(
        bench.run, bench.training, bench.proof, stingy, routine=True, as_of=FIRST_NIGHT
    )
    assert not verdict.promote
    figures = verdict.figures
    assert figures["challenger_cost"] > figures["champion_cost"]
    assert figures["challenger_fill_rate"] < figures["champion_fill_rate"]
    assert figures["challenger_replayed_stock"] < figures["champion_replayed_stock"]
    assert "in a replay of 56 days" in verdict.reason


def test_what_is_at_stake_is_the_margin_that_the_tables_tell(bench: Bench) -> None:
    panel = bench.training.panel
    stakes = stakes_of(bench.run, panel, FIRST_NIGHT)
    products = bench.run.tables / "products.parquet"
    cost = pd.read_parquet(products).set_index("sku")["unit_cost"]
    margin = panel.price[:, -1] - cost.reindex(panel.series["sku"]).to_numpy()
    assert stakes.shortage == pytest.approx(np.maximum(margin, 0.0), rel=1e-5)
    assert (stakes.level == 0.95).all()
    assert stakes.overage == pytest.approx(stakes.shortage * 0.05 / 0.95)


def test_weeks_too_few_for_the_lead_times_are_not_replayed(bench: Bench) -> None:
    shop = Shop(
        bench.run, bench.training.panel, stakes_of(bench.run, bench.training.panel, FIRST_NIGHT)
    )
    told = {"champion": bench.proof, "challenger": bench.proof}
    assert replay_figures(shop, **told, since=np.datetime64(FIRST_NIGHT) - 14) == {}
    assert replay_figures(shop, **told, since=np.datetime64(FIRST_NIGHT)) == {}
    long = replay_figures(shop, **told, since=np.datetime64(FIRST_NIGHT) - 70)
    assert long["replayed_days"] == 70
    mean, _ = moments(shop.panel.units[:, -70:], shop.panel.observed[:, -70:] >= 0.5)
    assert long["champion_replayed_stock"] > mean.sum(), "more than a day's sales on the shelf"
