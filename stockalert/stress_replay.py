"""Play a situation forward, day by day, on paths of demand, and count what runs out.

Each series lives through the same scenarios in every replay: the same demand ranks and the same
draws of lead times (common random numbers), so differences are the scenario's and not chance's.
Items are ordered as in `stockalert.policy`: (s, S) at any night, or up to S at each review of a
week or more.

Limits. Reorder points stay as they are decided tonight while the replay runs; the scenario quantity
of lost sales is replaced by ordering up to the reorder point; shelf life is left out.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from stockalert.arrays import FloatArray, IntArray
from stockalert.demand_paths import demand_paths
from stockalert.lead_time import LeadTimes
from stockalert.outlook import Horizons
from stockalert.policy import BASE_STOCK_REVIEW_DAYS, LotRules
from stockalert.simulation import OrderRules, OrderUpTo, Start, World, draw_lead_times, simulate
from stockalert.situation import Situation

__all__ = ["Lived", "Rule", "live_through"]

N_SCENARIOS = 32
BLOCK_ROWS = 128
SEED = 20260331
DAYS_PER_WEEK = 7.0
TINY = 1e-9


@dataclass(frozen=True)
class Lived:
    """What became of each series, over all its scenarios; shape (n,) each.

    Attributes
    ----------
    days_to_stockout : median of the first day on which demand is not served; inf = in no half
    stockout_probability : share of scenarios in which some demand is not served
    lost_units : mean units not served at once
    ordered_units, orders : mean units ordered, mean number of orders
    """

    days_to_stockout: FloatArray
    stockout_probability: FloatArray
    lost_units: FloatArray
    ordered_units: FloatArray
    orders: FloatArray


@dataclass(frozen=True)
class Rule:
    """How orders are placed and travel; row by row as in the situation.

    Attributes
    ----------
    point, up_to : shape (n,), units; s and S
    lead_times : of orders that leave at once
    held_days : nothing ordered leaves its supplier before so many days have passed
    """

    point: FloatArray
    up_to: FloatArray
    lead_times: LeadTimes
    held_days: int = 0


def live_through(case: Situation, rule: Rule, rows: IntArray, *, days: int) -> Lived:
    """Play some rows of a situation forward.

    Parameters
    ----------
    rows : which rows
    days : how long
    """
    parts = [
        _block(case, rule, rows[start : start + BLOCK_ROWS], days)
        for start in range(0, max(len(rows), 1), BLOCK_ROWS)
    ]
    names = [field.name for field in fields(Lived)]
    return Lived(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))


def _block(case: Situation, rule: Rule, rows: IntArray, days: int) -> Lived:
    """One block of rows, each in all scenarios."""
    each = np.repeat(rows, N_SCENARIOS)
    review = np.maximum(np.rint(case.supply.review_days[each]), 1).astype(np.int64)
    periodic = review >= BASE_STOCK_REVIEW_DAYS
    every = np.where(periodic, review, 1)[:, None]
    lots = LotRules(**{f.name: getattr(case.lot_rules, f.name)[each] for f in fields(LotRules)})
    world = World.of(
        _daily(case, rows, days),
        lead_times=_lead_times(rule, each, days),
        promised=np.rint(rule.lead_times.mean_days[each]),
        rules=OrderRules(lots=lots, review=np.arange(days)[None, :] % every == 0),
        start=_start(case, rows, days),
        unmet="lost",
    )
    high = np.maximum(rule.up_to[each], rule.point[each])
    low = np.where(periodic, high, rule.point[each])
    trace = simulate(world, OrderUpTo(low, high), keep_trace=True).trace
    assert trace is not None
    return _told(trace.short, trace.ordered, days)


def _told(short: FloatArray, ordered: FloatArray, days: int) -> Lived:
    """Sum up the scenarios of each row."""
    missed = (short > TINY).reshape(-1, N_SCENARIOS, days)
    ever = missed.any(axis=2)
    first = np.where(ever, missed.argmax(axis=2) + 1.0, np.inf)
    per_row = (-1, N_SCENARIOS)
    return Lived(
        days_to_stockout=np.sort(first, axis=1)[:, N_SCENARIOS // 2],
        stockout_probability=ever.mean(axis=1),
        lost_units=short.sum(axis=1).reshape(per_row).mean(axis=1),
        ordered_units=ordered.sum(axis=1).reshape(per_row).mean(axis=1),
        orders=(ordered > 0).sum(axis=1).reshape(per_row).mean(axis=1),
    )


def _daily(case: Situation, rows: IntArray, days: int) -> FloatArray:
    """Demand of each day on each path, shape (n_rows × scenarios, days), units."""
    horizons = case.horizons
    known = Horizons(horizons.days / DAYS_PER_WEEK, horizons.values[rows], horizons.levels)
    ends = np.tile(np.arange(1.0, days + 1) / DAYS_PER_WEEK, (len(rows), 1))
    total = demand_paths(known, ends, correlation=case.past.correlation, n_scenarios=N_SCENARIOS)
    whole = case.items.whole[rows][:, None, None]
    total = np.where(whole, np.floor(total + 0.5), total)
    daily = np.diff(total, axis=1, prepend=0.0)
    return np.ascontiguousarray(daily.transpose(0, 2, 1)).reshape(-1, days)


def _lead_times(rule: Rule, each: IntArray, days: int) -> IntArray:
    """Whole days from order to shelf by path and night; a strike holds what is ordered in it."""
    known = rule.lead_times
    many = LeadTimes(**{f.name: getattr(known, f.name)[each] for f in fields(LeadTimes)})
    drawn = draw_lead_times(many, days, seed=SEED)
    return np.asarray(drawn + np.clip(rule.held_days - np.arange(days), 0, None)[None, :])


def _start(case: Situation, rows: IntArray, days: int) -> Start:
    """Stock and what is under way, the same on every path."""
    position = case.position
    assert position is not None
    coming = position.coming
    width = int(max(coming.days.max(initial=1.0), 1.0))
    width = min(width, days + 1)
    arrivals = np.zeros((len(rows), width))
    at = np.minimum(coming.days[rows].astype(np.intp), width) - 1
    here = (coming.units[rows] > 0) & (at >= 0)
    each = np.broadcast_to(np.arange(len(rows))[:, None], at.shape)
    np.add.at(arrivals, (each[here], at[here]), coming.units[rows][here])
    held = np.clip(position.on_hand[rows] - position.backordered[rows], 0.0, None)
    return Start(
        on_hand=np.repeat(held, N_SCENARIOS), arrivals=np.repeat(arrivals, N_SCENARIOS, axis=0)
    )
