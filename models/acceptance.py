"""The gate: may a challenger replace the champion?

It is money that decides: what the stock decided with either forecast would have cost on the same
demand, which neither has seen.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from models.stakes import Cycles
from stockalert.arrays import DateArray, FloatArray, NumberArray

__all__ = [
    "BLOCK",
    "CONFIDENCE",
    "DRAWS",
    "FILL_MARGIN",
    "MARGIN",
    "Verdict",
    "first_model",
    "judge",
]

MARGIN = 0.01
"""Relative cost that a routine retraining may add at most."""
FILL_MARGIN = 0.001
"""Share of demand by which the fill rate of a changed model may lie below the champion's: noise."""
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
    champion: Cycles,
    challenger: Cycles,
    demand: NumberArray,
    cutoffs: DateArray,
    *,
    routine: bool,
    replayed: Mapping[str, float] | None = None,
    seed: int = 0,
) -> Verdict:
    """Compare two models on decisions that neither has seen the outcome of.

    A *routine* challenger (same features, settings and code, newer data) is promoted when it is
    not inferior: the upper bound of the relative difference in cost lies below `MARGIN`. A
    *changed* one must be superior: the upper bound lies below 0, and its fill rate is no worse
    (`FILL_MARGIN`). Bounds come from a block bootstrap over cutoffs, since rows of one cutoff
    share their shocks and windows of neighbouring cutoffs overlap.

    Parameters
    ----------
    champion, challenger : cost and units served of the same rows
    demand : shape (n_rows,), units
    cutoffs : shape (n_rows,)
    replayed : `champion_replayed_fill_rate` and `challenger_…` where both ran the shop for long
        enough; then these are the fill rates that must be no worse

    Returns
    -------
    Verdict; its figures hold both costs and fill rates, `relative_difference` with
    `lower_bound` and `upper_bound`, and the number of `cutoffs`.
    """
    per_cutoff = _sums(cutoffs, champion.cost, challenger.cost)
    difference, lower, upper = _bounds(per_cutoff, seed)
    figures = {
        "champion_cost": float(np.sum(champion.cost)),
        "challenger_cost": float(np.sum(challenger.cost)),
        "champion_fill_rate": _share(champion.served, demand),
        "challenger_fill_rate": _share(challenger.served, demand),
        "relative_difference": difference,
        "lower_bound": lower,
        "upper_bound": upper,
        "cutoffs": float(len(per_cutoff)),
        **(replayed or {}),
    }
    if len(per_cutoff) < _MIN_CUTOFFS:
        reason = (
            f"not promoted: only {len(per_cutoff)} cutoffs that neither model has seen, "
            f"at least {_MIN_CUTOFFS} are needed to tell them apart"
        )
        return Verdict(False, reason, figures)
    before, after = _fill_rates(figures)
    emptier = after < before - FILL_MARGIN
    promote = bool(upper < MARGIN) if routine else bool(upper < 0.0 and not emptier)
    return Verdict(promote, _reason(promote, routine, figures), figures)


def _fill_rates(figures: Mapping[str, float]) -> tuple[float, float]:
    """Champion's and challenger's: of the replay where there is one, else of single cycles."""
    kind = "replayed_fill_rate" if "champion_replayed_fill_rate" in figures else "fill_rate"
    return figures[f"champion_{kind}"], figures[f"challenger_{kind}"]


def _reason(promote: bool, routine: bool, figures: Mapping[str, float]) -> str:
    not_inferior = f"below {MARGIN:+.1%} (not inferior)"
    wanted = not_inferior if routine else "below 0 (superior) and a fill rate no worse"
    kind = "routine retraining" if routine else "changed features, settings or code"
    before, after = _fill_rates(figures)
    days = (
        f" in a replay of {figures['replayed_days']:.0f} days" if "replayed_days" in figures else ""
    )
    return (
        f"{'promoted' if promote else 'not promoted'}: {kind}; its stock would have cost "
        f"{figures['challenger_cost']:,.2f} against the champion's "
        f"{figures['champion_cost']:,.2f}, difference {figures['relative_difference']:+.2%} "
        f"with upper bound {figures['upper_bound']:+.2%} over {figures['cutoffs']:.0f} cutoffs, "
        f"fill rate {after:.2%} against {before:.2%}{days}; needed {wanted}"
    )


def _share(losses: NumberArray, demand: NumberArray) -> float:
    total = float(np.sum(demand, dtype=np.float64))
    return float(np.sum(losses, dtype=np.float64)) / total if total > 0 else float("nan")


def _sums(
    cutoffs: DateArray, champion_costs: NumberArray, challenger_costs: NumberArray
) -> FloatArray:
    """Return the summed costs of (champion, challenger) per cutoff; (n_cutoffs, 2)."""
    _, member = np.unique(cutoffs, return_inverse=True)
    columns = [np.bincount(member, costs) for costs in (champion_costs, challenger_costs)]
    return np.stack(columns, axis=1)


def _bounds(per_cutoff: FloatArray, seed: int) -> tuple[float, float, float]:
    """Return the relative difference of the costs and its bounds by circular block bootstrap.

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
