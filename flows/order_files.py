"""Approved order lines as files that leave the house: CSV, one PDF or one mail per supplier.

Names come from data and are not trusted: a file name keeps letters, digits, `-` and `_` alone, and
a cell that a spreadsheet could take for a formula begins with an apostrophe.
"""

from __future__ import annotations

import csv
import io
import os
import re
from email.message import EmailMessage
from email.utils import format_datetime
from hashlib import sha256
from pathlib import Path
from typing import Literal

import pandas as pd

__all__ = ["FORMATS", "Format", "write_orders"]

Format = Literal["csv", "pdf", "mail"]
FORMATS: tuple[Format, ...] = ("csv", "pdf", "mail")

_COLUMNS = (
    *("line_id", "supplier_id", "supplier_name", "sku", "name", "location", "units"),
    *("unit_cost", "cost", "order_day", "expected_at"),
)
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def write_orders(lines: pd.DataFrame, folder: Path, form: Format) -> list[Path]:
    """Write lines as one CSV, or as one PDF or mail (.eml) per supplier; returns the files.

    Parameters
    ----------
    lines : of `OrderBook.lines`
    """
    folder.mkdir(parents=True, exist_ok=True)
    if form == "csv":
        return [_keep(folder / f"orders-{_night(lines)}.csv", _csv(lines).encode())]
    written = []
    for supplier, part in lines.groupby(lines["supplier_id"].fillna(""), sort=True):
        path = folder / f"order-{_night(lines)}-{_file_name(str(supplier))}"
        if form == "pdf":
            written.append(_keep(path.with_suffix(".pdf"), _pdf(str(supplier), part)))
        else:
            written.append(_keep(path.with_suffix(".eml"), bytes(_mail(str(supplier), part))))
    return written


def _keep(path: Path, content: bytes) -> Path:
    """Write in one step."""
    staged = path.with_name(f".{path.name}.{os.getpid()}")
    staged.write_bytes(content)
    staged.replace(path)
    return path


def _night(lines: pd.DataFrame) -> str:
    return f"{lines['as_of'].max():%Y-%m-%d}"


def _file_name(text: str) -> str:
    """Name a file after a text; texts that look alike without their odd letters stay apart."""
    plain = re.sub(r"[^A-Za-z0-9_-]+", "_", text)[:40]
    return plain if plain == text else f"{plain}-{sha256(text.encode()).hexdigest()[:8]}"


def _csv(lines: pd.DataFrame) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_COLUMNS)
    for row in lines[list(_COLUMNS)].itertuples(index=False):
        writer.writerow([_cell(value) for value in row])
    return text.getvalue()


def _cell(value: object) -> str:
    """Write one value; a text that looks like a formula is made none."""
    if isinstance(value, str):
        value = re.sub(r"[\r\n\0]+", " ", value)  # some readers end a row there, quoted or not
        runs = value.startswith(_FORMULA) or value.lstrip(" ").startswith(_FORMULA)
        return f"'{value}" if runs else value
    return _shown(value)


def _shown(value: object) -> str:
    if pd.isna(value):  # type: ignore[call-overload]
        return ""
    if isinstance(value, pd.Timestamp):
        return f"{value:%Y-%m-%d}"
    return f"{value:.10g}" if isinstance(value, float) else str(value)


def _title(supplier: str, lines: pd.DataFrame) -> str:
    name = lines["supplier_name"].iloc[0]
    return f"Purchase order {_night(lines)}, {name if isinstance(name, str) else supplier}"


def _table(lines: pd.DataFrame) -> list[list[str]]:
    """Header and rows as a supplier reads them."""
    names = ["sku", "name", "location", "units", "unit_cost", "cost", "expected_at"]
    head = ["Item", "Name", "To", "Units", "Unit cost", "Cost", "Expected"]
    return [head, *([_shown(x) for x in row] for row in lines[names].itertuples(index=False))]


def _mail(supplier: str, lines: pd.DataFrame) -> EmailMessage:
    """Mail to a supplier; without an address it lacks `To`, and nothing can send it by mistake."""
    mail = EmailMessage()
    mail["Subject"] = " ".join(_title(supplier, lines).split())
    mail["Date"] = format_datetime(lines["as_of"].max().to_pydatetime())
    address = lines["email"].iloc[0]
    if isinstance(address, str) and re.fullmatch(r"[^@\s,;<>]+@[^@\s,;<>]+", address):
        mail["To"] = address
    rows = "\n".join(" | ".join(row) for row in _table(lines))
    total = lines["cost"].sum(min_count=1)
    mail.set_content(f"{_title(supplier, lines)}\n\n{rows}\n\nTotal: {_shown(total)}\n")
    return mail


def _pdf(supplier: str, lines: pd.DataFrame) -> bytes:
    """One page or more, in a font that knows most scripts."""
    import matplotlib
    from fpdf import FPDF
    from fpdf.enums import XPos, YPos

    pdf = FPDF(orientation="landscape")
    pdf.set_creation_date(lines["as_of"].max().to_pydatetime().astimezone())
    font = Path(matplotlib.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf"
    pdf.add_font("sans", fname=font)
    pdf.add_page()
    pdf.set_font("sans", size=14)
    title = _title(supplier, lines)
    pdf.cell(text=title, new_x=XPos.LMARGIN, new_y=YPos.NEXT)
    pdf.set_font("sans", size=8)
    pdf.ln(4)
    widths = (14, 30, 12, 9, 9, 11, 15)
    aligns = ("LEFT", "LEFT", "LEFT", "RIGHT", "RIGHT", "RIGHT", "LEFT")
    with pdf.table(col_widths=widths, text_align=aligns, first_row_as_headings=False) as table:
        for row in _table(lines):
            table.row(row)
    pdf.ln(3)
    pdf.cell(text=f"Total: {_shown(lines['cost'].sum(min_count=1))}")
    return bytes(pdf.output())
