"""Policies on the same nights: thresholds blind to the future, fair levels, equal stock."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import norm

from benchmarks.decision.cost_mode import drawn_money
from benchmarks.decision.figures import trade_off
from benchmarks.decision.levels import marginal_levels, uniform_levels
from benchmarks.decision.nights import Quantiles
from benchmarks.decision.points import SWEEP, empirical_points, formula_points, our_points
from benchmarks.decision.report import markdown
from benchmarks.decision.results import named_figures, read_results, store_result
from benchmarks.decision.retail import HEADLINE, RIVALS, retail_result
from benchmarks.decision.shop import quarter_of
from benchmarks.decision.spare_parts import spare_parts, spare_shop


@pytest.fixture(scope="module")
def replay():
    """Sixty spare parts, replayed for a year."""
    return spare_shop(spare_parts(60))


@pytest.mark.parametrize("rule", [formula_points, empirical_points])
def test_reorder_points_know_nothing_after_their_cutoff(shop, rule):
    cutoffs, levels = np.array([420, 450]), np.full((40, 2), 0.95)
    later = shop.demand.copy()
    later[:, 451:] += 100
    told, changed = (rule(p, cutoffs)(levels) for p in (shop, replace(shop, demand=later)))
    assert (told == changed).all()


def test_ours_stocks_quantiles_as_they_are_told(shop):
    values = np.full((2, 40, 1, 2), 3.2)
    found = our_points(Quantiles(values, np.array([0.5, 0.9]), {}), shop)(np.full((40, 2), 0.9))
    parts = replace(shop, demand=shop.demand + 0.5)
    others = our_points(Quantiles(values, np.array([0.5, 0.9]), {}), parts)(np.full((40, 2), 0.9))
    assert (found == 3.0).all()
    assert np.allclose(others, 3.2)


def test_the_formula_is_mean_and_deviation_of_180_days(shop):
    days = shop.demand[3, 271:451][shop.observed[3, 271:451] >= 0.5].astype(float)
    length = shop.horizon[3]
    expected = days.mean() * length + norm.ppf(0.9) * days.std(ddof=1) * np.sqrt(length)
    found = formula_points(shop, np.array([450]))(np.full((40, 1), 0.9))
    assert found[3, 0] == pytest.approx(max(expected, 0.0), rel=1e-6)


def test_the_quarterly_formula_changes_every_thirteenth_week_only(shop):
    cutoffs = np.arange(290, 290 + 7 * 20, 7)
    points = formula_points(shop, cutoffs[quarter_of(20, 5)])(np.full((40, 20), 0.95))
    changed = (np.diff(points, axis=1) != 0).any(axis=0)
    assert (np.flatnonzero(changed) + 1).tolist() == [5, 18]


def test_a_euro_saves_alike_everywhere():
    """The chance of a stock-out is in proportion to what a unit costs to keep, per unit short."""
    value, cycle = np.array([1.0, 5.0, 20.0]), np.array([[7.0], [14.0], [7.0]])
    for gamma in (0.0, 0.5, 1.0):
        for table in marginal_levels(value, cycle, value**gamma)[4:12]:
            odds = (1 - table) / table
            price = odds / (value[:, None] * cycle / value[:, None] ** gamma)
            assert price == pytest.approx(np.full((3, 1), price[0, 0]))


def test_one_cycle_and_worth_by_value_is_one_level_for_all():
    tables = marginal_levels(np.array([1.0, 9.0]), np.full((2, 1), 7.0), np.array([1.0, 9.0]))
    assert np.allclose(tables, uniform_levels((2, 1)))


def test_higher_margin_raises_the_level_and_dearer_keeping_lowers_it():
    money = drawn_money(np.full(500, 10.0))
    level = money.levels(np.full((500, 1), 60.0))[:, 0]
    worth = money.shortage / money.holding
    order = np.argsort(worth)
    assert (np.diff(level[order]) >= 0).all()
    assert level[order][0] < level[order][-1]


@pytest.fixture(scope="module")
def found(replay):
    """Our forecasts are the empirical ones here: what is then compared is known."""
    return retail_result(replay, empirical_points(replay.problem, replay.cutoffs))


def test_a_twin_changes_nothing_at_equal_stock(found):
    result, _ = found
    twin = result["equal_stock"]["quantile"]["empirical"]["lost_units"]
    assert twin["change"] == pytest.approx(0.0, abs=1e-9)
    assert twin["interval"] == pytest.approx([0.0, 0.0], abs=1e-9)


def test_the_change_is_read_where_both_hold_the_same_stock(found):
    result, board = found
    theirs = board[(board["policy"] == "empirical") & np.isclose(board["level"], 0.95)].iloc[0]
    curve = board[board["policy"] == HEADLINE].sort_values("average_stock_value")
    stock, lost = (curve[name].to_numpy() for name in ("average_stock_value", "lost_units"))
    right = int(np.searchsorted(stock, theirs["average_stock_value"]))
    share = (theirs["average_stock_value"] - stock[right - 1]) / (stock[right] - stock[right - 1])
    between = lost[right - 1] + share * (lost[right] - lost[right - 1])
    change = result["equal_stock"][HEADLINE]["empirical"]["lost_units"]["change"]
    assert change == pytest.approx(between / theirs["lost_units"] - 1, abs=1e-4)


def test_nobody_beats_foresight_and_higher_levels_lose_less(found):
    _, board = found
    perfect = board.loc[board["policy"] == "perfect", "lost_units"].item()
    assert (board["lost_units"] >= perfect).all()
    for policy in RIVALS:
        lost = board[board["policy"] == policy].sort_values("level")["lost_units"]
        assert len(lost) == len(SWEEP)
        assert lost.iloc[-1] < lost.iloc[0]


def test_a_run_of_one_set_leaves_the_others_as_they_were(found, tmp_path):
    file = tmp_path / "decision.json"
    (tmp_path / "one_item.json").write_text('{"figures": {"one_item.reward_share": 0.9}}')
    store_result(file, {"simulator": {"processor_seconds": 2.0, "peak_gib": 0.7, "speed": {}}})
    store_result(file, {"shop": found[0]})
    document = read_results(file)
    assert list(document["sets"]) == ["simulator", "shop"]
    assert document["figures"]["simulator_peak_gib"] == 0.7
    assert document["figures"]["one_item.reward_share"] == 0.9
    assert "lost_units_change.shop.vs_empirical" in document["figures"]
    assert {"commit", "command", "date"} <= set(document) & set(document["sets"]["shop"])


def test_pictures_and_tables_tell_the_same_figures(found, tmp_path):
    result = json.loads(json.dumps(found[0]))
    trade_off("shop", result).savefig(tmp_path / "shop.png")
    assert 5_000 < (tmp_path / "shop.png").stat().st_size < 150_000
    source = {"date": "2024-07-01", "commit": "0123456789", "uncommitted": True, "command": "x"}
    text = markdown({"figures": named_figures({"shop": result}), "sets": {"shop": result | source}})
    change = result["equal_stock"][HEADLINE]["empirical"]["lost_units"]["change"]
    assert f"{100 * change:.1f} %".replace("-", "−") in text


def test_spare_parts_are_slow_and_their_goods_come_in_lots(replay):
    demand = replay.world.demand
    assert 0.4 < (demand == 0).mean() < 0.95
    assert (replay.quantity >= replay.world.lots.moq[:, None]).all()
    assert set(np.unique(replay.world.lead_times)) == {7, 16}
    assert replay.scored_from - replay.world.begins >= 16
    assert (demand == spare_shop(spare_parts(60)).world.demand).all()
