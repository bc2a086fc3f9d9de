"""What a series' traits (category, brand, price band …) say of its level.

Traits are taken one after another, the coarsest first. Each adds the mean of what the ones before
it left unexplained in its group, shrunk to nothing by as many members as the spread within groups
outweighs the spread between them (Bühlmann's credibility, estimated by moments). A trait that
tells nothing is left out by itself.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from stockalert.arrays import FloatArray, IntArray

__all__ = ["Expected", "expected_levels"]


@dataclass(frozen=True)
class Expected:
    """Levels estimated from traits.

    Attributes
    ----------
    fitted : shape (n,), of the known members
    of_known : shape (n,), the same, where no group's effect on a member counts the member itself:
        the estimate that its own level can be compared with. Not to be selected by: the higher
        the level of a member, the lower what the others say of it.
    of_asked : shape (m,)
    told : shape (n_traits,), share of the spread that each trait explains
    """

    fitted: FloatArray
    of_known: FloatArray
    of_asked: FloatArray
    told: FloatArray


def expected_levels(level: FloatArray, known: IntArray, asked: IntArray) -> Expected:
    """Estimate levels from traits.

    Parameters
    ----------
    level : shape (n,), n ≥ 1, a figure of the known members, such as the logarithm of a rate
    known : shape (n, n_traits), group of each known member; negative = unknown
    asked : shape (m, n_traits), group of each asked one

    Examples
    --------
    >>> level, trait = np.array([1.0, 1.1, 0.9, 3.0, 3.1, 2.9]), np.repeat([[0], [1]], 3, axis=0)
    >>> found = expected_levels(level, trait, np.array([[0], [1], [7]]))
    >>> found.of_asked.round(1).tolist(), found.told.round(2).tolist()
    ([1.0, 3.0, 2.0], [1.0])
    """
    mean = float(level.mean())
    of_known, of_asked = np.full(len(level), mean), np.full(len(asked), mean)
    told = np.zeros(known.shape[1])
    left, spread = level - mean, max(float(level.var()), 1e-12)
    for trait in np.argsort([_size(column) for column in known.T], kind="stable"):
        size = 1 + int(max(known[:, trait].max(), asked[:, trait].max(initial=-1)))
        group, wanted = (np.where(of < 0, size, of) for of in (known[:, trait], asked[:, trait]))
        count = np.bincount(group, minlength=size + 1).astype(np.float64)
        total: FloatArray = np.bincount(group, left, minlength=size + 1).astype(np.float64)
        count[size] = total[size] = 0.0
        between, prior = _credibility(left, group, count, total)
        if between <= 0:
            continue
        told[trait] = min(between / spread, 1.0)
        seen = group < size
        others = np.where(seen, total[group] - left, 0.0)
        of_known = of_known + others / (np.maximum(count[group] - 1, 0.0) + prior)
        effect = total / (count + prior)
        of_asked, left = of_asked + effect[wanted], left - effect[group]
    return Expected(level - left, of_known, of_asked, told)


def _size(column: IntArray) -> int:
    return len(np.unique(column[column >= 0]))


def _credibility(
    left: FloatArray, group: IntArray, count: FloatArray, total: FloatArray
) -> tuple[float, float]:
    """Variance between groups, and the members whose weight the prior has."""
    there = count > 0
    members, groups = count.sum(), int(there.sum())
    if groups < 2 or members <= groups:
        return 0.0, np.inf
    means = np.divide(total, count, out=np.zeros_like(total), where=there)
    inside = count[group] > 0
    within = float(((left - means[group])[inside] ** 2).sum() / (members - groups))
    overall = total.sum() / members
    mean_square = float((count * (means - overall) ** 2).sum() / (groups - 1))
    typical = (members - (count**2).sum() / members) / (groups - 1)
    between = max((mean_square - within) / typical, 0.0)
    return between, within / between if between > 0 else np.inf
