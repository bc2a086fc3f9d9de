"""Table `alerts` of a night: what is open, since when, how bad, and what to do.

    facts -> conditions -> open rows -> suppliers in trouble -> what mutes what -> words -> states

An alert that was open stays the same alert (fingerprint, episode, first_seen) as long as its
condition holds; when it comes back later it is a new episode.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import numpy as np
import pandas as pd

from stockalert.alerts.conditions import Rules, conditions
from stockalert.alerts.facts import Evening, facts_of
from stockalert.alerts.inhibition import inhibited
from stockalert.alerts.kinds import SKU_KINDS, fingerprint, fingerprints
from stockalert.alerts.late import supplier_state
from stockalert.alerts.problems import with_words
from stockalert.alerts.records import each_row
from stockalert.alerts.silences import MATCHED, Acknowledgement, Silence, muted_state
from stockalert.alerts.wide import degraded_model, disrupted_suppliers, stale_data
from stockalert.tables.outputs import OUTPUT_TABLES

__all__ = ["Before", "Circumstances", "alerts_of"]


@dataclass(frozen=True)
class Circumstances:
    """When and for whom a night's alerts are decided.

    Attributes
    ----------
    as_of : last day whose sales are known
    today : last day of which stock and orders are known
    now : when the night runs
    episode : names the run
    live : whether the age of the data counts; not when a past night is asked for
    last_stock : latest day in the stock table
    """

    as_of: date
    today: date
    now: datetime
    episode: str
    language: str = "en"
    live: bool = True
    last_stock: date | None = None
    max_stale_days: int = 3
    goodwill_share: float = 0.0
    period_days: int = 1


@dataclass(frozen=True)
class Before:
    """What was there before this night.

    Attributes
    ----------
    alerts : table `alerts` as served so far; None = none
    operational : open alerts about the nightly job, as rows of the table
    """

    alerts: pd.DataFrame | None = None
    operational: Sequence[Mapping[str, Any]] = ()
    silences: Sequence[Silence] = ()
    acknowledged: Mapping[str, Acknowledgement] = field(default_factory=dict)


def alerts_of(evening: Evening, rules: Rules, when: Circumstances, before: Before) -> pd.DataFrame:
    """Decide which alerts are open.

    Returns
    -------
    table `alerts`: the worst first
    """
    facts = facts_of(
        evening,
        rules,
        as_of=when.as_of,
        today=when.today,
        goodwill_share=when.goodwill_share,
        period_days=when.period_days,
    )
    so_far = _open_before(before.alerts)
    rows = _about_skus(facts, rules, so_far)
    troubled = _troubled(evening, facts, when, rules, so_far)
    rows = inhibited(pd.concat([rows, _about_suppliers(troubled, facts, rules)], ignore_index=True))
    rows = with_words(rows, troubled, when.language)
    rows = pd.concat([rows, _about_the_job(evening, when, rules)], ignore_index=True)
    return _finished(rows, so_far, when, before)


def _open_before(alerts: pd.DataFrame | None) -> pd.DataFrame:
    """What was open: kind, sku, location, supplier_id, episode and first_seen by fingerprint."""
    names = ["kind", "sku", "location", "supplier_id", "episode", "first_seen"]
    if alerts is None or not len(alerts):
        empty = pd.DataFrame({name: pd.Series(dtype="str") for name in names[:-1]})
        return empty.assign(first_seen=pd.Series(dtype="datetime64[us]"))
    return alerts.set_index("fingerprint")[names]


def _about_skus(facts: pd.DataFrame, rules: Rules, so_far: pd.DataFrame) -> pd.DataFrame:
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
    return found.assign(fingerprint=pd.Series(names, dtype="str"))


def _troubled(
    evening: Evening, facts: pd.DataFrame, when: Circumstances, rules: Rules, so_far: pd.DataFrame
) -> pd.DataFrame:
    """Suppliers that do not deliver as usual."""
    thresholds = evening.thresholds
    lines = supplier_state(
        thresholds,
        facts["supplier_id"],
        evening.purchase_orders,
        thresholds["lead_time_days"].to_numpy(np.float64),
        thresholds["lead_time_sd_days"].to_numpy(np.float64),
        as_of=when.today,
        late_days=rules.late_days,
    )
    open_so_far = so_far.loc[so_far["kind"] == "supplier_disrupted", "supplier_id"].dropna()
    return disrupted_suppliers(
        evening.suppliers,
        lines,
        as_of=when.today,
        language=when.language,
        was_open=frozenset(open_so_far),
    )


def _about_suppliers(troubled: pd.DataFrame, facts: pd.DataFrame, rules: Rules) -> pd.DataFrame:
    """One alert per supplier in trouble, with what its products may lose before goods come."""
    if "supplier_disrupted" in rules.off or not len(troubled):
        return pd.DataFrame()
    lost = facts.assign(money=facts["shortage_before"] * facts["margin"])
    sums = lost.groupby("supplier_id")[["shortage_before", "money"]].sum()
    names = [fingerprint("supplier_disrupted", one) for one in troubled["supplier_id"]]
    sums = sums.reindex(troubled["supplier_id"]).reset_index(drop=True)
    return pd.DataFrame(
        {
            "fingerprint": names,
            "kind": "supplier_disrupted",
            "severity": "critical",
            "supplier_id": troubled["supplier_id"],
            "supplier_name": troubled["name"],
            "supplier_email": troubled["email"],
            "units_at_risk": sums["shortage_before"],
            "money_at_risk": sums["money"],
        }
    )


def _about_the_job(evening: Evening, when: Circumstances, rules: Rules) -> pd.DataFrame:
    """Alerts about data and model."""
    found = stale_data(
        as_of=when.as_of,
        today=when.now.date() if when.live else when.today,
        last_stock=when.last_stock,
        max_days=when.max_stale_days,
        language=when.language,
    )
    found += degraded_model(evening.thresholds, when.language)
    return pd.DataFrame([row for row in found if row["kind"] not in rules.off])


def _finished(
    rows: pd.DataFrame, so_far: pd.DataFrame, when: Circumstances, before: Before
) -> pd.DataFrame:
    """Give every alert its history and state, and put the table in order."""
    rows = pd.concat([rows, pd.DataFrame(list(before.operational))], ignore_index=True)
    columns = OUTPUT_TABLES["alerts"].names
    rows = rows.reindex(columns=list(columns))
    known = so_far.reindex(rows["fingerprint"])
    moment = pd.Timestamp(when.now)
    # A night without any alert has no words from which a column could take its type.
    rows["episode"] = (
        rows["episode"].astype("object").fillna(pd.Series(known["episode"].to_numpy()))
    )
    rows["episode"] = rows["episode"].fillna(when.episode).astype("str")
    seen = pd.to_datetime(rows["first_seen"]).fillna(pd.Series(known["first_seen"].to_numpy()))
    rows["first_seen"] = (
        seen.fillna(moment).where(lambda at: at <= moment, moment).astype("datetime64[us]")
    )
    rows["last_seen"] = pd.Series(moment, rows.index).astype("datetime64[us]")
    rows["state"], rows["acknowledged_until"] = _states(rows, when, before)
    rank = rows["severity"].map({"critical": 0, "warning": 1, "info": 2}).to_numpy()
    place = rows["kind"].map({kind: at for at, kind in enumerate(SKU_KINDS)}).fillna(-1)
    order = np.lexsort((place, -rows["money_at_risk"].astype("float64").fillna(0.0), rank))
    return rows.iloc[order].reset_index(drop=True)[list(columns)]


def _states(
    rows: pd.DataFrame, when: Circumstances, before: Before
) -> tuple[list[str], pd.Series[pd.Timestamp]]:
    """State of each alert, and until when somebody has it in hand."""
    states = [
        muted_state(row, before.silences, before.acknowledged, when.now)
        for row in each_row(rows, (*MATCHED, "inhibited_by"))
    ]
    until = [
        before.acknowledged[name].until if state == "acknowledged" else None
        for name, state in zip(rows["fingerprint"], states, strict=True)
    ]
    return states, pd.Series(until, rows.index, dtype="datetime64[us]")
