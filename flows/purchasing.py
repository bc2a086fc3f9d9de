"""Purchasing as a step of the night: open lines before it decides, orders and cash after."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pandas as pd

from flows.decided import DecidedNight
from flows.intake import Intake
from flows.order_book import BOOK_FILE, OrderBook, open_book, proposed
from flows.run import Run
from flows.settings import Settings
from flows.steps import step
from flows.supply import APPROVED_FILE, read_table
from stockalert.arrays import BoolArray
from stockalert.purchasing.auto_approval import ApprovalRules
from stockalert.purchasing.cash_plan import cash_plan
from stockalert.purchasing.open_lines import as_purchase_orders, still_open
from stockalert.purchasing.purchase import Buying, purchase
from stockalert.served import read_pointer

__all__ = ["lay_open_lines", "with_orders"]


@step("read the order book", io=True)
def lay_open_lines(run: Run, intake: Intake) -> None:
    """Lay what was approved and is not yet seen beside `purchase_orders`: it is on order."""
    out = run.workspace.out
    if not (out / BOOK_FILE).exists() and not _by_rule(run):
        return
    with open_book(out) as book:
        book.enter_approved_by_rule(out)
        lines = book.lines("approved", "exported")
    orders = read_table(run.tables, "purchase_orders")
    days = run.settings.order.approved_days
    waiting = still_open(lines, orders, as_of=intake.last_day, days=days)
    if len(waiting):
        as_purchase_orders(waiting).to_parquet(run.tables / f"{APPROVED_FILE}.parquet", index=False)


@step("put orders together", io=True)
def with_orders(run: Run, intake: Intake, decided: DecidedNight) -> tuple[DecidedNight, list[str]]:
    """Night with its orders put together per supplier and the cash they need, and what to note."""
    if decided.case.position is None:
        return decided, []
    thresholds = decided.thresholds
    refused = _refused(run, intake.last_day, thresholds)
    buying = _buying(run, decided, refused)
    proposals = purchase(decided.case, thresholds, buying)
    cash = cash_plan(decided.case, thresholds, proposals, shared=decided.known.shared)
    frames = decided.frames | {"order_proposals": proposals, "cash_plan": cash}
    _remember(run)
    return replace(decided, frames=frames), _notes(run, thresholds, refused)


def _by_rule(run: Run) -> bool:
    """Whether the night served now approved lines by rule."""
    out = run.workspace.out
    if not (out / "_latest.json").exists() or "order_proposals" not in read_pointer(out).tables:
        return False
    return bool(proposed(out)["auto_approved"].any())


def _buying(run: Run, decided: DecidedNight, refused: BoolArray) -> Buying:
    """What settings and tables say about buying."""
    order, facts = run.settings.order, decided.facts
    return Buying(
        suppliers=read_table(run.tables, "suppliers"),
        supplier_items=read_table(run.tables, "supplier_items"),
        standing=facts.standing,
        moved=facts.moved,
        join=order.join,
        price_breaks=order.price_breaks,
        approval=_rules(run.settings),
        refused=refused,
    )


def _rules(settings: Settings) -> ApprovalRules | None:
    """Rules of approval; None where nothing is approved by rule."""
    auto = settings.order.auto_approve
    if not auto.enabled:
        return None
    return ApprovalRules(**auto.model_dump(exclude={"enabled"}))


def _refused(run: Run, day: date, thresholds: pd.DataFrame) -> BoolArray:
    """Lines that somebody has said no to a short while ago, row by row as in `thresholds`."""
    nobody = np.zeros(len(thresholds), bool)
    if not (run.workspace.out / BOOK_FILE).exists():
        return nobody
    with open_book(run.workspace.out) as book:
        lines = book.lines("rejected")
    oldest = pd.Timestamp(day - timedelta(days=run.settings.order.rejected_days))
    recent = lines[(lines["as_of"] > oldest) & (lines["as_of"] <= pd.Timestamp(day))]
    key = ["sku", "location"]
    said = pd.MultiIndex.from_frame(recent[key])
    return np.asarray(pd.MultiIndex.from_frame(thresholds[key]).isin(said))


def _remember(run: Run) -> None:
    """Keep names and addresses for the exports."""
    with open_book(run.workspace.out) as book:
        _store(book, run)


def _store(book: OrderBook, run: Run) -> None:
    names = {"suppliers": ["supplier_id", "name", "email"], "products": ["sku", "name"]}
    book.remember(**{name: read_table(run.tables, name, keep) for name, keep in names.items()})


def _notes(run: Run, thresholds: pd.DataFrame, refused: BoolArray) -> list[str]:
    """Say what counts as on order though no purchase order shows it, and what was refused."""
    notes = []
    waiting = read_table(run.tables, APPROVED_FILE)
    if waiting is not None:
        notes.append(
            f"orders: {len(waiting)} approved lines are not among the purchase orders yet and "
            "count as on order"
        )
    held = int((refused & (thresholds["order_quantity"] > 0)).sum())
    if held:
        days = run.settings.order.rejected_days
        notes.append(f"orders: {held} due lines were rejected and rest {days} days")
    return notes
