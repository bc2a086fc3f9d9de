"""Realised service of the last days: what was in stock, sold, lost, and which thresholds held."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from features.panel import Panel
from features.tables import read_table
from features.target import demand_after
from flows.review_past import thresholds_at
from stockalert.arrays import BoolArray, FloatArray, IntArray
from stockalert.classification import CLASSES
from stockalert.review import cycles
from stockalert.served import Pointer

__all__ = ["ALL", "OUT_OF_STOCK", "Shelf", "lines_of", "service_table", "shelf_of", "windows_of"]

ALL = "all"
OUT_OF_STOCK = 0.5
"""Share of a period's demand met below which it counts as out of stock."""
RATE_DAYS = 56


@dataclass(frozen=True)
class Shelf:
    """What lay on the shelf in the days reviewed.

    Attributes
    ----------
    begins : first period reviewed
    out : shape (n_series, n_periods), out of stock after the series had begun
    lost : same shape, units: the rate of the eight weeks before and the days reviewed, for the
        share of each period that the shelf was empty
    """

    begins: int
    out: BoolArray
    lost: FloatArray


def shelf_of(panel: Panel, begins: int) -> Shelf:
    """Find empty shelves, and estimate what they cost in units."""
    begun = np.arange(panel.n_periods) >= panel.first[:, None]
    window = slice(max(begins - panel.periods_in(RATE_DAYS), 0), None)
    seen = np.where(begun & (panel.observed >= OUT_OF_STOCK), panel.observed, 0.0)
    units = np.where(seen > 0, panel.units, 0.0)[:, window].sum(axis=1, dtype=np.float64)
    exposure = seen[:, window].sum(axis=1, dtype=np.float64)
    rate = np.divide(units, exposure, out=np.zeros_like(units), where=exposure > 0)
    lost = np.where(begun, (1.0 - panel.observed) * rate[:, None], 0.0)
    return Shelf(begins, begun & (panel.observed < OUT_OF_STOCK), lost)


def lines_of(tables: Path, panel: Panel) -> pd.DataFrame:
    """Purchase order lines of the panel's series that were not cancelled; empty without a table."""
    names = ["ordered_at", "expected_at", "received_at", "units_ordered", "units_received"]
    orders = read_table(tables, "purchase_orders")
    if not len(orders):
        kinds = {name: "datetime64[us]" if name.endswith("_at") else "float64" for name in names}
        empty = {name: pd.Series(dtype=kind) for name, kind in kinds.items()}
        return pd.DataFrame({"series": pd.Series(dtype="int64"), **empty})
    place = pd.MultiIndex.from_arrays(
        [orders["sku"].astype("str"), orders["location"].fillna("default").astype("str")]
    )
    wanted = pd.MultiIndex.from_frame(panel.series[["sku", "location"]].astype("str"))
    lines = orders.assign(series=wanted.get_indexer(place))
    kept = (lines["series"] >= 0) & lines["cancelled_at"].isna()
    return lines.loc[kept, ["series", *names]]


def windows_of(out: Path, nights: Sequence[Pointer], panel: Panel) -> pd.DataFrame:
    """Hold reorder points against demand over the protection interval, where it is over.

    Returns
    -------
    as_of, abc_class, service_level, held; one row per night and series
    """
    told = [pd.DataFrame({"as_of": [], "abc_class": [], "service_level": [], "held": []})]
    for night in nights:
        table = thresholds_at(out, night, panel)
        days = table["protection_days"].to_numpy(np.float64, na_value=np.nan)
        periods = np.maximum(np.rint(np.nan_to_num(days) / panel.period_days), 1).astype(np.int64)
        cutoff = int(np.searchsorted(panel.periods, np.datetime64(night.as_of_date), "right")) - 1
        over = (cutoff >= 0) & (cutoff + periods < panel.n_periods) & np.isfinite(days)
        asked = np.where(over, periods, 1)[None, :, None]
        demand, weight = demand_after(panel, np.array([max(cutoff, 0)]), asked)
        known = over & (weight[0, :, 0] > 0)
        held = demand[0, :, 0] <= table["reorder_point"].to_numpy(np.float64, na_value=np.nan)
        few = table.loc[known, ["abc_class", "service_level"]]
        told.append(few.assign(as_of=pd.Timestamp(night.as_of_date), held=held[known]))
    return pd.concat(told[1:] or told, ignore_index=True)


def service_table(
    panel: Panel, shelf: Shelf, lines: pd.DataFrame, windows: pd.DataFrame, abc: pd.Series[str]
) -> pd.DataFrame:
    """Figures of realised service, one row per class and one of all.

    Parameters
    ----------
    abc : class of each series; null = none

    Returns
    -------
    abc_class, series, units_sold, units_lost (estimated), fill_rate, ready_rate, cycles,
    cycle_service_level, windows, threshold_held (share of demands over the protection interval
    at or below the reorder point), service_level (what was aimed at)
    """
    code = pd.Categorical(abc, categories=list(CLASSES)).codes.astype(np.int64)
    since = slice(shelf.begins, None)
    begun = np.arange(panel.n_periods) >= panel.first[:, None]
    figures = {
        "series": np.ones(panel.n_series),
        "units_sold": panel.units[:, since].sum(axis=1, dtype=np.float64),
        "units_lost": shelf.lost[:, since].sum(axis=1, dtype=np.float64),
        "periods": begun[:, since].sum(axis=1).astype(np.float64),
        "in_stock": np.where(begun, panel.observed, 0)[:, since].sum(axis=1, dtype=np.float64),
    }
    n = len(CLASSES)
    sums = {name: np.bincount(code + 1, x, n + 1) for name, x in figures.items()}
    counted = cycles(_receipts(panel, lines, shelf.begins), shelf.out, code + 1, n + 1)
    sums |= dict(zip(("cycles", "served"), map(np.asarray, counted), strict=True))
    rows = {ALL: {name: float(x.sum()) for name, x in sums.items()}}
    rows |= {c: {name: float(x[i + 1]) for name, x in sums.items()} for i, c in enumerate(CLASSES)}
    table = pd.DataFrame.from_dict(rows, orient="index").rename_axis("abc_class").reset_index()
    table["fill_rate"] = table["units_sold"] / (table["units_sold"] + table["units_lost"])
    table["ready_rate"] = table["in_stock"] / table["periods"]
    table["cycle_service_level"] = table["served"] / table["cycles"]
    kept = windows.groupby("abc_class", observed=True)[["held", "service_level"]].agg("mean")
    whole = windows[["held", "service_level"]].astype("float64").mean()
    counts = windows["abc_class"].value_counts()
    names = table["abc_class"]
    table["windows"] = names.map(counts).fillna(0).where(names != ALL, len(windows)).astype(int)
    for column, name in (("held", "threshold_held"), ("service_level", "service_level")):
        of_class = names.map(kept[column]).astype("float64")
        table[name] = of_class.where(names != ALL, float(whole[column]))
    told: pd.DataFrame = table.drop(columns=["periods", "in_stock", "served"])
    return told


def _receipts(panel: Panel, lines: pd.DataFrame, begins: int) -> pd.DataFrame:
    """Series and period of what came in the days reviewed."""
    came = lines[lines["received_at"].notna()]
    days = came["received_at"].to_numpy("datetime64[D]")
    period: IntArray = np.searchsorted(panel.periods, days, "right") - 1
    inside = (period >= begins) & (days <= panel.last_days(np.array([panel.n_periods - 1]))[0])
    return pd.DataFrame({"series": came["series"].to_numpy()[inside], "period": period[inside]})
