"""By which names a target knows our skus and locations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from stockalert.errors import UsageError

__all__ = ["check_ids", "identifiers", "looks_like_formula"]

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_KEYS = ((), ("location",), ("sku",), ("sku", "location"))  # the last that knows a name wins


def identifiers(
    sku: pd.Series[str],
    location: pd.Series[str],
    wanted: Mapping[str, str],
    ids: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Look up every wanted column, row by row; "" where nothing is known.

    Parameters
    ----------
    sku, location : shape (n,)
    wanted : column → what stands in for it: `sku`, `location`, `optional` or `required`
    ids : columns sku and location (either or both may be missing) and any of the wanted ones; an
        empty sku or location stands for all, and what names more goes before what names less

    Examples
    --------
    >>> known = pd.DataFrame({"sku": ["tea"], "ID": ["ITEM-7"]}, dtype="str")
    >>> sku, place = pd.Series(["tea", "rice"]), pd.Series(["shop", "shop"])
    >>> identifiers(sku, place, {"ID": "sku"}, known)["ID"].tolist()
    ['ITEM-7', 'rice']
    """
    ours = pd.DataFrame({"sku": sku, "location": location}, dtype="str")
    found = pd.DataFrame(
        {column: ours.get(source, "") for column, source in wanted.items()},
        index=ours.index,
        dtype="str",
    )
    if ids is None:
        return found
    columns = [column for column in wanted if column in ids]
    ids = ids.reindex(columns=["sku", "location", *columns]).astype("str").fillna("")
    for keys in _KEYS:
        told = _told(ids, keys)
        near = ours.assign(all="").merge(
            told[[*keys, *columns]].assign(all=""), on=["all", *keys], how="left"
        )
        for column in columns:
            given = near[column].fillna("").set_axis(found.index)
            found[column] = found[column].mask(given != "", given)
    return found


def check_ids(ids: pd.DataFrame, wanted: Mapping[str, str], lots: Sequence[str]) -> None:
    """Refuse columns that nobody reads and keys that are there twice.

    Raises
    ------
    UsageError
        With the column or the row in question.
    """
    known = ["sku", "location", *wanted, *lots]
    if unknown := [name for name in ids.columns if name not in known]:
        raise UsageError(f"identifiers: unknown column {unknown[0]!r}; known: {', '.join(known)}")
    keys = [name for name in ("sku", "location") if name in ids]
    twice = ids[ids.duplicated(keys)] if keys else ids[1:]
    if len(twice):
        raise UsageError(f"identifiers: {dict(twice[keys].iloc[0])} is there more than once")


def looks_like_formula(values: pd.Series[str]) -> pd.Series[bool]:
    """Say which texts a spreadsheet would run.

    Examples
    --------
    >>> looks_like_formula(pd.Series(["=1+1", "tea", "-40 gloves"])).tolist()
    [True, False, True]
    """
    return values.str.startswith(_FORMULA)


def _told(ids: pd.DataFrame, keys: tuple[str, ...]) -> pd.DataFrame:
    """Rows that name exactly these keys."""
    exactly = ((ids["sku"] != "") == ("sku" in keys)) & (
        (ids["location"] != "") == ("location" in keys)
    )
    return ids[exactly]
