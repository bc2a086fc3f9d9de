"""What was published against what came: coverage with limits, cycles, causes of stock-outs."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from stockalert.review import (
    LEAST_NIGHTS,
    block_draws,
    coverage_cells,
    coverage_with_limits,
    cycles,
    worst_gap,
)
from stockalert.stock_outs import CAUSES, Decisions, stock_outs, with_causes

LEVELS = np.array([0.5, 0.9])


def nights(
    n: int,
    *,
    rows: int = 400,
    shock: float = 0.0,
    shift: float = 0.0,
    seed: int = 0,
    by: str = "AB",
):
    """Weekly nights of a shop whose quantiles are right up to `shift`; each night has its shock."""
    rng = np.random.default_rng(seed)
    told = []
    for night in range(n):
        demand = rng.normal(rng.normal(0, shock) + shift, 1, rows)
        spread = np.sqrt(1 + shock**2)
        quantiles = np.tile(np.array([0.0, 1.2815515655]) * spread, (rows, 1))
        kinds = {"abc": pd.Series(rng.choice([*by, None], rows))} if by else {}
        cells = coverage_cells(demand, quantiles, LEVELS, kinds)
        told.append(cells.assign(as_of=pd.Timestamp("2024-01-07") + pd.Timedelta(weeks=night)))
    return pd.concat(told)


def test_outcomes_are_counted_as_a_slow_loop_counts_them() -> None:
    rng = np.random.default_rng(6)
    demand, quantiles = rng.poisson(3, 200).astype(float), rng.poisson(4, (200, 2)).astype(float)
    kinds = pd.Series(rng.choice(["A", "B", None], 200))
    told = coverage_cells(demand, quantiles, LEVELS, {"abc": kinds}).set_index(["member", "level"])
    for member in ("all", "A", "B"):
        who = [i for i in range(200) if member in ("all", kinds[i])]
        for at, level in enumerate(LEVELS):
            row = told.loc[(member, level)]
            assert row["rows"] == len(who)
            assert row["below"] == sum(demand[i] < quantiles[i, at] for i in who)
            assert row["at_or_below"] == sum(demand[i] <= quantiles[i, at] for i in who)


def test_limits_hold_the_truth_although_nights_share_shocks() -> None:
    """Binomial limits of 5,200 outcomes would be ±0.7 points, and nearly always wrong."""
    inside, width = [], []
    for seed in range(30):
        table = coverage_with_limits(nights(13, shock=0.6, seed=seed, by=""), seed=seed)
        row = table[(table["grouping"] == "all") & (table["level"] == 0.9)].iloc[0]
        inside.append(row["lower"] <= 0.9 <= row["upper"])
        width.append(row["upper"] - row["lower"])
    assert np.mean(inside) > 0.65
    assert np.mean(width) > 4 * 2 * 0.007


def test_a_model_that_misses_is_named_and_one_that_does_not_is_not() -> None:
    fair = coverage_with_limits(nights(13, shock=0.1, seed=1))
    assert worst_gap(fair, least_nights=LEAST_NIGHTS) is None
    level, gap = worst_gap(
        coverage_with_limits(nights(13, shock=0.1, shift=0.8, seed=1)), least_nights=LEAST_NIGHTS
    )
    assert level == 0.5
    assert gap == pytest.approx(0.5 - 0.788, abs=0.03), "Φ(0.8) = 0.788"
    short = coverage_with_limits(nights(LEAST_NIGHTS - 1, shift=0.8))
    assert worst_gap(short, least_nights=2) is None, "three nights do not tell a miss from chance"
    assert short["lower"].isna().all()


def test_quantiles_of_counts_are_not_blamed_for_ties() -> None:
    """Demand is 0 or 1; the quantile 1 holds all of it, 0.9 of it at least."""
    demand = (np.arange(100) < 30).astype(float)
    cells = coverage_cells(demand, np.ones((100, 1)), np.array([0.9]), {})
    told = pd.concat(
        [cells.assign(as_of=pd.Timestamp("2024-01-07") + pd.Timedelta(weeks=w)) for w in range(6)]
    )
    row = coverage_with_limits(told).iloc[0]
    assert (row["share_below"], row["share_at_or_below"], row["gap"]) == (0.7, 1.0, 0.0)
    assert not row["off"]


def test_every_night_is_drawn_equally_often_and_neighbours_together() -> None:
    drawn = block_draws(9, seed=3)
    assert (drawn.sum(axis=1) == 9).all()
    assert drawn.mean(axis=0) == pytest.approx(np.ones(9), abs=0.15)


def test_cycles_are_those_of_a_slow_loop() -> None:
    rng = np.random.default_rng(7)
    out = rng.random((6, 60)) < 0.1
    came = pd.DataFrame({"series": rng.integers(0, 6, 40), "period": rng.integers(0, 60, 40)})
    group = np.array([0, 0, 1, 1, 2, 2])
    counted, served = np.zeros(3, int), np.zeros(3, int)
    for series in range(6):
        days = sorted(set(came.loc[came["series"] == series, "period"]))
        for begin, end in pairwise(days):
            counted[group[series]] += 1
            served[group[series]] += not out[series, begin:end].any()
    told = cycles(came, out, group, 3)
    assert (told[0].tolist(), told[1].tolist()) == (counted.tolist(), served.tolist())


def test_stock_outs_are_those_of_a_slow_loop() -> None:
    rng = np.random.default_rng(8)
    out = rng.random((5, 40)) < 0.4
    told = []
    for series, row in enumerate(out):
        day = 0
        while day < 40:
            length = 0
            while day + length < 40 and row[day + length]:
                length += 1
            if length and day >= 10:
                told.append([series, day, length, day + length < 40])
            day += length + 1
    assert stock_outs(out, 10).to_numpy().tolist() == told


DAYS = np.arange(np.datetime64("2024-03-01"), np.datetime64("2024-03-31"))
OUT_ON = 25  # the shelf is empty from 26 March on
DECIDED = np.datetime64("2024-03-18")  # eight days before, the protection interval


def told_cause(
    *,
    night: str = "2024-03-18",
    sold: float = 1.0,
    order_quantity: float = 0.0,
    held: bool = False,
    orders: dict[str, object] | None = None,
) -> pd.Series:
    """One item with lead time 7 and review 1, reorder point 20, out of stock from 26 March on."""
    row = {"reorder_point": 20.0, "order_quantity": order_quantity, "protection_days": 8.0}
    row |= {"lead_time_days": 7.0, "review_days": 1.0}
    decisions = Decisions(
        as_of=np.array([night], dtype="datetime64[D]"),
        held=np.array([[held]]),
        **{name: np.array([[value]]) for name, value in row.items()},
    )
    line = {"ordered_at": "2024-03-10", "expected_at": None, "received_at": "2024-03-17"}
    line |= {"units_ordered": 30.0, "units_received": 30.0, **(orders or {})}
    lines = pd.DataFrame({"series": [0], **{name: [value] for name, value in line.items()}})
    for name in ("ordered_at", "expected_at", "received_at"):
        lines[name] = pd.to_datetime(lines[name]).astype("datetime64[us]")
    empty = (np.arange(len(DAYS)) >= OUT_ON)[None, :]
    units = np.where(empty, 0.0, sold)
    found = with_causes(
        stock_outs(empty, 20), decisions, lines, units, periods=DAYS, max_stale_days=3
    )
    assert len(found) == 1
    return found.iloc[0]


@pytest.mark.parametrize(
    ("cause", "story"),
    [
        ("no_threshold", {"night": "2024-03-19"}),
        ("data_stale", {"night": "2024-03-14"}),
        ("order_late", {"orders": {"expected_at": "2024-03-25", "received_at": "2024-03-27"}}),
        ("order_late", {"orders": {"ordered_at": "2024-03-18", "received_at": None}}),
        ("supplier_short", {"orders": {"received_at": "2024-03-22", "units_received": 12.0}}),
        ("threshold_held", {"held": True}),
        ("order_not_placed", {"order_quantity": 24.0}),
        ("demand", {"sold": 3.0}),
        ("unexplained", {}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_every_cause_has_its_story(cause: str, story: dict[str, object]) -> None:
    row = told_cause(**story)
    assert row["cause"] == cause
    assert row[[name for name in CAUSES[:-1] if name != cause]].sum() == 0 or cause == "data_stale"


def test_an_order_placed_in_time_is_not_missed() -> None:
    placed = {"ordered_at": "2024-03-19", "expected_at": "2024-03-28", "received_at": None}
    assert told_cause(order_quantity=24.0, orders=placed)["cause"] == "unexplained"


def test_what_people_can_change_comes_before_chance() -> None:
    row = told_cause(sold=3.0, order_quantity=24.0)
    assert row["cause"] == "order_not_placed"
    assert row["demand"], "the other reason is kept"
    assert row["sold_since"] == 3 * 7, "sold on 19 to 25 March; nothing on the 26th"
    assert (row["decided_on"], row["reorder_point"]) == (pd.Timestamp(DECIDED), 20.0)
