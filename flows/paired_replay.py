"""Both models run the same shop over weeks that neither has seen, where those are many enough.

A cycle's cost (`models.stakes`) asks whether each decision was right. A replay also lets stock
carry over from one to the next, orders travel and lots round. It needs time to tell: in weeks that
hold only a few protection intervals it shows the stock that it began with, so then it is left out.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from features.build import aligned, build_rows
from features.facts import read_facts
from features.panel import Panel
from flows.deciding import past_of
from flows.proof import Proof
from flows.replay_world import world_of
from flows.run import Run
from flows.supply import SupplyFacts, read_supply
from models.stakes import Stakes
from stockalert.arrays import FloatArray, IntArray
from stockalert.policy import economic_quantity, lot_size
from stockalert.service_level import holding_cost_per_day
from stockalert.simulation import Totals
from stockalert.simulation.comparison import Play, replayed
from stockalert.simulation.decided import AsDecided
from stockalert.thresholds import reorder_points
from stockalert.whole_units import in_whole_units

__all__ = ["LEAST_INTERVALS", "Shop", "replay_figures"]

LEAST_INTERVALS = 4.0
"""Protection intervals of the median series that the weeks must hold."""
WEEK_DAYS = 7


@dataclass(frozen=True)
class Shop:
    """The shop, up to the last day known, and what is at stake in each of its series."""

    run: Run
    panel: Panel
    stakes: Stakes


def replay_figures(
    shop: Shop, champion: Proof, challenger: Proof, *, since: np.datetime64
) -> dict[str, float]:
    """Replay both with refreshes every week from the same opening stock.

    Parameters
    ----------
    since : last day known to the first night

    Returns
    -------
    `champion_…` and `challenger_…` for `replayed_fill_rate` and `replayed_stock` (units, mean over
    days) and the number of `replayed_days`; empty where there are too few
    """
    panel, run = shop.panel, shop.run
    begins = int((since - panel.periods[0]).astype(int) + 1) // panel.period_days
    if not 0 < begins < panel.n_periods:
        return {}
    last_known = panel.last_days(np.array([begins - 1]))[0].astype(object)
    known = panel.until(begins - 1)
    facts = read_supply(run.tables, known, settings=run.settings, as_of=last_known)
    days = (panel.n_periods - begins) * panel.period_days
    if days < LEAST_INTERVALS * float(np.median(facts.supply.protection_days)):
        return {}
    world = world_of(panel, facts, begins=begins, settings=run.settings)
    every = max(1, WEEK_DAYS // panel.period_days)
    cutoffs = np.arange(begins - 1, panel.n_periods - 1, every)
    lot = _lot(known, facts)
    tables = {
        name: _table(shop, proof, facts, cutoffs, lot)
        for name, proof in {"champion": champion, "challenger": challenger}.items()
    }
    opening = tables["champion"].opening(begins, 0.5)
    found = {"replayed_days": float(days)}
    for name, table in tables.items():
        totals = replayed(world, Play(table, opening))
        found |= {f"{name}_{figure}": value for figure, value in _figures(totals).items()}
    return found


def _figures(totals: Totals) -> dict[str, float]:
    demanded = max(float(totals.demanded.sum()), np.finfo(float).tiny)
    return {
        "replayed_fill_rate": float(totals.served.sum()) / demanded,
        "replayed_stock": float(totals.stock.sum()) / totals.n_periods,
    }


def _lot(known: Panel, facts: SupplyFacts) -> FloatArray:
    """The usual order at the mean before the first night; shape (n_series,), units."""
    past, items = past_of(known), facts.items
    daily = past.mean / past.period_days
    holding = holding_cost_per_day(
        items["unit_cost"], items["holding_rate"], items["holding_cost_per_unit_day"]
    )
    economic = economic_quantity(daily, items.order_cost, holding)
    usual = lot_size(economic, items["moq"], daily * facts.supply.review_days)
    return np.where(daily > 0, usual, 0.0)


def _table(
    shop: Shop, proof: Proof, facts: SupplyFacts, cutoffs: IntArray, lot: FloatArray
) -> AsDecided:
    """Reorder points of one model at each cutoff, each knowing its past alone."""
    panel, model, stakes = shop.panel, proof.model, shop.stakes
    country = shop.run.settings.calendar.country
    told = read_facts(shop.run.tables, panel, country=country, vocabulary=dict(proof.vocabulary))
    periods = np.maximum(np.rint(facts.supply.protection_days / panel.period_days), 1)
    rows = build_rows(
        panel,
        told,
        cutoffs=cutoffs,
        horizons=periods.astype(np.int64)[:, None],
        with_target=False,
    )
    values = model.forecast(aligned(rows, model.names, model.categorical))
    mine = stakes.take(rows.series)
    counted = in_whole_units(values, mine.whole)
    points = reorder_points(counted, np.asarray(model.levels), mine.level, mine.whole)
    shape = (panel.n_series, len(cutoffs))
    return AsDecided(
        reorder_point=points.reshape(shape[::-1]).T,
        lot=np.broadcast_to(lot[:, None], shape),
        review_days=np.broadcast_to(facts.supply.review_days[:, None], shape),
        since=cutoffs + 1,
        policy=shop.run.settings.order.policy,
    )
