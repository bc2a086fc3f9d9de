"""Guards on thresholds: how far tonight's lie from those served, and how well they cover.

A threshold is *in use* where it, or the one before, is above 0: thousands of dead items that stay
at 0 would hide that all others moved. It has *changed materially* where it moved by more than a
tenth, and by more than one unit where units are whole: a slow seller's step from 1 to 2 is the
daily life of a shop. It has *jumped* where it moved by more than the factor allowed, each side one
unit larger (0 to 4 is a factor of 5). Promotions make single items jump, so jumps are weighed by
units: one row that goes from ten to ten thousand counts, thirty slow sellers do not.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from stockalert.guard import Finding, Limits, worse_than

__all__ = ["on_coverage", "on_thresholds"]

MATERIAL_SHARE = 0.1
FLOOR_UNITS = 1.0

_KEY = ["sku", "location"]
_NAMES = [*_KEY, "previous", "tonight"]


def on_thresholds(
    tonight: pd.DataFrame, previous: pd.DataFrame, limits: Limits
) -> tuple[Finding, Finding, Finding]:
    """Compare tonight's thresholds with those served: changed, jumped, missing.

    Parameters
    ----------
    tonight, previous : the contract's `thresholds`; of previous: sku, location, reorder_point

    Examples
    --------
    >>> previous = pd.DataFrame({"sku": ["mug", "pot"], "location": "shop",
    ...                          "reorder_point": [10.0, 0.0]})
    >>> changed, jumped, missing = on_thresholds(
    ...     previous.assign(reorder_point=[90.0, 0.0]), previous, Limits())
    >>> changed.figure, jumped.figure, missing.figure
    (1.0, 1.0, 0.0)
    """
    both = _beside(tonight, previous)
    kept = both[both["in_use"] & both["tonight"].notna() & both["previous"].notna()]
    return _changed(kept, limits), _jumped(kept, limits), _missing(both, limits)


def on_coverage(
    tonight: pd.DataFrame, previous: pd.DataFrame | None, limits: Limits
) -> Finding | None:
    """Hold the recent coverage against the levels asked for; None where it is not known.

    Coverage is the share of outcomes at or below the quantile used, so counts can only raise it.
    """
    gap = coverage_gap(tonight)
    if gap is None:
        return None
    served = None if previous is None else coverage_gap(previous)
    tripped = worse_than(gap, limits.min_coverage_gap, served)
    asked = tonight.loc[tonight["coverage_recent"].notna(), "service_level"].mean()
    text = (
        f"outcomes lay within the reorder points' quantiles {asked - gap:.1%} of the time, "
        f"asked for {asked:.1%}; a gap of {limits.min_coverage_gap:.1%} is allowed"
    )
    remedy = "demand has changed: train (`stockalert train`), and look at the groups that miss most"
    return Finding(
        *("coverage", gap, limits.min_coverage_gap, tripped, text, remedy if tripped else ""),
        rows=_worst_groups(tonight),
    )


def coverage_gap(thresholds: pd.DataFrame) -> float | None:
    """Mean of service level − recent coverage over the rows where it is known."""
    if "coverage_recent" not in thresholds:
        return None
    gap = (thresholds["service_level"] - thresholds["coverage_recent"]).mean()
    return None if pd.isna(gap) else float(gap)


def _beside(tonight: pd.DataFrame, previous: pd.DataFrame) -> pd.DataFrame:
    """Every row of either night: its threshold then and now; NaN = not there."""
    now = tonight[[*_KEY, "reorder_point"]].rename(columns={"reorder_point": "tonight"})
    then = previous[[*_KEY, "reorder_point"]].rename(columns={"reorder_point": "previous"})
    both = then.merge(now, on=_KEY, how="outer", indicator="where")
    larger = both[["previous", "tonight"]].max(axis=1).fillna(0.0)
    return both.assign(larger=larger, in_use=larger > 0)


def _changed(kept: pd.DataFrame, limits: Limits) -> Finding:
    moved = (kept["tonight"] - kept["previous"]).abs()
    whole = (kept[["previous", "tonight"]] % 1 == 0).all(axis=1)
    least = np.maximum(MATERIAL_SHARE * kept["larger"], np.where(whole, FLOOR_UNITS, 0.0))
    material = moved > least + 1e-9
    share = float(material.mean()) if len(kept) else 0.0
    tripped = share > limits.max_share_changed
    text = (
        f"{material.sum():,} of {len(kept):,} reorder points in use changed materially "
        f"({share:.1%}); {limits.max_share_changed:.1%} is allowed"
    )
    remedy = "look for what all of them share: a price list, a lead time, a table loaded twice"
    return Finding(
        *("share changed", share, limits.max_share_changed, tripped, text),
        remedy if tripped else "",
        rows=_most_moved(kept[material]),
    )


def _jumped(kept: pd.DataFrame, limits: Limits) -> Finding:
    smaller = kept[["previous", "tonight"]].min(axis=1)
    factor = (kept["larger"] + FLOOR_UNITS) / (smaller + FLOOR_UNITS)
    jumping = factor > limits.max_jump
    units, of = kept.loc[jumping, "larger"].sum(), kept["larger"].sum()
    share = float(units / of) if of > 0 else 0.0
    tripped = share > limits.max_share_jumping
    text = (
        f"{jumping.sum():,} reorder points jumped by more than a factor of {limits.max_jump:g}; "
        f"they hold {share:.1%} of all units, {limits.max_share_jumping:.1%} is allowed"
    )
    remedy = "look at the last sales, stock and promotions of the rows below"
    return Finding(
        *("jump", share, limits.max_share_jumping, tripped, text, remedy if tripped else ""),
        rows=_most_moved(kept[jumping]),
    )


def _missing(both: pd.DataFrame, limits: Limits) -> Finding:
    """Thresholds in use that are there no more, or that tonight are not a number."""
    was = both["previous"] > 0
    gone = both["tonight"].isna() & (was | (both["where"] != "left_only"))
    of = int((was | (both["where"] == "right_only")).sum())
    share = float(gone.sum() / of) if of else 0.0
    tripped = share > limits.max_share_missing
    text = (
        f"{gone.sum():,} of {of:,} skus at a location have no reorder point tonight "
        f"({share:.1%}); {limits.max_share_missing:.1%} is allowed"
    )
    remedy = "look whether sales, stock or products were exported in part"
    lost = both[gone].sort_values("previous", ascending=False, na_position="last")
    return Finding(
        *("missing", share, limits.max_share_missing, tripped, text, remedy if tripped else ""),
        rows=lost[_NAMES].reset_index(drop=True),
    )


def _most_moved(rows: pd.DataFrame) -> pd.DataFrame:
    moved = (rows["tonight"] - rows["previous"]).abs()
    order = pd.DataFrame({"moved": -moved, "sku": rows["sku"], "location": rows["location"]})
    return rows.loc[order.sort_values(["moved", *_KEY]).index, _NAMES].reset_index(drop=True)


def _worst_groups(tonight: pd.DataFrame) -> pd.DataFrame:
    """Groups that miss their level, the widest gap first."""
    known = tonight[tonight["coverage_recent"].notna()]
    known = known.assign(gap=known["service_level"] - known["coverage_recent"])
    groups = known.groupby("calibration_group", dropna=False, as_index=False).agg(
        skus=("gap", "size"), service_level=("service_level", "mean"), gap=("gap", "mean")
    )
    missing = groups[groups["gap"] > 0].sort_values(["gap", "calibration_group"])
    return missing.iloc[::-1].reset_index(drop=True)
