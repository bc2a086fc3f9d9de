"""`benchmarks/results/scale.json`: one document, to which every part adds what it measured."""

from __future__ import annotations

import json
from collections.abc import Mapping
from math import log10
from pathlib import Path
from typing import Any

from benchmarks.forecast.results import source

__all__ = ["RESULTS", "named_figures", "read_parts", "store_part"]

RESULTS = Path(__file__).parents[1] / "results" / "scale.json"


def read_parts(file: Path = RESULTS) -> dict[str, Any]:
    """Read what each part measured; empty where there is none yet."""
    if not file.exists():
        return {}
    parts: dict[str, Any] = json.loads(file.read_text())["parts"]
    return parts


def store_part(name: str, part: Mapping[str, Any], file: Path = RESULTS) -> dict[str, float]:
    """Put what a part measured into the document; return all figures."""
    now = source()
    parts = read_parts(file) | {name: dict(part) | now}
    figures = named_figures(parts)
    document = now | {"figures": figures, "parts": parts}
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(document, indent=1) + "\n")
    return figures


def named_figures(parts: Mapping[str, Mapping[str, Any]]) -> dict[str, float]:
    """Collect the named figures of every part that was measured.

    Examples
    --------
    >>> named_figures({"startup": {"help_seconds": 0.2, "commit": "…"}})
    {'help_seconds': 0.2}
    """
    named: dict[str, float] = {}
    if "features" in parts:
        named |= _of_features(parts["features"]["tools"])
    if "m5" in parts:
        named |= _of_nights(parts["m5"]["commands"])
    if "growth" in parts:
        named |= _of_growth(parts["growth"]["sizes"])
    if "events" in parts:
        events = parts["events"]
        named |= {f"events_100m.{key}": events[key] for key in ("seconds", "peak_gib")}
        named["events_per_second"] = round(events["events"] / events["seconds"])
    if "ingest_day" in parts:
        day = parts["ingest_day"]
        named["ingest_day_seconds_m5"] = day["seconds"]
        named["first_night_rows_per_second"] = round(day["sales_rows"] / day["first_night_seconds"])
    if "startup" in parts:
        named |= {k: v for k, v in parts["startup"].items() if k.endswith("_seconds")}
    return named


def _of_features(tools: Mapping[str, Mapping[str, float]]) -> dict[str, float]:
    ours = tools["ours"]
    named = {
        f"features_speedup.vs_{rival}": round(tools[rival]["cpu_seconds"] / ours["cpu_seconds"], 1)
        for rival in ("pandas", "mlforecast", "polars")
    }
    named["features_time_vs_kernels"] = round(
        ours["cpu_seconds"] / tools["kernels"]["cpu_seconds"], 2
    )
    named["features_peak_vs_mlforecast"] = round(
        ours["peak_gib"] / tools["mlforecast"]["peak_gib"], 3
    )
    return named


def _of_nights(commands: Mapping[str, Mapping[str, Any]]) -> dict[str, float]:
    train, refresh = commands["train"], commands["refresh"]
    return {
        "refresh_seconds_m5": refresh["seconds"],
        "train_seconds_m5": train["seconds"],
        "lightgbm_share_m5": round(train["lightgbm_cpu_seconds"] / train["own_cpu_seconds"], 3),
        "peak_gib_m5": max(each["peak_gib"] for each in commands.values()),
    }


def _of_growth(sizes: Mapping[str, Mapping[str, Any]]) -> dict[str, float]:
    """Of the last step, per tenfold of SKUs, and drawn on to a million as a straight line."""
    counts = sorted(map(int, sizes))
    small, large = (sizes[str(count)]["refresh"] for count in counts[-2:])
    tenfolds = log10(counts[-1] / counts[-2])
    beyond = (1_000_000 - counts[-1]) / (counts[-1] - counts[-2])
    named = {}
    for figure, cost, digits in (("time", "cpu_seconds", 0), ("memory", "peak_gib", 1)):
        named[f"growth_10x.{figure}"] = round((large[cost] / small[cost]) ** (1 / tenfolds), 2)
        drawn_on = large[cost] + beyond * (large[cost] - small[cost])
        named[f"extrapolated_1m.{cost}"] = round(drawn_on, digits)
    return named
