"""Which alerts mute others: a known cause keeps its many consequences quiet."""

from __future__ import annotations

import numpy as np
import pandas as pd

__all__ = ["MUTED_BY_SUPPLIER", "ONE_OF", "inhibited"]

MUTED_BY_SUPPLIER = ("reorder_now", "stockout_risk_before_arrival", "stocked_out", "order_late")
"""What follows from a supplier that does not deliver."""

ONE_OF = ("stocked_out", "stockout_risk_before_arrival", "reorder_now")
"""Of these a sku at a location tells the first alone; its text says what to order as well."""


def inhibited(alerts: pd.DataFrame) -> pd.DataFrame:
    """Name the alert that mutes each one, and count what each supplier's alert mutes.

    Parameters
    ----------
    alerts : fingerprint, kind, sku, location, supplier_id

    Returns
    -------
    the same rows with inhibited_by (null = nothing mutes it) and muted (count)
    """
    down = alerts[alerts["kind"] == "supplier_disrupted"]
    causes = pd.Series(down["fingerprint"].to_numpy(), index=down["supplier_id"], dtype="str")
    by_supplier = alerts["supplier_id"].map(causes).astype("str")
    cause = by_supplier.where(alerts["kind"].isin(MUTED_BY_SUPPLIER)).fillna(_worse(alerts))
    muted = alerts["fingerprint"].map(cause.value_counts()).fillna(0).to_numpy(np.float64)
    return alerts.assign(inhibited_by=cause, muted=muted)


def _worse(alerts: pd.DataFrame) -> pd.Series[str]:
    """Fingerprint of the worst of `ONE_OF` for the same sku and location; null for itself."""
    rank = alerts["kind"].map({kind: at for at, kind in enumerate(ONE_OF)})
    named = alerts[["sku", "location", "fingerprint"]]
    mine = named.assign(rank=rank).dropna(subset=["rank"]).sort_values("rank", kind="stable")
    first = mine.groupby(["sku", "location"])["fingerprint"].transform("first")
    return first.where(first != mine["fingerprint"]).reindex(alerts.index).astype("str")
