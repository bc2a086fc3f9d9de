"""What `stockalert orders` does: show proposed lines, decide on them, hand them over."""

from __future__ import annotations

import getpass
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pandas as pd

from flows.clock import now
from flows.order_book import chosen, open_book, proposed
from flows.order_files import FORMATS, Format, write_orders
from stockalert.errors import UsageError

__all__ = ["Verdict", "decide", "describe", "export", "lines_now"]


@dataclass(frozen=True)
class Verdict:
    """What is decided, by whom and why."""

    state: Literal["approved", "rejected"]
    by: str = ""
    why: str = ""

    @property
    def person(self) -> str:
        """Who decides; the user of this machine where nobody is named."""
        return self.by or getpass.getuser()


def lines_now(out: Path, supplier: str | None = None) -> pd.DataFrame:
    """Lines of the night that is served, each with its state.

    Raises
    ------
    UsageError
        The supplier has no line.
    """
    lines = proposed(out)
    with open_book(out) as book:
        book.enter_approved_by_rule(out)
        decided = book.lines("approved", "rejected", "exported")
    state = lines["line_id"].map(decided.set_index("line_id")["state"]).fillna("proposed")
    return chosen(lines.assign(state=state), (), supplier)


def describe(lines: pd.DataFrame) -> str:
    """Lines as text, supplier by supplier, with what each order is worth."""
    if lines.empty:
        return "nothing is proposed"
    return "\n\n".join(_order(part) for _, part in lines.groupby("supplier_id", dropna=False))


def decide(
    out: Path, lines: Sequence[str], supplier: str | None, everything: bool, verdict: Verdict
) -> str:
    """Approve or reject proposed lines; says what was done.

    Raises
    ------
    UsageError
        No line is named, a line is unknown, or one has left the house already.
    """
    if not (lines or supplier or everything):
        raise UsageError("name lines, --supplier or --all; `stockalert orders list` shows them")
    wanted = chosen(lines_now(out), lines, supplier)
    gone = wanted[wanted["state"] == "exported"]
    if len(gone) and lines:
        raise UsageError(f"line {gone['line_id'].iloc[0]} is exported; cancel it at the supplier")
    wanted = wanted[wanted["state"] != "exported"]
    with open_book(out) as book:
        changed = book.decide(wanted, verdict.state, at=now(), by=verdict.person, why=verdict.why)
    return f"{verdict.state}: {changed} lines ({len(wanted) - changed} were already)"


def export(
    out: Path, folder: Path, form: str, supplier: str | None, *, again: bool, by: str
) -> Iterator[str]:
    """Write approved lines as files, then mark them exported; says what was written.

    A run that dies in between writes the same files again.

    Raises
    ------
    UsageError
        The format is unknown, or the supplier has no approved line.
    """
    if form not in FORMATS:
        raise UsageError(f"--format: expected one of {', '.join(FORMATS)}, found {form!r}")
    with open_book(out) as book:
        book.enter_approved_by_rule(out)
        lines = chosen(book.lines("approved", *(["exported"] if again else [])), (), supplier)
        if lines.empty:
            yield "nothing to export: no line is approved"
            return
        for path in write_orders(lines, folder, _format(form)):
            yield f"wrote {path}"
        yield from _without_address(lines, form)
        book.decide(lines, "exported", at=now(), by=by or getpass.getuser(), why=form)


def _format(form: str) -> Format:
    found: Format = next(known for known in FORMATS if known == form)
    return found


def _without_address(lines: pd.DataFrame, form: str) -> Iterator[str]:
    """Name the suppliers that no mail can be addressed to."""
    if form != "mail":
        return
    sound = lines["email"].fillna("").map(lambda text: bool(re.fullmatch(r"\S+@\S+", text)))
    for supplier in lines.loc[~sound, "supplier_id"].fillna("(none)").unique():
        yield f"supplier {supplier} has no e-mail address: its file names no reader"


def _order(lines: pd.DataFrame) -> str:
    """One supplier's lines."""
    supplier, day = lines["supplier_id"].iloc[0], lines["order_day"].iloc[0]
    name = supplier if isinstance(supplier, str) else "no known supplier"
    value = lines["cost"].sum(min_count=1)
    worth = "of unknown value" if pd.isna(value) else f"worth {value:,.2f}"
    rows = [
        f"  {row.line_id}  {row.state:<9} {row.units:>9.6g} × {row.sku} to {row.location}: "
        f"{row.reason}"
        for row in lines.itertuples()
    ]
    return "\n".join([f"{name}, to order on {day:%Y-%m-%d}, {len(lines)} lines {worth}", *rows])
