"""Which alerts mute others: a known cause keeps its many consequences quiet."""

from __future__ import annotations

import numpy as np
import pandas as pd

__all__ = ["MUTED_BY_SOLD_OUT", "MUTED_BY_SUPPLIER", "inhibited"]

MUTED_BY_SUPPLIER = ("reorder_now", "stockout_risk_before_arrival", "stocked_out", "order_late")
"""What follows from a supplier that does not deliver."""

MUTED_BY_SOLD_OUT = ("reorder_now", "stockout_risk_before_arrival")
"""What need not be said of a sku that is sold out."""


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
    by_supplier = alerts["supplier_id"].map(causes)
    by_supplier = by_supplier.where(alerts["kind"].isin(MUTED_BY_SUPPLIER))
    empty = alerts[alerts["kind"] == "stocked_out"]
    names = ["sku", "location"]
    gone = pd.Series(
        empty["fingerprint"].to_numpy(), index=pd.MultiIndex.from_frame(empty[names]), dtype="str"
    )
    series = pd.MultiIndex.from_frame(alerts[names])
    by_shelf = pd.Series(gone.reindex(series).to_numpy(), alerts.index, dtype="str")
    by_shelf = by_shelf.where(alerts["kind"].isin(MUTED_BY_SOLD_OUT))
    cause = by_supplier.astype("str").fillna(by_shelf)
    muted = alerts["fingerprint"].map(cause.value_counts()).fillna(0).to_numpy(np.float64)
    return alerts.assign(inhibited_by=cause, muted=muted)
