"""Rows of one table beside those of another."""

from __future__ import annotations

import pandas as pd

__all__ = ["beside"]


def beside(previous: pd.DataFrame, series: pd.DataFrame) -> pd.DataFrame:
    """Rows of an earlier table in the order of `series`; null where it has none.

    Parameters
    ----------
    previous, series : with columns sku and location, each pair once

    Examples
    --------
    >>> one = pd.DataFrame({"sku": ["mug", "pot"], "location": ["X", "X"], "units": [1.0, 2.0]})
    >>> beside(one, pd.DataFrame({"sku": ["pot", "jug"], "location": ["X", "X"]}))
       units
    0    2.0
    1    NaN
    """
    key = ["sku", "location"]
    wanted = series[key].reset_index(drop=True)
    earlier = previous.reset_index(drop=True)
    if earlier[key].astype("str").equals(wanted.astype("str")):  # as on most nights
        return earlier.drop(columns=key)
    found = earlier.set_index(key).reindex(pd.MultiIndex.from_frame(wanted))
    return found.reset_index(drop=True)
