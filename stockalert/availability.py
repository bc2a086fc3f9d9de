"""Table `availability`: whether an item can be had, when it is back, what to offer meanwhile."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt
import pandas as pd

from stockalert.arrays import BoolArray, FloatArray
from stockalert.availability_words import Language, message, offer
from stockalert.lead_time import LeadTimes
from stockalert.positions import Position
from stockalert.restock import LATE_LEVEL, Restock, remaining_days
from stockalert.substitutes import substitutes_of
from stockalert.tables.outputs import OUTPUT_TABLES

__all__ = ["DeskTerms", "availability_frame", "ordered_tonight", "statuses"]


@dataclass(frozen=True)
class DeskTerms:
    """What the service desk may say and offer.

    Attributes
    ----------
    low_days : stock for fewer days of expected demand is low
    most_substitutes : named for one item
    voucher_limit : currency; 0 = none
    voucher_after_days : a voucher is offered where the late bound is farther away
    """

    low_days: float = 3.0
    most_substitutes: int = 3
    voucher_limit: float = 0.0
    voucher_after_days: float = 3.0
    language: Language = "en"


def statuses(
    position: Position, units_per_day: FloatArray, *, low_days: float
) -> npt.NDArray[np.str_]:
    """`out` with nothing left to sell, `low` with less than some days of demand, else `in_stock`.

    Examples
    --------
    >>> held, none = np.array([0.0, 2.0, 9.0, 5.0]), np.zeros(4)
    >>> position = Position(held, none, np.array([0.0, 0.0, 0.0, 5.0]), np.full(4, True))
    >>> statuses(position, np.ones(4), low_days=3.0).tolist()
    ['out', 'low', 'in_stock', 'out']
    """
    free = position.on_hand - position.backordered
    return np.select([free <= 0, free < low_days * units_per_day], ["out", "low"], "in_stock")


def ordered_tonight(
    series: pd.DataFrame, proposals: pd.DataFrame, lead_times: LeadTimes, *, as_of: date
) -> Restock:
    """Arrival of what is proposed tonight: expected as the proposal says, late by the lead time."""
    key = ["sku", "location"]
    today = pd.Timestamp(as_of)
    found = proposals.drop_duplicates(key).set_index(key)[["order_day", "expected_at"]]
    found = found.reindex(pd.MultiIndex.from_frame(series[key]))
    out, back = ((pd.to_datetime(found[n]) - today).dt.days.to_numpy(np.float64) for n in found)
    moments = lead_times.mean_days, lead_times.sd_days, np.zeros(len(series))
    late = out + np.ceil(remaining_days(*moments, LATE_LEVEL))
    return Restock(np.maximum(back, 1.0), np.maximum(late, back))


def availability_frame(
    series: pd.DataFrame,
    position: Position,
    restock: Restock,
    products: pd.DataFrame | None,
    *,
    units_per_day: FloatArray,
    terms: DeskTerms,
    as_of: date,
    affinities: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Table `availability`, row by row as in `series`.

    Parameters
    ----------
    series : columns sku, location
    restock : next arrival of each series
    products : the contract's table
    units_per_day : shape (n,), expected demand
    affinities : the contract's published table, where there is one
    """
    status = statuses(position, units_per_day, low_days=terms.low_days)
    named = substitutes_of(
        series,
        products,
        wanted=status == "out",
        in_stock=status == "in_stock",
        units_per_day=units_per_day,
        most=terms.most_substitutes,
        affinities=affinities,
    )
    voucher = _vouchers(series, products, restock, status == "out", terms)
    told, offers = _told(
        status, restock, _shown(named, products), voucher, language=terms.language, as_of=as_of
    )
    frame = series[["sku", "location"]].reset_index(drop=True)
    frame = frame.assign(
        status=pd.array(status, dtype="str"),
        on_hand=position.on_hand,
        expected_restock_date=_days_after(as_of, restock.expected),
        expected_restock_date_late=_days_after(as_of, restock.late),
        substitutes=named,
        message=pd.array(told, dtype="str"),
        offer=pd.array(offers, dtype="str"),
        voucher=np.where(voucher > 0, voucher, np.nan),
    )
    return frame[list(OUTPUT_TABLES["availability"].names)]


def _vouchers(
    series: pd.DataFrame,
    products: pd.DataFrame | None,
    restock: Restock,
    out: BoolArray,
    terms: DeskTerms,
) -> FloatArray:
    """Most a voucher may be worth: the limit, and no more than the item's margin where known."""
    waits = out & ~(restock.late <= terms.voucher_after_days)
    facts = pd.DataFrame(columns=["sku"]) if products is None else products
    facts = facts.reindex(columns=["sku", "unit_price", "unit_cost"]).drop_duplicates("sku")
    by_sku = facts.set_index("sku").astype("float64").reindex(series["sku"])
    margin = (by_sku["unit_price"] - by_sku["unit_cost"]).to_numpy(np.float64)
    worth = np.fmin(terms.voucher_limit, np.clip(margin, 0.0, None))
    return np.where(waits, np.floor(worth * 100 + 1e-9) / 100, 0.0)


def _shown(
    named: npt.NDArray[np.object_], products: pd.DataFrame | None
) -> npt.NDArray[np.object_]:
    """Lists of substitutes by the names that people read."""
    names: dict[str, str] = {}
    if products is not None and "name" in products:
        known = products.dropna(subset=["name"])
        names = dict(zip(known["sku"], known["name"], strict=True))
    shown = np.full(len(named), None, dtype=object)
    for row in np.flatnonzero(named != np.array(None)):
        shown[row] = [names.get(sku, sku) for sku in named[row]]
    return shown


def _told(
    status: npt.NDArray[np.str_],
    restock: Restock,
    names: npt.NDArray[np.object_],
    voucher: FloatArray,
    *,
    language: Language,
    as_of: date,
) -> tuple[list[str], list[str | None]]:
    """Messages and offers; one sentence serves all that is in stock."""
    plain = message("in_stock", None, None, (), language)
    told = [plain] * len(status)
    made: list[str | None] = [None] * len(status)
    for row in np.flatnonzero(status != "in_stock"):
        days = _day(as_of, restock.expected[row]), _day(as_of, restock.late[row])
        told[row] = message(status[row], *days, names[row] or (), language)
        made[row] = offer(names[row] or (), float(voucher[row]), language) or None
    return told, made


def _day(as_of: date, days: float) -> date | None:
    return None if np.isnan(days) else as_of + timedelta(days=float(days))


def _days_after(as_of: date, days: FloatArray) -> npt.NDArray[np.datetime64]:
    known = np.isfinite(days)
    steps = np.where(known, days, 0.0).astype("timedelta64[D]")
    found = np.where(known, np.datetime64(as_of, "D") + steps, np.datetime64("NaT"))
    return np.asarray(found.astype("datetime64[us]"))
