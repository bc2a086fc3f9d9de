"""A year of alerts and a planner who acts on them: how many, how often right, what was missed.

    python -m benchmarks.alerts.year [--items 300] [--seed 7]

Each night the product's own engine decides table `alerts` from the tables of a generated shop
(`year_shop.py`), and what it would tell is told. On each working day a planner reads what is open
and told, and orders the quantity proposed for nine items in ten, the others a day later.

`alerts_per_planner_day`: alerts told as new, per planner and night (weekends included).
`alert_precision`: of the alerts told about too little stock (reorder now, stock-out risk, sold
out), the share for which an order was placed by their order-by date or the first working day after.
`a_stockouts_alerted_in_time_share`: of the A items' stock-outs (a day on which demand was lost, the
first of a row), the share before which an alert about the item or its supplier was told, no later
than the night before the order-by date of that low spell: the day that the night named on which the
position came down to the reorder point (or, where it never did, goods on order being late,
the day of the stock-out).
Only what was told since the order that came last was placed counts: what was told before led to
that order. `misses`: share of stock-outs, of all items, before which nothing was told since then.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.alerts.results import write_results
from benchmarks.alerts.year_shop import MUST_WORK, ORDERS, WARM_UP, Shop, day_of, generate
from stockalert.alerts.conditions import Rules
from stockalert.alerts.facts import Evening
from stockalert.alerts.night import Before, Circumstances, alerts_of
from stockalert.alerts.transitions import Told, changes

TOO_LITTLE = ("reorder_now", "stockout_risk_before_arrival", "stocked_out")
WARNING = ("reorder_now", "stockout_risk_before_arrival", "order_late", "supplier_disrupted")
PLANNERS, NIGHTS = 4, 365


@dataclass
class Record:
    """What was told, ordered and lost, by item and day."""

    told: list[tuple[int, dict[str, Any]]] = field(default_factory=list)
    ordered: list[tuple[int, str]] = field(default_factory=list)
    lost: list[tuple[int, int]] = field(default_factory=list)
    low: dict[int, Any] = field(default_factory=dict)
    order_by: dict[int, Any] = field(default_factory=dict)


def play(n: int, seed: int) -> tuple[Shop, Record]:
    """Play the year, night after night."""
    shop, record = generate(n, WARM_UP + NIGHTS + 1, seed), Record()
    told: dict[str, Told] = {}
    served: pd.DataFrame | None = None
    for day in range(WARM_UP, WARM_UP + NIGHTS):
        shop.open_day(day)
        before = shop.on_hand.copy()
        shop.sell(day)
        short = np.flatnonzero(shop.demand[:, day] > before)
        record.lost += [(day, int(row)) for row in short]
        thresholds, forecasts = shop.tables(day)
        served = _night(shop, day, thresholds, forecasts, served)
        record.low[day] = (
            thresholds["inventory_position"] <= thresholds["reorder_point"]
        ).to_numpy()
        record.order_by[day] = thresholds["order_by_date"].to_numpy("datetime64[D]")
        told = _tell(served, told, day, record)
        _plan(shop, served, told, day, record)
    return shop, record


def _night(
    shop: Shop,
    day: int,
    thresholds: pd.DataFrame,
    forecasts: pd.DataFrame,
    served: pd.DataFrame | None,
) -> pd.DataFrame:
    """Table `alerts` of the night after a day."""
    as_of = day_of(day)
    recent = range(day - 62, day + 1)
    long = {
        name: pd.DataFrame(
            {
                "sku": np.repeat(shop.products["sku"].to_numpy(), len(recent)),
                "date": np.tile([pd.Timestamp(day_of(one)) for one in recent], len(shop.products)),
                measure: table[:, day - 62 : day + 1].ravel(),
            }
        )
        for name, measure, table in (
            ("sales", "units_sold", shop.sold),
            ("browsing", "views", shop.views),
        )
    }
    suppliers = pd.DataFrame({"supplier_id": [f"supplier {who}" for who in range(12)]})
    down = [shop.striking(who, day) for who in range(12)]
    suppliers["status"] = np.where(down, "disrupted", "active")
    evening = Evening(
        thresholds,
        forecasts,
        shop.items,
        products=shop.products,
        suppliers=suppliers,
        purchase_orders=shop.purchase_orders(day),
        sales=long["sales"].assign(location="shop"),
        browsing=long["browsing"],
    )
    now = datetime.combine(as_of + timedelta(days=1), time(2))
    when = Circumstances(as_of=as_of, today=as_of, now=now, episode=f"night {day}", live=False)
    return alerts_of(evening, Rules(), when, Before(alerts=served))


def _tell(served: pd.DataFrame, told: dict[str, Told], day: int, record: Record) -> dict[str, Told]:
    """Tell what is new, as the outbox would."""
    rows = served.astype(object).where(served.notna(), None).to_dict("records")
    now = datetime.combine(day_of(day + 1), time(2))
    found = changes(rows, told, now=now, repeat=timedelta(days=7))  # type: ignore[arg-type]
    record.told += [(day, dict(one.alert)) for one in found.transitions if one.what == "raised"]
    kept = {name: one for name, one in told.items() if name not in found.over}
    return kept | {one.fingerprint: one for one in found.told}


def _plan(
    shop: Shop, served: pd.DataFrame, told: dict[str, Told], day: int, record: Record
) -> None:
    """On a working day, order what told alerts propose; one in ten waits for the next day."""
    if day_of(day + 1).weekday() >= MUST_WORK:
        return
    due = served[served["kind"].isin(TOO_LITTLE) & (served["order_quantity"] > 0)]
    due = due[due["fingerprint"].isin(list(told)) & (served["state"].reindex(due.index) == "open")]
    for sku, units in due.drop_duplicates("sku")[["sku", "order_quantity"]].itertuples(index=False):
        if shop.rng.random() < ORDERS:
            shop.order(int(str(sku).split()[1]), float(units), day + 1)
            record.ordered.append((day + 1, str(sku)))


def figures_of(shop: Shop, record: Record) -> dict[str, Any]:
    """Count."""
    kinds = Counter(str(alert["kind"]) for _, alert in record.told)
    first_lost = _first_days(record.lost)
    is_a = _a_items(shop)
    about = _told_about(shop, record)
    judged = [(row, *_judge(shop, record, about, row, day)) for day, row in first_lost]
    ours = [(in_time, early) for row, in_time, _, early in judged if is_a[row]]
    missed = sum(not any_told for _, _, any_told, _ in judged)
    return {
        "year_items": len(shop.products),
        "year_nights": NIGHTS,
        "alerts_told": len(record.told),
        "alerts_told_by_kind": dict(sorted(kinds.items())),
        "alerts_per_planner_day": round(len(record.told) / PLANNERS / NIGHTS, 2),
        "alert_precision": round(_precision(record), 4),
        "stockouts": len(first_lost),
        "stockouts_without_alert": missed,
        "misses": round(missed / max(len(first_lost), 1), 4),
        "a_items": int(is_a.sum()),
        "a_stockouts": len(ours),
        "a_stockouts_alerted_in_time_share": _share([one for one, _ in ours]),
        "a_stockouts_alerted_a_lead_time_before_share": _share([early for _, early in ours]),
        "year_fill_rate": round(_fill_rate(shop), 4),
    }


def _share(told: list[bool]) -> float:
    """Share that is true; NaN of nothing."""
    return round(float(np.mean(told)), 4) if told else float("nan")


def _precision(record: Record) -> float:
    """Alerts about too little stock that led to an order by their order-by date."""
    by_sku: dict[str, list[int]] = {}
    for day, sku in record.ordered:
        by_sku.setdefault(sku, []).append(day)
    hits = []
    for day, alert in record.told:
        if alert["kind"] not in TOO_LITTLE or day + 5 > WARM_UP + NIGHTS:
            continue
        due = pd.Timestamp(alert["order_by_date"]).date()
        last = max(day + 1, day + (due - day_of(day)).days)
        while day_of(last).weekday() >= MUST_WORK:
            last += 1
        hits.append(any(day < placed <= last for placed in by_sku.get(str(alert["sku"]), [])))
    return float(np.mean(hits))


def _first_days(lost: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """First days of stock-outs: demand was lost, and not the day before."""
    there = set(lost)
    return [(day, row) for day, row in lost if (day - 1, row) not in there and day > WARM_UP + 30]


def _a_items(shop: Shop) -> Any:
    """Items that earn the first 80 % of the year's revenue."""
    revenue = shop.demand[:, WARM_UP:].sum(1) * shop.items["unit_price"]
    order = np.argsort(-revenue)
    share = np.cumsum(revenue[order]) / revenue.sum()
    found = np.zeros(len(revenue), bool)
    found[order[: int(np.searchsorted(share, 0.8)) + 1]] = True
    return found


def _told_about(shop: Shop, record: Record) -> dict[int, list[int]]:
    """Nights on which a warning about an item, or about its supplier, was told, by item."""
    found: dict[int, list[int]] = {}
    for night, alert in record.told:
        if alert["kind"] not in WARNING:
            continue
        if alert["sku"] is None:
            who = int(str(alert["supplier_id"]).split()[1])
            rows = np.flatnonzero(shop.supplier == who).tolist()
        else:
            rows = [int(str(alert["sku"]).split()[1])]
        for row in rows:
            found.setdefault(row, []).append(night)
    return found


def _judge(
    shop: Shop, record: Record, about: dict[int, list[int]], row: int, day: int
) -> tuple[bool, bool, bool]:
    """Of one stock-out: told by the order-by date, told at all, told a lead time before."""
    lead = int(np.ceil(shop.lead_mean[shop.supplier[row]]))
    came = [order for order in shop.orders if order["row"] == row and order["comes"] <= day]
    # What was told before the order that came last was placed led to that order, not to this.
    begins = max([WARM_UP, *(order["placed"] for order in came)])
    nights = [night for night in about.get(row, []) if begins <= night < day]
    lows = [night for night in range(begins, day) if record.low[night][row]]
    last = day
    if lows:
        first = lows[-1]
        while first - 1 in record.low and first - 1 >= begins and record.low[first - 1][row]:
            first -= 1
        named = record.order_by[first][row].astype(object)
        last = min(day, WARM_UP + (named - day_of(WARM_UP)).days)
    in_time = any(night < last for night in nights)
    return in_time, bool(nights), any(night <= day - lead for night in nights)


def _fill_rate(shop: Shop) -> float:
    played = slice(WARM_UP, WARM_UP + NIGHTS)
    return float(shop.sold[:, played].sum() / shop.demand[:, played].sum())


def main() -> None:
    """Measure and merge the figures into the results."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--items", type=int, default=300)
    parser.add_argument("--seed", type=int, default=7)
    asked = parser.parse_args()
    figures = figures_of(*play(asked.items, asked.seed))
    print(json.dumps(figures, indent=2))
    write_results("benchmarks.alerts.year", figures)


if __name__ == "__main__":
    main()
