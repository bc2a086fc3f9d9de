"""Alerts about more than one sku: a supplier that does not deliver, old data, a tired model."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from stockalert.alerts.kinds import fingerprint
from stockalert.alerts.words import one_line, words_of

__all__ = ["degraded_model", "disrupted_suppliers", "stale_data"]

_LEAST_LINES, _MOST_LATE = 5, 0.5
_LEAST_SHARE, _GAP = 0.25, 0.05


def disrupted_suppliers(
    suppliers: pd.DataFrame | None,
    lines: pd.DataFrame,
    *,
    as_of: date,
    language: str,
    was_open: frozenset[str],
) -> pd.DataFrame:
    """Suppliers that are marked as disrupted, or whose open orders are late by the half.

    The second needs five open lines, and is over below a quarter.

    Parameters
    ----------
    suppliers : the contract's table; None = there is none
    lines : of `stockalert.alerts.late.supplier_state`
    was_open : suppliers with such an alert so far

    Returns
    -------
    supplier_id, name, email, problem: one row per supplier in trouble
    """
    names = ["supplier_id", "name", "email", "status", "disrupted_until"]
    known = pd.DataFrame(columns=names) if suppliers is None else suppliers.reindex(columns=names)
    over = pd.to_datetime(known["disrupted_until"]) < pd.Timestamp(as_of)
    marked = (known["status"] == "disrupted") & ~over
    share = lines["late"] / lines["lines"].clip(lower=1.0)
    open_so_far = lines.index.isin(list(was_open))
    slow = (lines["lines"] >= _LEAST_LINES) & (share >= _MOST_LATE)
    slow |= open_so_far & (share >= _MOST_LATE / 2)
    ids = sorted({*known["supplier_id"][marked], *lines.index[slow]})
    by_id = known.drop_duplicates("supplier_id").set_index("supplier_id")
    said = [_trouble(one, by_id, lines, set(known["supplier_id"][marked]), language) for one in ids]
    found = pd.DataFrame({"supplier_id": ids, "problem": said}, dtype="str")
    for column in ("name", "email"):
        found[column] = found["supplier_id"].map(by_id[column]).astype("str")
    return found


def stale_data(
    *, as_of: date, today: date, last_stock: date | None, max_days: int, language: str
) -> list[dict[str, Any]]:
    """Sales or stock that are too old to decide on: an alert for each.

    Parameters
    ----------
    as_of : last day whose sales are known
    today : when the night runs; `as_of` itself where a past night is asked for
    last_stock : latest day in the stock table; None = there is none
    """
    words, found = words_of(language), []
    age = (today - as_of).days
    if age > max_days:
        said = words.say("problem.stale_sales", day=words.day(as_of), age=words.number(age))
        found.append(_alert("data_stale", "sales", "critical", said, language))
    gap = 0 if last_stock is None else (as_of - last_stock).days
    if gap > max_days:
        day = words.day(last_stock)
        said = words.say("problem.stale_stock", day=day, age=words.number(gap))
        found.append(_alert("data_stale", "stock", "critical", said, language))
    return found


def degraded_model(
    thresholds: pd.DataFrame, language: str, gap: float = _GAP
) -> list[dict[str, Any]]:
    """A forecast whose quantiles are exceeded more often than they should be: at most one alert.

    It fires when a quarter of the series belong to calibration groups whose recent coverage lies
    below the service level by more than `gap`.
    """
    missing = thresholds["service_level"] - thresholds["coverage_recent"]
    below = (missing > gap).to_numpy(bool)
    share = float(below.mean()) if len(below) else 0.0
    if share < _LEAST_SHARE:
        return []
    words = words_of(language)
    points = words.number(100 * float(np.mean(missing[below])))
    said = words.say("problem.coverage", share=words.percent(share), gap=points)
    return [_alert("model_degraded", "coverage", "warning", said, language)]


def _alert(kind: str, subject: str, severity: str, problem: str, language: str) -> dict[str, Any]:
    words = words_of(language)
    return {
        "fingerprint": fingerprint(kind, subject),
        "kind": kind,
        "severity": severity,
        "message": words.say(kind, problem=problem + "."),
        "to_do": words.say(f"{kind}.do"),
    }


def _trouble(
    supplier: str, known: pd.DataFrame, lines: pd.DataFrame, marked: set[str], language: str
) -> str:
    """What is wrong with a supplier, in words."""
    words = words_of(language)
    row = known.loc[supplier] if supplier in known.index else None
    name = supplier if row is None or pd.isna(row["name"]) else str(row["name"])
    if supplier in marked and row is not None:
        day = pd.to_datetime(row["disrupted_until"])
        until: str = "" if pd.isna(day) else words.say("problem.until", day=words.day(day))
        return words.say("problem.disrupted", supplier=one_line(name), until=until)
    counts = lines.loc[supplier]
    return words.say(
        "problem.slow",
        late=words.number(counts["late"]),
        lines=words.number(counts["lines"]),
        supplier=one_line(name),
    )
