"""The gate: may a challenger replace the champion?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from stockalert.arrays import DateArray, FloatArray, NumberArray

__all__ = ["BLOCK", "CONFIDENCE", "DRAWS", "MARGIN", "Verdict", "first_model", "judge"]

MARGIN = 0.01
"""Relative loss that a routine retraining may cost at most."""
CONFIDENCE = 0.95
"""One-sided, of the upper bound."""
BLOCK = 2
"""Neighbouring cutoffs that the bootstrap draws together."""
DRAWS = 2000
_MIN_CUTOFFS = 4


@dataclass(frozen=True)
class Verdict:
    """The gate's answer, with its reason in plain words and the figures behind it."""

    promote: bool
    reason: str
    figures: Mapping[str, float] = field(default_factory=dict)


def first_model(challenger_losses: NumberArray, demand: NumberArray) -> Verdict:
    """Promote a first model: there is nothing to compare it with but the baselines."""
    loss = _share(challenger_losses, demand)
    reason = (
        f"promoted with a warning: the first model, weighted pinball {loss:.4f}; "
        "no champion to compare it with"
    )
    return Verdict(True, reason, {"challenger_weighted_pinball": loss})


def judge(
    champion_losses: NumberArray,
    challenger_losses: NumberArray,
    demand: NumberArray,
    cutoffs: DateArray,
    *,
    routine: bool,
    seed: int = 0,
) -> Verdict:
    """Compare two models on rows that neither has seen.

    A *routine* challenger (same features, settings and code, newer data) is promoted when it is
    not inferior: the upper bound of the relative difference in loss lies below `MARGIN`. A
    *changed* one must be superior: the upper bound lies below 0. Bounds come from a block
    bootstrap over cutoffs, since rows of one cutoff share their shocks and windows of
    neighbouring cutoffs overlap.

    Parameters
    ----------
    champion_losses, challenger_losses : shape (n_rows,), units; mean over the headline levels
    demand : shape (n_rows,), units
    cutoffs : shape (n_rows,)

    Returns
    -------
    Verdict; its figures hold both weighted pinball losses, `relative_difference` with
    `lower_bound` and `upper_bound`, and the number of `cutoffs`.
    """
    per_cutoff = _sums(cutoffs, champion_losses, challenger_losses)
    difference, lower, upper = _bounds(per_cutoff, seed)
    figures = {
        "champion_weighted_pinball": _share(champion_losses, demand),
        "challenger_weighted_pinball": _share(challenger_losses, demand),
        "relative_difference": difference,
        "lower_bound": lower,
        "upper_bound": upper,
        "cutoffs": float(len(per_cutoff)),
    }
    if len(per_cutoff) < _MIN_CUTOFFS:
        reason = (
            f"not promoted: only {len(per_cutoff)} cutoffs that neither model has seen, "
            f"at least {_MIN_CUTOFFS} are needed to tell them apart"
        )
        return Verdict(False, reason, figures)
    promote = bool(upper < (MARGIN if routine else 0.0))
    return Verdict(promote, _reason(promote, routine, figures), figures)


def _reason(promote: bool, routine: bool, figures: Mapping[str, float]) -> str:
    wanted = f"below {MARGIN:+.1%} (not inferior)" if routine else "below 0 (superior)"
    kind = "routine retraining" if routine else "changed features, settings or code"
    return (
        f"{'promoted' if promote else 'not promoted'}: {kind}; weighted pinball "
        f"{figures['challenger_weighted_pinball']:.4f} against the champion's "
        f"{figures['champion_weighted_pinball']:.4f}, difference "
        f"{figures['relative_difference']:+.2%} with upper bound {figures['upper_bound']:+.2%} "
        f"over {figures['cutoffs']:.0f} cutoffs; needed {wanted}"
    )


def _share(losses: NumberArray, demand: NumberArray) -> float:
    total = float(np.sum(demand, dtype=np.float64))
    return float(np.sum(losses, dtype=np.float64)) / total if total > 0 else float("nan")


def _sums(
    cutoffs: DateArray, champion_losses: NumberArray, challenger_losses: NumberArray
) -> FloatArray:
    """Return the summed losses of (champion, challenger) per cutoff; (n_cutoffs, 2)."""
    _, member = np.unique(cutoffs, return_inverse=True)
    columns = [np.bincount(member, losses) for losses in (champion_losses, challenger_losses)]
    return np.stack(columns, axis=1)


def _bounds(per_cutoff: FloatArray, seed: int) -> tuple[float, float, float]:
    """Return the relative difference of the losses and its bounds by circular block bootstrap.

    All are NaN where there is no cutoff.
    """
    n = len(per_cutoff)
    if not n:
        return (float("nan"),) * 3
    rng = np.random.default_rng(seed)
    starts = rng.integers(0, n, size=(DRAWS, -(-n // BLOCK)))
    drawn = ((starts[:, :, None] + np.arange(BLOCK)) % n).reshape(DRAWS, -1)[:, :n]
    champion, challenger = per_cutoff[drawn].sum(axis=1).T
    relative = _relative(challenger, champion)
    lower, upper = np.quantile(relative, [1 - CONFIDENCE, CONFIDENCE])
    overall = _relative(*per_cutoff.sum(axis=0)[::-1, None])
    return float(overall[0]), float(lower), float(upper)


def _relative(challenger: FloatArray, champion: FloatArray) -> FloatArray:
    """Return challenger ÷ champion − 1; 0 where both are 0, inf where only the champion is."""
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(challenger == champion, 1.0, challenger / champion)
    difference: FloatArray = ratio - 1.0
    return difference
