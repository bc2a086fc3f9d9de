"""Minimum order quantities and case packs as the data directory declares them."""

from __future__ import annotations

from pathlib import Path

import duckdb
import numpy as np
import pandas as pd

from flows.loading import load
from flows.sources import Source, find_sources
from stockalert.errors import UsageError

__all__ = ["lot_sizes"]

_LOTS = ["moq", "case_pack"]


def lot_sizes(data: Path, thresholds: pd.DataFrame) -> pd.DataFrame:
    """Return moq and case_pack of every row: what `products` says, else its supplier's entry.

    Returns
    -------
    moq, case_pack : units, aligned with `thresholds`; NaN = none is declared

    Raises
    ------
    UsageError
        The directory is missing or declares no products.
    """
    sources, _ = find_sources(data)
    if "products" not in sources:
        raise UsageError(f"--data: {data} holds no table products, which declares lot sizes")
    products = _read(sources["products"], ["sku", "supplier_id"]).drop_duplicates("sku")
    rows = thresholds[["sku"]].astype("str").merge(products, on="sku", how="left")
    if "supplier_items" in sources:
        keys = ["sku", "supplier_id"]
        offered = _read(sources["supplier_items"], keys).drop_duplicates(keys)
        theirs = rows[keys].merge(offered, on=keys, how="left")
        rows[_LOTS] = rows[_LOTS].fillna(theirs[_LOTS])
    return pd.DataFrame(rows[_LOTS].set_axis(thresholds.index))


def _read(source: Source, keys: list[str]) -> pd.DataFrame:
    """Read keys as text and lots as numbers; what is no positive number is none."""
    with duckdb.connect() as con:
        raw = con.sql(f"FROM {load(con, source).name}").df()
    raw = raw.rename(columns={name: name.casefold() for name in raw}).reindex(
        columns=[*keys, *_LOTS]
    )
    frame = pd.DataFrame(raw[keys].astype("str"))
    for name in _LOTS:
        units = pd.to_numeric(raw[name], errors="coerce").astype("float64")
        frame[name] = np.where(units > 0, units, np.nan)
    return frame
