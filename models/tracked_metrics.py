"""Which figures of the score tables are tracked in MLflow, and under which names.

Scores are those of `models.training.TrainingReport`: score tables of several models, told apart by
a column `model`; `MODEL_NAME` is the trained one, every other a baseline that it must beat.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np
import pandas as pd

from models.metrics import HEADLINE_LEVELS
from models.quantile import level_name
from models.training import MODEL_NAME
from stockalert.classification import CLASSES, PATTERNS

__all__ = ["headline", "label_groups", "level_metrics", "summary_metrics"]

_MEMBERS = {
    "all": {-1: "all"},
    "abc": dict(enumerate(CLASSES)),
    "pattern": dict(enumerate(PATTERNS)),
}
_TRACKED = ("weighted_pinball", "pinball_loss", "coverage", "coverage_error", "bias")
_REFUSED = re.compile(r"[^\w.\- /]")


def label_groups(scores: pd.DataFrame) -> pd.DataFrame:
    """Add what people read: `group` (the member's name), `pinball_loss`, `coverage`.

    Parameters
    ----------
    scores : columns model, grouping, member, level, rows, demand, weighted_pinball, share_below,
        share_at_or_below, coverage_error, bias.

    Returns
    -------
    A copy with `group`; `pinball_loss` (units per row); `coverage` (share at or below).
    """
    members = zip(scores["grouping"], scores["member"], strict=True)
    return scores.assign(
        group=[_MEMBERS.get(grouping, {}).get(m, f"{m}") for grouping, m in members],
        pinball_loss=scores["weighted_pinball"] * scores["demand"] / scores["rows"],
        coverage=scores["share_at_or_below"],
    )


def headline(scores: pd.DataFrame) -> pd.Series[float]:
    """Average the weighted pinball loss over the levels that reorder points are taken from.

    Returns
    -------
    Series indexed by (model, grouping, group); Σ loss ÷ Σ demand, smaller is better.
    """
    upper = scores[np.isin(scores["level"].round(6), HEADLINE_LEVELS)]
    return upper.groupby(["model", "grouping", "group"], sort=True)["weighted_pinball"].mean()


def level_metrics(scores: pd.DataFrame) -> dict[float, dict[str, float]]:
    """Return, per level, the figures of its child run: over all rows, per group, and skills.

    Skill against a baseline is 1 − loss ÷ the baseline's loss: above 0 the model is better.
    """
    return {
        float(level): _of_level(scores[scores["level"] == level])
        for level in np.unique(scores["level"])
    }


def summary_metrics(scores: pd.DataFrame) -> dict[str, float]:
    """Return the figures of the parent run: headline loss and skills, and those of each level."""
    losses = headline(scores)
    model = scores[(scores["model"] == MODEL_NAME) & (scores["grouping"] == "all")]
    figures = _by_group("weighted_pinball", losses.xs(MODEL_NAME)) | _skills(losses)
    for metric in _TRACKED:
        names = [f"{metric}_{level_name(level)}" for level in model["level"]]
        figures |= dict(zip(names, model[metric], strict=True))
    upper = model["level"].round(6).isin(HEADLINE_LEVELS)
    figures["coverage_error_max"] = model.loc[upper, "coverage_error"].abs().max()
    return _finite(figures)


def _of_level(part: pd.DataFrame) -> dict[str, float]:
    model = part[part["model"] == MODEL_NAME].set_index(["grouping", "group"])
    figures = _skills(part.set_index(["model", "grouping", "group"])["weighted_pinball"])
    for metric in _TRACKED:
        figures |= _by_group(metric, model[metric])
    return _finite(figures)


def _skills(losses: pd.Series[float]) -> dict[str, float]:
    """Return the skill over all rows against each baseline, and against the best of them."""
    everything = losses.xs(("all", "all"), level=("grouping", "group"))
    overall = dict(zip(everything.index, everything, strict=True))
    loss = overall.pop(MODEL_NAME)
    baselines = {name: other for name, other in overall.items() if other > 0}
    skills = {f"skill_vs_{name}": 1.0 - loss / other for name, other in baselines.items()}
    return skills | ({"skill_vs_best_baseline": min(skills.values())} if skills else {})


def _by_group(metric: str, values: pd.Series[float]) -> dict[str, float]:
    """Name the figures of groups; MLflow allows letters, digits, `_ - . /` and spaces."""
    return {
        metric if grouping == "all" else _REFUSED.sub("_", f"{metric}/{grouping}_{group}"): value
        for (grouping, group), value in zip(values.index, values, strict=True)
    }


def _finite(figures: Mapping[str, float]) -> dict[str, float]:
    return {name: float(value) for name, value in figures.items() if np.isfinite(value)}
