"""What tells products apart before they sell: attributes, item, place and price band, as codes.

Unlike the model's attributes these need no vocabulary: nothing is learned that outlives the night.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from features.attributes import read_attributes
from features.panel import Panel
from features.tables import read_table
from stockalert.arrays import FloatArray, IntArray

__all__ = ["PRICE_BANDS", "Traits", "price_bands", "read_traits"]

PRICE_BANDS = 10


@dataclass(frozen=True)
class Traits:
    """Traits of a panel's series.

    Attributes
    ----------
    names : length n_traits
    codes : int64, shape (n_series, n_traits); -1 = unknown
    """

    names: tuple[str, ...]
    codes: IntArray


def read_traits(tables: Path, panel: Panel) -> Traits:
    """Read every text attribute of products and locations, and add item, place and price band.

    Item and place tell nothing, and are left out, where there is one location only. A price is the
    one that a series began with, as a tenth of all series' prices; without one the product's.
    """
    attributes, index = read_attributes(tables, panel), panel.index
    codes = {name: _codes(attributes[name]) for name in sorted(map(str, attributes))}
    if len(index.locations) > 1:
        codes |= {"item": index.sku, "location": index.location}
    codes["price_band"] = price_bands(_first_price(tables, panel))
    told = {name: code for name, code in codes.items() if len(np.unique(code[code >= 0])) > 1}
    stacked = np.array(list(told.values()), dtype=np.int64).reshape(len(told), panel.n_series)
    return Traits(tuple(told), stacked.T)


def price_bands(price: FloatArray) -> IntArray:
    """Code each price by the tenth of all prices that it falls in; -1 = no price.

    Examples
    --------
    >>> price_bands(np.array([1.0, 2.0, np.nan, 100.0])).tolist()
    [0, 4, -1, 9]
    """
    known = price > 0
    if not known.any():
        return np.full(len(price), -1)
    bounds = np.quantile(price[known], np.arange(1, PRICE_BANDS) / PRICE_BANDS)
    return np.where(known, np.searchsorted(bounds, price), -1)


def _codes(values: pd.Series) -> IntArray:
    """Codes in the order of the names, so that they do not depend on the order of the rows."""
    return pd.factorize(values.astype("object"), sort=True)[0].astype(np.int64)


def _first_price(tables: Path, panel: Panel) -> FloatArray:
    price = np.full(panel.n_series, np.nan)
    products = read_table(tables, "products", ["sku", "unit_price"])
    if "unit_price" in products:
        at = panel.index.sku_codes(products["sku"])
        by_sku = np.full(len(panel.index.skus), np.nan)
        by_sku[at[at >= 0]] = products["unit_price"].to_numpy(np.float64)[at >= 0]
        price = by_sku[panel.index.sku]
    if panel.price is None:
        return price
    for which, block in panel.only("price").passes():
        price[which] = _earliest(block, price[which])
    return price


def _earliest(panel: Panel, otherwise: FloatArray) -> FloatArray:
    """The first price of each series, (n_series,)."""
    if panel.price is None:
        return otherwise
    known = ~np.isnan(panel.price)
    earliest = panel.price[np.arange(panel.n_series), known.argmax(axis=1)]
    return np.where(known.any(axis=1), earliest, otherwise)
