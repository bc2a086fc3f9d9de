"""`benchmarks/results/decision.json`: one document, to which every run adds what it measured."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.decision.retail import HEADLINE, RIVALS
from benchmarks.forecast.results import read_results, source

__all__ = ["RESULTS", "named_figures", "read_results", "store_result"]

RESULTS = Path(__file__).parents[1] / "results" / "decision.json"

_UNIFORM = "quantile"
_POINTS = "one_item.points_over_base_stock"
_ONE_ITEM = ("one_item.reward_share", _POINTS, f"{_POINTS}.low", f"{_POINTS}.high")


def store_result(file: Path, sets: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Put what a run measured into the document; what it did not measure stays as it is.

    Every set holds the commit, command and date of its own run, the document those of the last.
    """
    document = read_results(file)
    now = source()
    document["sets"] |= {name: {**result, **now} for name, result in sets.items()}
    one_item = read_results(file.with_name("one_item.json")).get("figures", {})
    document |= now | {"figures": named_figures(document["sets"], one_item)}
    first = ("commit", "uncommitted", "command", "date", "figures")
    ordered = {key: document[key] for key in first} | document
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(ordered, indent=1) + "\n")
    return document


def named_figures(
    sets: Mapping[str, Mapping[str, Any]], one_item: Mapping[str, float] | None = None
) -> dict[str, float]:
    """Collect the named figures of every set, and those of the benchmark of one item.

    A change at a stock that our curve does not reach is no figure and left out.
    """
    named: dict[str, float | None] = {}
    for name, result in sets.items():
        if name == "simulator":
            named |= {
                "simulator_seconds_30k_365": result["processor_seconds"],
                "simulator_peak_gib": result["peak_gib"],
            }
        elif name == "vn2_windows":
            named |= _of_windows(result)
        else:
            named |= _of_shop(name, result)
    known = {key: value for key, value in named.items() if value is not None}
    return known | {key: x for key, x in (one_item or {}).items() if key in _ONE_ITEM}


def _of_windows(result: Mapping[str, Any]) -> dict[str, float]:
    return {
        "vn2_windows.cost_change_vs_benchmark": result["change"],
        "vn2_windows.sd": result["sd"],
        "vn2_windows.n": result["scored_windows"],
        "gap_closed.vn2_windows": result["gap_closed"],
        "cost_mode_change_vs_best_fixed.vn2_windows": result["cost_mode_change"],
    }


def _of_shop(name: str, result: Mapping[str, Any]) -> dict[str, float | None]:
    equal, named = result["equal_stock"], {}
    for suffix, ours in (("", HEADLINE), ("_one_level", _UNIFORM)):
        for figure in ("lost_units", "lost_value"):
            for rival in RIVALS:
                change = equal[ours][rival][figure]["change"]
                named[f"{figure}_change{suffix}.{name}.vs_{rival}"] = change
        named[f"gap_closed{suffix}.{name}"] = equal[ours]["formula"]["lost_units"]["gap_closed"]
    at_once = result["at_once"][HEADLINE]
    named[f"stockouts_and_stock.{name}.stockouts"] = at_once["stockouts"]
    named[f"stockouts_and_stock.{name}.stock_value"] = at_once["stock_value"]
    named[f"cost_mode_change_vs_best_fixed.{name}"] = result["cost_mode"]["change_vs_best_fixed"]
    return named
