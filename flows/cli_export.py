"""`stockalert export`: the served thresholds in another system's form."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from flows.cli_options import Debug, Out, job

__all__ = ["export"]

Format = Annotated[
    str,
    typer.Option(
        "--format",
        metavar="FORMAT",
        help="tryton, odoo17, odoo18, odoo19, erpnext, netsuite, d365, business-central,"
        " woocommerce, shopify or frepple.",
    ),
]
File = Annotated[Path | None, typer.Argument(metavar="FILE", help="File to write.")]
Url = Annotated[
    str | None,
    typer.Option(help="Write into this running system (tryton, odoo19, woocommerce, shopify)."),
]
Ids = Annotated[
    Path | None,
    typer.Option(
        help="CSV with sku and/or location and the target's names; default: sku and location."
    ),
]
Lots = Annotated[
    Path | None,
    typer.Option("--data", help="Input tables: products tells MOQ and case packs."),
]
Step = Annotated[
    float,
    typer.Option(min=1e-6, max=1.0, help="Smallest amount of goods not counted in whole units."),
]


def export(
    out: Out,
    format_: Format,
    file: File = None,
    *,
    url: Url = None,
    ids: Ids = None,
    data: Lots = None,
    step: Step = 0.01,
    allow_formulas: Annotated[
        bool,
        typer.Option("--allow-formulas", help="Write names a spreadsheet would run, as they are."),
    ] = False,
    insecure: Annotated[
        bool, typer.Option("--insecure", help="Allow http:// to another machine.")
    ] = False,
    debug: Debug = False,
) -> None:
    """Write the served thresholds in another system's form, or into a running one."""
    with job(out, debug):
        from flows.clock import now
        from flows.exporting import export_to_file, export_to_url, read_night, target_of, told
        from flows.lot_sizes import lot_sizes
        from stockalert.errors import UsageError

        if (file is None) == (url is None):
            raise UsageError("export: give a FILE to write, or --url of a running system")
        target_of(format_, file)
        served = read_night(
            out,
            ids=ids,
            lots=None if data is None else lambda rows: lot_sizes(data, rows),
            step=step,
            allow_formulas=allow_formulas,
        )
        if url is None:
            assert file is not None
            done = export_to_file(served, format_, file)
            lines = told(served, done, now())
            lines.append(f"written to {file}; all about it in {file.name}.about.json")
        else:
            done, written = export_to_url(served, format_, url, insecure=insecure)
            lines = [*told(served, done, now()), *written.lines()]
        print("\n".join(lines))
