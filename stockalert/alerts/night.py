"""Table `alerts` of a night: what is open, since when, how bad, and what to do.

    facts -> conditions -> open rows -> suppliers in trouble -> what mutes what -> words -> states

An alert that was open stays the same alert (fingerprint, episode, first_seen) as long as its
condition holds; when it comes back later it is a new episode.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import pandas as pd

from stockalert.alerts.circumstances import Before, Circumstances
from stockalert.alerts.conditions import Rules
from stockalert.alerts.facts import Evening
from stockalert.alerts.gathering import COLUMNS, Gathered, gather
from stockalert.alerts.inhibition import inhibited
from stockalert.alerts.kinds import SKU_KINDS, fingerprint
from stockalert.alerts.problems import with_words
from stockalert.alerts.records import BLOCK_ROWS, each_row
from stockalert.alerts.silences import MATCHED, muted_state
from stockalert.alerts.wide import degraded_model, disrupted_suppliers, stale_data
from stockalert.arrays import IntArray
from stockalert.tables.blocks import LongTable, whole
from stockalert.tables.outputs import OUTPUT_TABLES

__all__ = ["Before", "Circumstances", "alerts_of", "alerts_table"]

_SHARED = (
    *("kind", "severity", "state", "episode", "location", "planner", "tags"),
    *("supplier_id", "supplier_name", "supplier_email"),
)
"""Words that many alerts have in common: held once."""


def alerts_of(evening: Evening, rules: Rules, when: Circumstances, before: Before) -> pd.DataFrame:
    """Decide which alerts are open.

    Returns
    -------
    table `alerts`: the worst first
    """
    return whole(alerts_table([evening], rules, when, before))


def alerts_table(
    evenings: Iterable[Evening], rules: Rules, when: Circumstances, before: Before
) -> LongTable:
    """Decide which alerts are open, of a shop whose facts come in blocks; see `alerts_of`.

    Parameters
    ----------
    evenings : at least one; each of some series, which no other has

    Returns
    -------
    table `alerts`, put into words block by block when it is read
    """
    so_far = before.open()
    found = gather(evenings, rules, when, so_far)
    troubled = _troubled(found, when, so_far)
    others = [_about_suppliers(troubled, found.at_stake, rules)]
    others += [_about_the_job(found.judged, when, rules), pd.DataFrame(list(before.operational))]
    rows = _completed(pd.concat([found.rows, *others], ignore_index=True))
    del found  # its rows are the longest table of a night that is held
    rows = _finished(inhibited(rows), so_far, when, before)
    order = _worst_first(rows)
    rows = rows.astype(dict.fromkeys(_SHARED, "category"))

    def blocks() -> Iterator[pd.DataFrame]:
        for start in range(0, max(len(order), 1), BLOCK_ROWS):
            part = rows.iloc[order[start : start + BLOCK_ROWS]].reset_index(drop=True)
            part = part.astype(dict.fromkeys(_SHARED, "str"))
            yield _worded(part, troubled, when.language)

    return LongTable(len(order), blocks)


def _completed(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows with every column that is used from here on, and no other."""
    absent = dict.fromkeys((name for name in COLUMNS if name not in rows), np.nan)
    needless = [name for name in rows if name not in COLUMNS]
    return rows.drop(columns=needless).assign(**absent)


def _troubled(found: Gathered, when: Circumstances, so_far: pd.DataFrame) -> pd.DataFrame:
    """Suppliers that do not deliver as usual."""
    open_so_far = so_far.loc[so_far["kind"] == "supplier_disrupted", "supplier_id"].dropna()
    return disrupted_suppliers(
        found.suppliers,
        found.lines,
        as_of=when.today,
        language=when.language,
        was_open=frozenset(open_so_far),
    )


def _about_suppliers(troubled: pd.DataFrame, at_stake: pd.DataFrame, rules: Rules) -> pd.DataFrame:
    """One alert per supplier in trouble, with what its products may lose before goods come."""
    if "supplier_disrupted" in rules.off or not len(troubled):
        return pd.DataFrame()
    sums = at_stake.groupby("supplier_id")[["shortage_before", "money"]].sum()
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


def _about_the_job(judged: pd.DataFrame, when: Circumstances, rules: Rules) -> pd.DataFrame:
    """Alerts about data and model."""
    found = stale_data(
        as_of=when.as_of,
        today=when.now.date() if when.live else when.today,
        last_stock=when.last_stock,
        max_days=when.max_stale_days,
        language=when.language,
    )
    found += degraded_model(judged, when.language)
    return pd.DataFrame([row for row in found if row["kind"] not in rules.off])


def _finished(
    rows: pd.DataFrame, so_far: pd.DataFrame, when: Circumstances, before: Before
) -> pd.DataFrame:
    """Give every alert its history and state."""
    known = so_far[["episode", "first_seen"]].reindex(rows["fingerprint"])
    moment = pd.Timestamp(when.now)
    # A night without any alert has no words from which a column could take its type.
    episode = rows["episode"].astype("object").fillna(pd.Series(known["episode"].to_numpy()))
    seen = pd.to_datetime(rows["first_seen"]).fillna(pd.Series(known["first_seen"].to_numpy()))
    seen = seen.fillna(moment).where(lambda at: at <= moment, moment)
    states, until = _states(rows, when, before)
    return rows.assign(
        episode=episode.fillna(when.episode).astype("str"),
        first_seen=seen.astype("datetime64[us]"),
        last_seen=pd.Series(moment, rows.index).astype("datetime64[us]"),
        state=states,
        acknowledged_until=until,
    )


def _worst_first(rows: pd.DataFrame) -> IntArray:
    """Places of the rows by severity, money at risk and kind."""
    rank = rows["severity"].map({"critical": 0, "warning": 1, "info": 2}).to_numpy()
    place = rows["kind"].map({kind: at for at, kind in enumerate(SKU_KINDS)}).fillna(-1)
    money = rows["money_at_risk"].astype("float64").fillna(0.0)
    return np.asarray(np.lexsort((place, -money, rank)))


def _worded(rows: pd.DataFrame, troubled: pd.DataFrame, language: str) -> pd.DataFrame:
    """Table `alerts` of some rows: what has no words yet is put into words."""
    silent = rows["message"].isna()
    said = with_words(rows[silent], troubled, language)
    for name in ("order_problem", "supplier_problem"):
        rows[name] = said[name].reindex(rows.index)
    for name in ("message", "to_do"):
        rows[name] = said[name].reindex(rows.index).fillna(rows[name].astype("str"))
    return rows[list(OUTPUT_TABLES["alerts"].names)]


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
