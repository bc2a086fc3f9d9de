"""Problems with orders and suppliers, and every alert's sentences in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from stockalert.alerts.records import each_row
from stockalert.alerts.spikes import RECENT_DAYS
from stockalert.alerts.words import Words, sentences, words_of

__all__ = ["with_words"]


def with_words(alerts: pd.DataFrame, troubled: pd.DataFrame, language: str) -> pd.DataFrame:
    """Add order_problem, supplier_problem, message and to_do.

    Parameters
    ----------
    alerts : open alerts with their facts
    troubled : supplier_id and problem of the suppliers in trouble
    """
    words = words_of(language)
    suppliers = dict(zip(troubled["supplier_id"], troubled["problem"], strict=True))
    rows: list[tuple[str | None, ...]] = []
    for alert in each_row(alerts):
        order, supplier = _with_order(alert, words), suppliers.get(alert.get("supplier_id"))
        demand = _with_demand(alert, words) if alert["kind"] == "demand_spike" else None
        said = "; ".join(text for text in (demand, order, supplier) if text)
        rows.append((order, supplier, *sentences({**alert, "problem": said}, language)))
    names = ["order_problem", "supplier_problem", "message", "to_do"]
    said_of = pd.DataFrame(rows, columns=names, index=alerts.index).astype("str")
    return alerts.assign(**{name: said_of[name] for name in names})


def _with_order(alert: Mapping[str, Any], words: Words) -> str | None:
    """Goods that are overdue."""
    if not (alert.get("late_units") or 0) > 0:
        return None
    units, days = words.number(alert["late_units"]), words.number(alert["late_days"], 0)
    return words.say("problem.late", units=units, days=days)


def _with_demand(alert: Mapping[str, Any], words: Words) -> str:
    """What stands out: sales, or else views."""
    sold = (alert.get("sold_recent") or 0.0) - (alert.get("sold_usual") or 0.0)
    seen = (alert.get("seen_recent") or 0.0) / max(alert.get("seen_usual") or 1.0, 1.0)
    by_sales = sold > 0 and (alert["sold_recent"] / max(alert["sold_usual"], 1.0)) >= seen
    name = "sold" if by_sales else "seen"
    return words.say(
        "problem.sales" if by_sales else "problem.views",
        recent=words.number(alert.get(f"{name}_recent"), 0),
        usual=words.number(alert.get(f"{name}_usual")),
        days=str(RECENT_DAYS),
    )
