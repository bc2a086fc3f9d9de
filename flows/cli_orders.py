"""`stockalert orders …`: look at proposed lines, approve, reject and export them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from flows.cli_options import Debug, Out, job

__all__ = ["app"]

app = typer.Typer(
    name="orders",
    help="Look at proposed order lines; approve, reject and export them.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

Lines = Annotated[
    list[str] | None, typer.Argument(metavar="LINE…", help="Ids of lines; the start is enough.")
]
Supplier = Annotated[str | None, typer.Option("--supplier", help="All lines of one supplier.")]
By = Annotated[str, typer.Option("--by", help="Who decides; default: the user of this machine.")]
Why = Annotated[str, typer.Option("--why", help="Kept with the decision.")]


@app.command("list")
def list_lines(out: Out, supplier: Supplier = None, debug: Debug = False) -> None:
    """Show tonight's proposals and what was decided on them."""
    with job(out, debug):
        from flows.order_desk import describe, lines_now

        print(describe(lines_now(out, supplier)))


@app.command()
def approve(
    out: Out,
    lines: Lines = None,
    *,
    everything: Annotated[bool, typer.Option("--all", help="Every proposed line.")] = False,
    supplier: Supplier = None,
    by: By = "",
    why: Why = "",
    debug: Debug = False,
) -> None:
    """Approve lines: they count as on order until a purchase order shows them."""
    with job(out, debug):
        from flows.order_desk import Verdict, decide

        print(decide(out, lines or (), supplier, everything, Verdict("approved", by, why)))


@app.command()
def reject(
    out: Out,
    lines: Lines = None,
    *,
    supplier: Supplier = None,
    by: By = "",
    why: Why = "",
    debug: Debug = False,
) -> None:
    """Reject lines: they are not proposed again for some days."""
    with job(out, debug):
        from flows.order_desk import Verdict, decide

        print(decide(out, lines or (), supplier, False, Verdict("rejected", by, why)))


@app.command()
def export(
    out: Out,
    to: Annotated[Path, typer.Option("--to", help="Folder for the files.")],
    *,
    form: Annotated[
        str, typer.Option("--format", help="csv (one file), pdf or mail (one per supplier).")
    ] = "csv",
    supplier: Supplier = None,
    again: Annotated[bool, typer.Option("--again", help="Exported lines as well.")] = False,
    by: By = "",
    debug: Debug = False,
) -> None:
    """Write approved lines as files, and mark them exported."""
    with job(out, debug):
        from flows.order_desk import export as run

        for said in run(out, to, form, supplier, again=again, by=by):
            print(said)


@app.command()
def audit(out: Out, debug: Debug = False) -> None:
    """Show who decided what, and when."""
    with job(out, debug):
        from flows.order_book import open_book

        with open_book(out) as book:
            print(book.audit().to_string(index=False))
