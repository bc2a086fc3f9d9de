"""Tables of a run for people: scores of every forecast, and the coverage of ours by group."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rich.table import Table

__all__ = ["calibration_cells", "calibration_table", "score_cells", "score_columns", "score_table"]

_HEADLINE = ("q800", "q900", "q950", "q975", "q990")


def score_table(name: str, result: Mapping[str, Any]) -> Table:
    """One row per forecast, the best pinball first.

    Pinball per unit of demand: mean over 0.8-0.99, by level, by revenue, and scaled by each series'
    own level. Then the largest coverage error, that of whole units, the largest beyond a group's
    limits, and crossings.
    Below a peer on a sample of series stands ours on the same, fitted on all and on them alone.
    """
    title = f"{name}: {result['windows']:,} windows, {result['share_scored']:.0%} scored; in %"
    table = Table(title=title)
    table.add_column("forecast", no_wrap=True)
    for column in score_columns(result)[1:]:
        table.add_column(column, justify="right", no_wrap=column == "ours ahead by")
    for cells in score_cells(result):
        table.add_row(*cells, style="bold" if "ours" in cells[0] else "")
    return table


def score_columns(result: Mapping[str, Any]) -> list[str]:
    """Return the headings of `score_cells`."""
    levels = list(result["ours"]["pinball_by_level"])
    after = ["revenue", "scaled", "cover", "whole", "group", "cross", "s", "GiB", "ours ahead by"]
    return ["forecast", "series", "pinball", *levels, *after]


def score_cells(result: Mapping[str, Any]) -> Iterator[list[str]]:
    """Yield the cells of each row, the best pinball first; shares in percent."""
    scored = result["peers"] | {"ours": result["ours"]}
    for forecast, score in sorted(scored.items(), key=lambda item: item[1]["pinball"]):
        yield [forecast, *_cells(score)]
        for where, there in score.get("ours_there", {}).items():
            yield [f"  ours, {where}", *_cells(there)]


def calibration_table(name: str, result: Mapping[str, Any]) -> Table:
    """Coverage of ours by group: share at or below each quantile, and its limits."""
    table = Table(title=f"{name}: coverage of ours in %, [90 % limits]; ! beyond them")
    table.add_column("group", no_wrap=True)
    for column in ("windows", *_HEADLINE):
        table.add_column(column, justify="right", no_wrap=True)
    for cells in calibration_cells(result):
        table.add_row(*cells)
    return table


def calibration_cells(result: Mapping[str, Any]) -> Iterator[list[str]]:
    """Yield group, windows and, per level, the share covered, its limits and a mark beyond them.

    With counts a quantile covers a range, [share below, share at or below]; the share nearest to
    the level is shown.
    """
    for found in result["calibration"]:
        levels = [_covered(name, found["levels"][name]) for name in _HEADLINE]
        yield [found["group"], f"{found['windows']:,}", *levels]


def _covered(name: str, measured: Mapping[str, float]) -> str:
    level = int(name[1:]) / 1000
    nearest = min(max(level, measured["below"]), measured["at_or_below"])
    low, high = 100 * measured["low"], 100 * measured["high"]
    return f"{100 * nearest:.1f} [{low:.1f}, {high:.1f}]{'!' if measured['excess'] > 0 else ''}"


def _cells(score: Mapping[str, Any]) -> list[str]:
    cost, skill = score["cost"], score.get("skill_of_ours")
    ahead = "{estimate:+.1%} [{low:+.1%}, {high:+.1%}]".format(**skill) if skill else ""
    return [
        f"{score['series']:,}",
        _percent(score["pinball"], 2),
        *(_percent(x) for x in score["pinball_by_level"].values()),
        _percent(score["pinball_revenue"]),
        _percent(score["pinball_scaled"]),
        _percent(score["coverage_error_max"]),
        _percent(score.get("coverage_error_max_whole")),
        _percent(score["group_coverage_error_max"]),
        _percent(score["crossing_rate"]),
        f"{cost['seconds']:,.0f}",
        f"{cost['peak_gib']:.2f}",
        ahead,
    ]


def _percent(share: float | None, digits: int = 1) -> str:
    return "–" if share is None else f"{100 * share:.{digits}f}"
