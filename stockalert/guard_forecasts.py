"""Guard on the forecast itself: how many series could not be forecast, and were not for a fault."""

from __future__ import annotations

import pandas as pd

from stockalert.guard import Finding, Limits

__all__ = ["on_failures"]

_KEY = ["sku", "location"]


def on_failures(tonight: pd.DataFrame, failed: pd.DataFrame, limits: Limits) -> Finding | None:
    """Hold the share of series whose forecast failed against what may be missing; None without any.

    They carry the thresholds served before, or the formula's. That is right for few; many are a
    broken disk or model, and what they carry is soon out of date.

    Parameters
    ----------
    tonight : the contract's `thresholds`
    failed : sku, location, reason; a row per series

    Examples
    --------
    >>> tonight = pd.DataFrame({"sku": ["mug", "pot"], "location": "shop",
    ...                         "reorder_point": [10.0, 3.0], "method": ["formula", "quantile"]})
    >>> failed = pd.DataFrame({"sku": ["mug"], "location": "shop", "reason": "OSError: cut off"})
    >>> found = on_failures(tonight, failed, Limits())
    >>> found.tripped, found.figure, found.rows["sku"].tolist()
    (True, 0.5, ['mug'])
    """
    if failed.empty:
        return None
    share, allowed = len(failed) / len(tonight), limits.max_share_missing
    carried = tonight[[*_KEY, "reorder_point", "method"]].merge(failed[_KEY], on=_KEY)
    text = (
        f"{len(failed)} of {len(tonight)} skus at a location could not be forecast, {share:.1%}; "
        f"{allowed:.1%} are allowed ({failed['reason'].iloc[0]})"
    )
    remedy = "mend what the reason names, and run again; they would keep what was served, if it was"
    tripped = share > allowed
    return Finding(
        *("not forecast", share, allowed, tripped, text, remedy if tripped else ""),
        rows=carried.sort_values(["reorder_point", *_KEY], ascending=[False, True, True]),
    )
