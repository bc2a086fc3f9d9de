"""Small data directories that were edited by chance, and whether what is read of them is sound."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from hypothesis import strategies as st

from benchmarks.soak.fuzz_text import NAMES
from flows.ingest import ingest
from flows.validate import validate
from stockalert.errors import StockalertError

__all__ = ["Directory", "Edit", "directories", "read_soundly", "write_directory"]

TODAY = date(2024, 6, 30)
_FIRST = pd.Timestamp("2024-01-01")
_ODD: tuple[object, ...] = (
    *(None, float("nan"), float("inf"), -float("inf"), -1.0, 1e308, -1e-300, 1e18, 2**63, 0, True),
    *(pd.Timestamp("1677-09-22"), pd.Timestamp("2262-04-11"), pd.Timestamp("1970-01-01")),
    *("2024-02-30", "01/02/2024", "2024-01-03T00:00:00+14:00", "9999-12-31", "-0001-01-01"),
    *("two", "1,5", "1_000", "0x10", "١٢", "\u202e1", b"\xff\xfe", [1, 2], {"a": 1}, 3 + 4j, ""),
)


@dataclass(frozen=True)
class Edit:
    """One thing that is done to one table."""

    table: str
    how: str
    column: int
    rows: int
    value: object


@dataclass(frozen=True)
class Directory:
    """Edits, then files: parquet or CSV, whole or cut."""

    edits: tuple[Edit, ...]
    as_csv: bool
    cut: float
    noise: bytes
    period: str


def directories() -> st.SearchStrategy[Directory]:
    """Healthy small shops with one to three edits, now and then cut off or overwritten."""
    edits = st.builds(
        Edit,
        table=st.sampled_from(sorted(_HEALTHY)),
        how=st.sampled_from(
            ["set", "set", "set", "all", "drop", "rename", "twice", "empty", "cast"]
        ),
        column=st.integers(0, 9),
        rows=st.integers(1, 12),
        value=st.one_of(
            st.sampled_from(_ODD), NAMES, st.floats(), st.integers(-(2**63), 2**63 - 1)
        ),
    )
    return st.builds(
        Directory,
        edits=st.lists(edits, min_size=1, max_size=3).map(tuple),
        as_csv=st.booleans(),
        cut=st.sampled_from([1.0] * 8 + [0.0, 0.3, 0.9]),
        noise=st.one_of(
            st.just(b""), st.just(b""), st.just(b""), st.binary(min_size=1, max_size=20)
        ),
        period=st.sampled_from(["D", "D", "D", "W-MON"]),
    )


def read_soundly(case: Directory, folder: Path) -> None:
    """Read a directory as a run does; no row is unsound, and `validate` (now and then) agrees."""
    data = folder / "data"
    data.mkdir()
    write_directory(case, data)
    how: dict[str, Any] = {"period": case.period, "today": TODAY, "max_share": 0.5}
    looked_at = len(case.edits) == 1 and case.edits[0].rows % 3 == 0
    usable = validate(data, as_of=None, **how).usable if looked_at else None
    try:
        intake = ingest(data, folder / "work", as_of=None, **how)
    except StockalertError:
        assert usable is not True, "validate accepts what a run refuses"
        raise
    assert usable is not False, "validate refuses what a run accepts"
    for name, told in intake.tables.items():
        parts = (told.rows_kept, told.rows_quarantined, told.rows_set_aside)
        assert told.rows_read == sum(parts), f"{name}: rows vanish: {told}"
    sales = pd.read_parquet(folder / "work" / "tables" / "sales.parquet")
    assert sales[["sku", "date"]].notna().all(axis=None)
    assert np.isfinite(sales["units_sold"]).all()
    assert (sales["units_sold"] >= 0).all()
    assert not sales.duplicated(["sku", "location", "date"]).any(), "a key is there twice"
    assert (pd.to_datetime(sales["date"]).dt.date <= TODAY).all(), "a row of the future"


def _sales(days: int) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "sku": ["tea", "rice"] * days,
            "location": "shop",
            "date": np.repeat(pd.date_range(_FIRST, periods=days), 2),
            "units_sold": np.arange(2.0 * days) % 12,
            "unit_price": 2.5,
        }
    )


def _products(days: int) -> pd.DataFrame:
    del days
    return pd.DataFrame(
        {"sku": ["tea", "rice"], "supplier_id": "farm", "unit_cost": 1.0, "moq": 2.0, "name": "x"}
    )


def _promotions(days: int) -> pd.DataFrame:
    last = _FIRST + pd.Timedelta(days=min(days, 4) - 1)
    return pd.DataFrame({"sku": ["tea"], "start_date": _FIRST, "end_date": last, "discount": 0.2})


_HEALTHY: dict[str, Callable[[int], pd.DataFrame]] = {
    "sales": _sales,
    "stock": lambda days: _sales(days)[["sku", "location", "date"]].assign(on_hand=3.0),
    "products": _products,
    "promotions": _promotions,
}


def write_directory(case: Directory, data: Path, *, days: int = 6) -> None:
    """Write a shop of so many days, with the edits of a case."""
    frames = {name: make(days) for name, make in _HEALTHY.items()}
    for edit in case.edits:
        frames[edit.table] = _edited(frames[edit.table], edit)
    for name, frame in frames.items():
        path = data / f"{name}.{'csv' if case.as_csv else 'parquet'}"
        try:
            frame.to_csv(path, index=False) if case.as_csv else frame.to_parquet(path, index=False)
        except (ValueError, TypeError, OverflowError, ArithmeticError, UnicodeError):
            frame.map(str).to_csv(path.with_suffix(".csv"), index=False)  # no parquet holds it
            path.with_suffix(".parquet").unlink(missing_ok=True)
    if not case.edits:
        return
    target = next(data.glob(f"{case.edits[0].table}.*"))
    content = target.read_bytes()
    at = int(len(content) * case.cut)
    target.write_bytes(content[:at] + case.noise if case.cut < 1 else content + case.noise)


def _edited(frame: pd.DataFrame, edit: Edit) -> pd.DataFrame:
    position = edit.column % len(frame.columns)
    column = frame.columns[position]
    if edit.how in ("set", "all"):
        values = list(frame[column])
        rows = len(values) if edit.how == "all" else min(edit.rows, len(values))
        values[:rows] = [edit.value] * rows
        new = frame.copy()
        new[column] = pd.Series(values, index=frame.index, dtype=object)
        return new
    if edit.how == "drop":
        return frame.drop(columns=column)
    if edit.how == "rename":
        names = [str(edit.value) if i == position else c for i, c in enumerate(frame.columns)]
        return frame.set_axis(names, axis=1)
    if edit.how == "twice":
        return pd.concat([frame, frame.head(edit.rows)], ignore_index=True)
    if edit.how == "cast":
        return frame.assign(**{str(column): frame[column].astype(str)})
    return frame.head(0)
