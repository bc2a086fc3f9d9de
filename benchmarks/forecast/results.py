"""`benchmarks/results/forecast.json`: one document, to which every run adds what it measured."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.command import command_line
from benchmarks.forecast.code import code_fingerprint

__all__ = ["RESULTS", "named_figures", "read_results", "source", "store_result"]

RESULTS = Path(__file__).parents[1] / "results" / "forecast.json"

_FORMULA = "z_formula"
_NO_COVERAGE_TARGET = "freshretailnet"  # which windows are seen depends on their demand
_MEASURED = ("features", "flows", "models", "stockalert", "benchmarks", ":!benchmarks/results")


def read_results(file: Path = RESULTS) -> dict[str, Any]:
    """Read the document; an empty one where there is none yet."""
    if not file.exists():
        return {"figures": {}, "sets": {}}
    document: dict[str, Any] = json.loads(file.read_text())
    return document


def store_result(
    file: Path,
    sets: Mapping[str, Mapping[str, Any]] | None = None,
    scale: Mapping[str, Any] | None = None,
) -> None:
    """Put what a run measured into the document; what it did not measure stays as it is.

    Every part holds its own `source`, and the document that of the last run.
    """
    document = read_results(file)
    document["sets"] |= sets or {}
    if scale is not None:
        document["scale"] = scale
    censoring = read_results(file.with_name("censoring.json"))["figures"]
    document |= source() | {"figures": named_figures(document, censoring)}
    first = ("commit", "uncommitted", "command", "date", "figures")
    ordered = {key: document[key] for key in first} | document
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(ordered, indent=1) + "\n")


def named_figures(
    document: Mapping[str, Any], censoring: Mapping[str, float] | None = None
) -> dict[str, float]:
    """Collect the named figures from the parts of the document, and the bias of un-censoring.

    The best peer is the one that ours, fitted on all series, is least ahead of, each on the series
    it could finish.
    """
    named: dict[str, float] = {}
    for name, result in document["sets"].items():
        named |= _of_set(name, result)
    training = [result["ours"]["cost"] for result in document["sets"].values()]
    if training:
        inside, whole = (
            sum(cost[key] for cost in training) for key in ("lightgbm_seconds", "training_seconds")
        )
        named["lightgbm_share_of_training"] = round(inside / whole, 4)
    scale = document.get("scale", {})
    named |= {name: scale[name] for name in scale if name.startswith("forecast_")}
    bias = "censoring_bias.freshretailnet"
    return named | {name: x for name, x in (censoring or {}).items() if name == bias}


def _of_set(name: str, result: Mapping[str, Any]) -> dict[str, float]:
    skills = {peer: score["skill_of_ours"] for peer, score in result["peers"].items()}
    best = min(skills.values(), key=lambda skill: skill["estimate"])
    named = {
        f"skill_vs_best_peer.{name}": best["estimate"],
        f"skill_vs_best_peer_low.{name}": best["low"],
        f"group_coverage_error_max.{name}": result["ours"]["group_coverage_error_max"],
    }
    if _FORMULA in skills:
        named[f"skill_vs_formula.{name}"] = skills[_FORMULA]["estimate"]
    if name != _NO_COVERAGE_TARGET:
        named[f"coverage_error_max.{name}"] = result["ours"]["coverage_error_max"]
        if (whole := result["ours"].get("coverage_error_max_whole")) is not None:
            named[f"coverage_error_max_whole.{name}"] = whole
    return named


def source() -> dict[str, object]:
    """Say which code was measured, how and when."""
    module = getattr(sys.modules["__main__"], "__spec__", None)
    return {
        "commit": _git("rev-parse", "HEAD"),
        "uncommitted": bool(_git("status", "--porcelain", "--", *_MEASURED)),
        "code": code_fingerprint(),
        "command": command_line(module.name if module else "benchmarks"),
        "date": datetime.now(UTC).date().isoformat(),
    }


def _git(*words: str) -> str:
    told = subprocess.run(
        ["git", *words], capture_output=True, text=True, check=False, cwd=RESULTS.parents[2]
    )
    return told.stdout.strip()
