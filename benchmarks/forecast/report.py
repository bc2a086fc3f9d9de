"""Figures of a run, and its tables for people."""

from __future__ import annotations

from typing import Any

from rich.table import Table

__all__ = ["figures", "score_table"]

_FORMULA = "z_formula"
_NO_COVERAGE_TARGET = "freshretailnet"  # which windows are seen depends on their demand


def figures(results: dict[str, dict[str, Any]]) -> dict[str, float]:
    """Collect the named figures; empty where ours was not run.

    The best peer is the one that ours is least ahead of, each on the series it could finish.
    """
    named: dict[str, float] = {}
    for name, result in results.items():
        if "ours" not in result:
            continue
        skills = {peer: score["skill_of_ours"] for peer, score in result["peers"].items()}
        best = min(skills.values(), key=lambda skill: skill["estimate"])
        named[f"skill_vs_best_peer.{name}"] = best["estimate"]
        named[f"skill_vs_best_peer_low.{name}"] = best["low"]
        if _FORMULA in skills:
            named[f"skill_vs_formula.{name}"] = skills[_FORMULA]["estimate"]
        if name != _NO_COVERAGE_TARGET:
            named[f"coverage_error_max.{name}"] = result["ours"]["coverage_error_max"]
        named[f"group_coverage_error_max.{name}"] = result["ours"]["group_coverage_error_max"]
    return named


def score_table(name: str, result: dict[str, Any]) -> Table:
    """One row per forecast, the best pinball first.

    Pinball per unit of demand: mean over 0.8-0.99, by level, by revenue, and scaled by each series'
    own level. Then the largest coverage error, the largest beyond a group's limits, and crossings.
    """
    title = f"{name}: {result['windows']:,} windows, {result['share_scored']:.0%} scored; in %"
    table = Table(title=title)
    table.add_column("forecast", no_wrap=True)
    levels = list(next(iter(result["peers"].values()))["pinball_by_level"])
    for column in ("series", "pinball", *levels, "revenue", "scaled", "cover", "group", "cross"):
        table.add_column(column, justify="right")
    for column in ("s", "GiB", "ours ahead by"):
        table.add_column(column, justify="right", no_wrap=True)
    scored = result["peers"] | ({"ours": result["ours"]} if "ours" in result else {})
    for forecast, score in sorted(scored.items(), key=lambda item: item[1]["pinball"]):
        table.add_row(forecast, *_cells(score, levels), style="bold" if forecast == "ours" else "")
    return table


def _cells(score: dict[str, Any], levels: list[str]) -> list[str]:
    cost, skill = score["cost"], score.get("skill_of_ours")
    ahead = "{estimate:+.1%} [{low:+.1%}, {high:+.1%}]".format(**skill) if skill else ""
    return [
        f"{cost['series']:,}",
        _percent(score["pinball"], 2),
        *(_percent(score["pinball_by_level"][level]) for level in levels),
        _percent(score["pinball_revenue"]),
        _percent(score["pinball_scaled"]),
        _percent(score["coverage_error_max"]),
        _percent(score["group_coverage_error_max"]),
        _percent(score["crossing_rate"]),
        f"{cost['seconds']:,.0f}",
        f"{cost['peak_gib']:.2f}",
        ahead,
    ]


def _percent(share: float | None, digits: int = 1) -> str:
    return "–" if share is None else f"{100 * share:.{digits}f}"
