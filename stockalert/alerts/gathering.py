"""What a night's alerts are made of, gathered from some thousand series at a time.

All facts are looked at, few are kept: the rows that are open, and per series what suppliers and
the model are judged by.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from stockalert.alerts.circumstances import Circumstances
from stockalert.alerts.conditions import Rules, conditions
from stockalert.alerts.facts import Evening, facts_of
from stockalert.alerts.kinds import fingerprints
from stockalert.alerts.late import supplier_state
from stockalert.tables.outputs import OUTPUT_TABLES

__all__ = ["COLUMNS", "Gathered", "gather"]

COLUMNS = (
    *OUTPUT_TABLES["alerts"].names,
    *("chance", "days_of_cover", "late_units", "late_days", "supplier_email"),
    *("sold_recent", "sold_usual", "seen_recent", "seen_usual", "muted"),
)
"""Of an open alert: what is published, and what else its sentences need."""


@dataclass(frozen=True)
class Gathered:
    """What is known of all series together.

    Attributes
    ----------
    rows : open alerts about skus
    lines : open and late order lines, by supplier
    at_stake : supplier_id, shortage_before (units) and money of each series: what may be lost
        before goods come
    judged : service_level and coverage_recent of each series
    suppliers : the contract's table
    """

    rows: pd.DataFrame
    lines: pd.DataFrame
    at_stake: pd.DataFrame
    judged: pd.DataFrame
    suppliers: pd.DataFrame | None


def gather(
    evenings: Iterable[Evening], rules: Rules, when: Circumstances, so_far: pd.DataFrame
) -> Gathered:
    """Look at every series once.

    Parameters
    ----------
    evenings : at least one; each of some series, which no other has
    so_far : what was open, see `Before.open`
    """
    rows, lines, stakes, judged, suppliers = [], [], [], [], None
    for evening in evenings:
        facts = facts_of(
            evening,
            rules,
            as_of=when.as_of,
            today=when.today,
            goodwill_share=when.goodwill_share,
            period_days=when.period_days,
        )
        rows.append(_open_rows(facts, rules, so_far[so_far["sku"].isin(facts["sku"])]))
        lines.append(_order_lines(evening, facts, rules, when))
        facts["money"] = facts["shortage_before"] * facts["margin"]
        stakes.append(facts[["supplier_id", "shortage_before", "money"]])
        judged.append(facts[["service_level", "coverage_recent"]])
        suppliers = evening.suppliers
    return Gathered(
        pd.concat(rows, ignore_index=True),
        pd.concat(lines).groupby(level=0).sum(),
        pd.concat(stakes, ignore_index=True),
        pd.concat(judged, ignore_index=True),
        suppliers,
    )


def _open_rows(facts: pd.DataFrame, rules: Rules, so_far: pd.DataFrame) -> pd.DataFrame:
    """Open alerts about skus, one row each."""
    parts = []
    series = pd.MultiIndex.from_frame(facts[["sku", "location"]])
    for kind, condition in conditions(facts, rules).items():
        mine = so_far[so_far["kind"] == kind]
        was_open = series.isin(pd.MultiIndex.from_frame(mine[["sku", "location"]]))
        worth = ~(condition.money < rules.min_money_at_risk) | was_open
        is_open = (condition.fires | (condition.holds & was_open)) & worth
        part = facts[is_open].assign(
            kind=kind,
            severity=np.where(condition.critical, "critical", condition.usual)[is_open],
            units_at_risk=condition.units[is_open],
            money_at_risk=condition.money[is_open],
        )
        parts.append(part)
    found = pd.concat(parts, ignore_index=True)
    names = fingerprints(found["kind"], found["sku"], found["location"])
    found = found.assign(fingerprint=pd.Series(names, dtype="str"))
    return found[[name for name in COLUMNS if name in found]]


def _order_lines(
    evening: Evening, facts: pd.DataFrame, rules: Rules, when: Circumstances
) -> pd.DataFrame:
    """Open and late order lines by supplier."""
    thresholds = evening.thresholds
    return supplier_state(
        thresholds,
        facts["supplier_id"],
        evening.purchase_orders,
        thresholds["lead_time_days"].to_numpy(np.float64),
        thresholds["lead_time_sd_days"].to_numpy(np.float64),
        as_of=when.today,
        late_days=rules.late_days,
    )
