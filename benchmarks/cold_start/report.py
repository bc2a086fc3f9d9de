"""Scores by age, and a table of them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from rich.table import Table

from benchmarks.cold_start.questions import AGES_WEEKS, Questions
from benchmarks.forecast.problem import HEADLINE, LEVELS, Array
from benchmarks.forecast.scores import coverage, coverage_error, pinball_loss, weighted_pinball

__all__ = ["age_table", "scores_by_age"]

_SHOWN = (0.8, 0.95, 0.99)


def scores_by_age(questions: Questions, answers: Mapping[str, Array]) -> dict[str, object]:
    """Return age in weeks → forecast → weighted pinball over 0.8-0.99, coverage and its error."""
    found: dict[str, object] = {}
    for age in AGES_WEEKS:
        asked = questions.age_weeks == age
        if not asked.any():
            continue
        actual, ones = questions.actual[asked], np.ones(asked.sum())
        scored: dict[str, object] = {}
        for name, quantiles in answers.items():
            predicted = quantiles[asked]
            if np.isnan(predicted).any():
                continue
            per_level = weighted_pinball(pinball_loss(actual, predicted), actual, ones)
            covered = coverage(actual, predicted, ones)
            scored[name] = {
                "pinball": round(float(per_level[HEADLINE].mean()), 5),
                "coverage": _by_level(covered.at_or_below),
                "coverage_error_max": round(float(coverage_error(covered)[HEADLINE].max()), 4),
            }
        units = round(float(actual.mean()), 2)
        found[str(age)] = {"windows": len(actual), "mean_demand": units, "forecasts": scored}
    return found


def age_table(name: str, scored: Mapping[str, dict]) -> Table:
    """One row per age and forecast, the best pinball first."""
    table = Table(title=f"{name}: first weeks; in %")
    for column in ("weeks", "windows"):
        table.add_column(column, justify="right")
    table.add_column("forecast", no_wrap=True)
    columns = ["pinball", *(f"≤ q{level * 1000:03.0f}" for level in _SHOWN), "worst level"]
    for column in columns:
        table.add_column(column, justify="right")
    for age, row in scored.items():
        ranked = sorted(row["forecasts"].items(), key=lambda item: item[1]["pinball"])
        for position, (forecast, score) in enumerate(ranked):
            shares = [score["coverage"][f"q{level * 1000:03.0f}"] for level in _SHOWN]
            cells = [score["pinball"], *shares, score["coverage_error_max"]]
            head = [age, f"{row['windows']:,}"] if position == 0 else ["", ""]
            table.add_row(*head, forecast, *(f"{100 * cell:.1f}" for cell in cells))
        table.add_section()
    return table


def _by_level(values: Array) -> dict[str, float]:
    names = (f"q{level * 1000:03.0f}" for level in LEVELS)
    return {name: round(float(x), 4) for name, x in zip(names, values, strict=True)}
