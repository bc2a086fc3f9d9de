"""Suppliers that are down or late, and what that does to lead times at once.

* *Down*: marked `disrupted` in `suppliers` (from `status_since` on) or by hand. Nothing leaves it
  before the disruption ends, so each possible lead time grows by the days that remain. Where the
  end is known that is one number. Where it is not (or the day given has passed), the disruption
  is taken to be seen at a moment like any other of its life: lasting e days so far, it remains
  longer than r days with probability e ÷ (e + r) (Gott, Nature 363, 1993). Its quantiles at 1/6,
  1/2 and 5/6 – e ÷ 5, e and 5 e days, half a year at most – stand for it, a third each.
* *Late*: at least three open order lines past the day promised, and at least half of what was due
  in the last four weeks. A new order then takes that share's chance to be late by as many days as
  those lines are on average.

What is past its promise by more than half a year is taken for forgotten paperwork.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from stockalert.arrays import BoolArray, FloatArray
from stockalert.lead_time import LeadTimes
from stockalert.tables.blocks import AnyTable, blocks_of

__all__ = ["ByHand", "Standing", "delayed", "standing_of"]

UNKNOWN_ELAPSED_DAYS = 14.0
SHORTEST_ELAPSED_DAYS = 3.0
LONGEST_REMAINING_DAYS = 182.0
LATE_LINES = 3
LATE_SHARE = 0.5
DUE_DAYS = 28
FORGOTTEN_DAYS = 182
GOTT = np.array([0.2, 1.0, 5.0])

ByHand = Mapping[str, tuple[date | None, date | None]]
"""Suppliers that are down, with first day and day of the end; None = unknown."""


@dataclass(frozen=True)
class Standing:
    """How each supplier stands on a day, by its place in `supplier_id`.

    Attributes
    ----------
    supplier_id : shape (m,), text, sorted
    down, late : shape (m,)
    extra_days : shape (m, 3), days that a new order takes beyond the usual lead time
    chances : shape (m, 3), share; each row sums to 1
    problem : shape (m,), words; "" = none
    """

    supplier_id: pd.Index
    down: BoolArray
    late: BoolArray
    extra_days: FloatArray
    chances: FloatArray
    problem: pd.Series[str]

    @property
    def mean_extra_days(self) -> FloatArray:
        """Expected days beyond the usual lead time, shape (m,)."""
        return np.asarray((self.extra_days * self.chances).sum(axis=1))

    def of(self, supplier_id: pd.Series[str]) -> FloatArray:
        """Place of each supplier, shape (n,); −1 = nothing is known of it."""
        return np.asarray(self.supplier_id.get_indexer(pd.Index(supplier_id.astype("str"))))

    def problems(self, supplier_id: pd.Series[str]) -> pd.Series[str]:
        """What is wrong with each supplier, in words; null = nothing."""
        found = pd.Series(self.problem.to_numpy(), index=self.supplier_id)
        words = found.reindex(pd.Index(supplier_id.astype("str"))).fillna("")
        told = pd.Series(words.to_numpy(), index=supplier_id.index, dtype="str")
        return told.where(told != "")

    def shifted(self, lead_times: LeadTimes, supplier_id: pd.Series[str]) -> LeadTimes:
        """Lead times with what the suppliers' standing adds; the others' stay bit for bit.

        Examples
        --------
        >>> from stockalert.lead_time import from_moments
        >>> down = standing_of(None, None, as_of=date(2026, 3, 1),
        ...     by_hand={"ACME": (None, date(2026, 3, 11))})
        >>> week = from_moments(np.array([7.0, 7.0]), np.zeros(2))
        >>> down.shifted(week, pd.Series(["ACME", "other"], dtype="str")).mean_days.tolist()
        [17.0, 7.0]
        """
        place = self.of(supplier_id).astype(np.intp)
        hit = (place >= 0) & (self.mean_extra_days[place] > 0 if len(self.down) else False)
        if not hit.any():
            return lead_times
        n, k = lead_times.atoms_days.shape
        extra, chance = self.extra_days[place[hit]], self.chances[place[hit]]
        atoms = np.repeat(lead_times.atoms_days, GOTT.size, axis=1)
        shares = np.zeros((n, k * GOTT.size))
        shares[:, :: GOTT.size] = lead_times.probabilities
        atoms[hit] = (lead_times.atoms_days[hit][:, :, None] + extra[:, None, :]).reshape(
            -1, k * GOTT.size
        )
        both = lead_times.probabilities[hit][:, :, None] * chance[:, None, :]
        shares[hit] = both.reshape(-1, k * GOTT.size)
        order = np.argsort(atoms, axis=1, kind="stable")
        atoms, shares = (np.take_along_axis(x, order, axis=1) for x in (atoms, shares))
        mean, sd = lead_times.mean_days.copy(), lead_times.sd_days.copy()
        mean[hit] += (extra * chance).sum(axis=1)
        spread = (extra**2 * chance).sum(axis=1) - (extra * chance).sum(axis=1) ** 2
        sd[hit] = np.sqrt(sd[hit] ** 2 + np.clip(spread, 0.0, None))
        return LeadTimes(mean, sd, atoms, shares)


def standing_of(
    suppliers: pd.DataFrame | None,
    purchase_orders: AnyTable | None,
    *,
    as_of: date,
    by_hand: ByHand | None = None,
) -> Standing:
    """Find which suppliers are down or late on a day.

    Parameters
    ----------
    suppliers, purchase_orders : the contract's tables, or None
    as_of : last day that may influence the result; a status that begins later is not there yet
    by_hand : goes before what the tables say
    """
    today = pd.Timestamp(as_of)
    marked = _marked(suppliers, today)
    for name, (since, until) in (by_hand or {}).items():
        if since is None or pd.Timestamp(since) <= today:
            marked.loc[name] = [pd.Timestamp(day) if day else pd.NaT for day in (since, until)]
    named, overdue = marked.index, _overdue(purchase_orders, today)
    known = marked.index.union(overdue.index).sort_values()
    marked, overdue = marked.reindex(known), overdue.reindex(known)
    down = np.asarray(known.isin(named))
    often = (overdue["lines"] >= LATE_LINES) & (overdue["share"] >= LATE_SHARE)
    late = ~down & often.to_numpy(bool)
    extra, chances = _extra(marked, overdue, down, late, today)
    words = _problem(marked, overdue, down, late)
    return Standing(known.astype("str"), down, late, extra, chances, words)


def delayed(
    purchase_orders: pd.DataFrame | None, standing: Standing, *, as_of: date
) -> pd.DataFrame | None:
    """Purchase orders with the day expected moved behind their supplier's disruption.

    Open orders of a supplier that is down are expected no earlier than the median end.
    """
    if purchase_orders is None or not standing.down.any():
        return purchase_orders
    place = standing.of(purchase_orders["supplier_id"]).astype(np.intp)
    is_open = purchase_orders["received_at"].isna() & purchase_orders["cancelled_at"].isna()
    hit = (place >= 0) & standing.down[place] & is_open.to_numpy(bool)
    wait = np.ceil(standing.extra_days[place, 1])
    end = pd.Timestamp(as_of) + pd.to_timedelta(pd.Series(wait, purchase_orders.index), unit="D")
    promised = purchase_orders["expected_at"].astype("datetime64[us]")
    later = promised.where(promised > end, end.astype("datetime64[us]"))
    return purchase_orders.assign(expected_at=promised.where(~hit, later))


def _marked(suppliers: pd.DataFrame | None, today: pd.Timestamp) -> pd.DataFrame:
    """Suppliers whose table says that they are down today: since, until."""
    names = ["supplier_id", "status", "status_since", "disrupted_until"]
    frame = pd.DataFrame(columns=names) if suppliers is None else suppliers.reindex(columns=names)
    since, until = (pd.to_datetime(frame[name]) for name in names[2:])
    down = (frame["status"].astype("str") == "disrupted") & ~(since > today)
    found = pd.DataFrame({"since": since, "until": until}).astype("datetime64[us]")
    return found[down].set_axis(pd.Index(frame.loc[down, "supplier_id"], dtype="str"))


def _overdue(purchase_orders: AnyTable | None, today: pd.Timestamp) -> pd.DataFrame:
    """Per supplier: open lines past their promise, their mean delay, and their share of the due."""
    if purchase_orders is None:
        return pd.DataFrame({"lines": [], "days": [], "share": []}, index=pd.Index([], dtype="str"))
    total = pd.concat([_due(lines, today) for lines in blocks_of(purchase_orders)])
    total = total.groupby(level=0).sum()
    total = total[total["waiting"] > 0]
    return pd.DataFrame(
        {
            "lines": total["waiting"],
            "days": total["days"] / total["waiting"],
            "share": total["waiting"] / total["due"],
        }
    )


def _due(purchase_orders: pd.DataFrame, today: pd.Timestamp) -> pd.DataFrame:
    """Per supplier: lines waiting beyond their promise, their days beyond it, and lines due."""
    promised = pd.to_datetime(purchase_orders["expected_at"])
    placed = (purchase_orders["ordered_at"] <= today) & (promised <= today)
    came = purchase_orders["received_at"] <= today
    gone = purchase_orders["cancelled_at"] <= today
    days = (today - promised).dt.days
    waiting = placed & ~came & ~gone & (days > 0) & (days <= FORGOTTEN_DAYS)
    recent = placed & came & (days < DUE_DAYS)
    counted = waiting | recent
    lines = pd.DataFrame(
        {
            "supplier": purchase_orders["supplier_id"][counted].astype("str"),
            "waiting": waiting[counted].astype(float),
            "days": days[counted].where(waiting[counted], 0.0).astype(float),
            "due": 1.0,
        }
    )
    return lines.groupby("supplier").sum()


def _extra(
    marked: pd.DataFrame,
    overdue: pd.DataFrame,
    down: BoolArray,
    late: BoolArray,
    today: pd.Timestamp,
) -> tuple[FloatArray, FloatArray]:
    """Days beyond the usual lead time and their chances, shape (m, 3) each."""
    m = len(marked)
    left = (marked["until"] - today).dt.days.to_numpy(np.float64)
    elapsed = (today - marked["since"]).dt.days.to_numpy(np.float64)
    elapsed = np.where(np.isnan(elapsed), UNKNOWN_ELAPSED_DAYS, elapsed)
    open_end = np.maximum(elapsed, SHORTEST_ELAPSED_DAYS)[:, None] * GOTT
    known = left > 0
    remaining = np.where(
        known[:, None], left[:, None], np.minimum(open_end, LONGEST_REMAINING_DAYS)
    )
    extra, chances = np.zeros((m, GOTT.size)), np.full((m, GOTT.size), 1 / GOTT.size)
    extra[down] = remaining[down]
    share = overdue["share"].fillna(0.0).to_numpy(np.float64)[late]
    extra[late, -1] = overdue["days"].to_numpy(np.float64)[late]
    chances[late] = np.stack([(1 - share) / 2, (1 - share) / 2, share], axis=1)
    return extra, chances


def _problem(
    marked: pd.DataFrame, overdue: pd.DataFrame, down: BoolArray, late: BoolArray
) -> pd.Series[str]:
    """Say what is wrong with each supplier; "" = nothing."""
    since, until = (marked[name].dt.strftime("%Y-%m-%d").astype("str") for name in marked)
    begun = (" since " + since).fillna("").astype("str")
    ends = (", expected to deliver again on " + until).fillna(", with no end known").astype("str")
    broken = "disrupted" + begun + ends
    lines = overdue["lines"].fillna(0).map("{:.0f}".format).astype("str")
    mean = overdue["days"].fillna(0).map("{:.0f}".format).astype("str")
    behind = lines + " order lines overdue, by " + mean + " days on average"
    words = pd.Series("", index=marked.index, dtype="str")
    return words.mask(late, behind).mask(down, broken).astype("str")
