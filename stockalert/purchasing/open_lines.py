"""Order lines that were approved and are not yet seen among the purchase orders."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

__all__ = ["as_purchase_orders", "still_open"]

_KEY = ["sku", "location"]


def still_open(
    lines: pd.DataFrame, purchase_orders: pd.DataFrame | None, *, as_of: date, days: int
) -> pd.DataFrame:
    """Approved lines with the units that no purchase order has shown yet.

    A purchase order placed after a line's night shows it, whatever its supplier and size; of
    several lines of an item the oldest is shown first, and what is ordered beyond the lines known
    by then shows none that comes later. A line is forgotten `days` after its night.

    Parameters
    ----------
    lines : line_id, as_of (the night that proposed it), sku, location, units
    purchase_orders : the contract's table

    Returns
    -------
    the lines still open, `units` cut to what is open

    Examples
    --------
    >>> lines = pd.DataFrame({"line_id": ["a"], "as_of": [pd.Timestamp("2026-03-01")],
    ...     "sku": ["mug"], "location": ["default"], "units": [12.0]})
    >>> seen = pd.DataFrame({"sku": ["mug"], "location": [None], "units_ordered": [10.0],
    ...     "ordered_at": [pd.Timestamp("2026-03-02")]})
    >>> still_open(lines, seen, as_of=date(2026, 3, 2), days=7)["units"].tolist()
    [2.0]
    """
    today = pd.Timestamp(as_of)
    recent = lines[(lines["as_of"] <= today) & (lines["as_of"] >= today - pd.Timedelta(days=days))]
    recent = recent.sort_values(["as_of", "line_id"], ignore_index=True)
    place = recent.groupby(_KEY)["units"].cumcount().to_numpy()
    series = recent.groupby(_KEY).ngroup().to_numpy()
    width = int(place.max(initial=-1)) + 1
    units, seen = np.zeros((2, int(series.max(initial=-1)) + 1, width))
    units[series, place] = recent["units"]
    seen[series, place] = _seen_after(recent, purchase_orders, today)
    pending = np.zeros(len(units))
    for column in range(width):
        pending = np.clip(pending + units[:, column] - seen[:, column], 0.0, None)
    later = units[:, ::-1].cumsum(axis=1)[:, ::-1] - units
    left = np.clip(pending[:, None] - later, 0.0, units)[series, place]
    return recent.assign(units=left)[left > 0].reset_index(drop=True)


def as_purchase_orders(lines: pd.DataFrame) -> pd.DataFrame:
    """Write open lines in the columns of `purchase_orders`, so that they count as on order.

    Parameters
    ----------
    lines : of `still_open`, with supplier_id and expected_at
    """
    never = pd.Series(pd.NaT, index=lines.index, dtype="datetime64[us]")
    return pd.DataFrame(
        {
            "po_id": ("approved " + lines["line_id"]).astype("str"),
            "sku": lines["sku"],
            "location": lines["location"],
            "supplier_id": lines["supplier_id"],
            "units_ordered": lines["units"],
            "ordered_at": lines["as_of"],
            "expected_at": lines["expected_at"],
            "received_at": never,
            "units_received": np.nan,
            "cancelled_at": never,
        }
    )


def _seen_after(
    lines: pd.DataFrame, purchase_orders: pd.DataFrame | None, today: pd.Timestamp
) -> pd.Series[float]:
    """Units ordered after each line's night and before the item's next line."""
    nothing = pd.Series(0.0, index=lines.index)
    if purchase_orders is None or lines.empty:
        return nothing
    placed = purchase_orders[purchase_orders["ordered_at"] <= today]
    placed = placed[[*_KEY, "ordered_at", "units_ordered"]]
    placed = placed.assign(location=placed["location"].fillna("default")).sort_values("ordered_at")
    known = lines[[*_KEY, "as_of"]].assign(line=lines.index)
    kinds = {"sku": "str", "location": "str"}
    placed = placed.astype({**kinds, "ordered_at": "datetime64[us]"})
    known = known.astype({**kinds, "as_of": "datetime64[us]"})
    matched = pd.merge_asof(
        placed,
        known,
        left_on="ordered_at",
        right_on="as_of",
        by=_KEY,
        allow_exact_matches=False,
    )
    return nothing.add(matched.groupby("line")["units_ordered"].sum(), fill_value=0.0)
