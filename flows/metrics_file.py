"""The last run as a Prometheus text file, for a node exporter's textfile collector.

The file is replaced in one step; a run that fails before it decides leaves the last one, whose
`stockalert_last_run_timestamp_seconds` then grows old: that is what to alert on.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import date, datetime
from typing import Any

from flows.run import Run
from flows.run_log import log

__all__ = ["metrics_text", "write_metrics"]

_FIGURES = {
    "thresholds": ("thresholds", "SKUs at a location with a reorder point"),
    "rows read": ("rows_read", "Input rows read"),
    "rows quarantined": ("rows_quarantined", "Input rows refused"),
    "orders due": ("orders_due", "Order lines to place now"),
    "threshold churn": ("threshold_churn_ratio", "Share of the reorder points in use that moved"),
    "coverage recent": ("coverage_recent_ratio", "Share of outcomes within the quantile used"),
    "coverage asked": ("coverage_asked_ratio", "Mean service level of the same rows"),
    "units at risk": ("units_at_risk", "Expected demand that the inventory position misses"),
    "cost at risk": ("cost_at_risk", "What missing it costs"),
    "alerts open": ("alerts_open", "Alerts that are open"),
}
_GUARDS = {
    "figure": ("guard_value", "What a publish guard measured"),
    "limit": ("guard_limit", "What it is held against"),
    "tripped": ("guard_tripped", "1 = it refused the night"),
}
_STAGES = {
    "seconds": ("stage_seconds", "Time that a stage took"),
    "cpu_seconds": ("stage_cpu_seconds", "Processor time that a stage took"),
    "peak_mib": ("stage_peak_mebibytes", "Memory that a stage held at most"),
}


def write_metrics(run: Run, summary: Mapping[str, Any], *, published: bool) -> None:
    """Replace the metrics file, where the settings name one; it never fails a night."""
    if not run.settings.paths.metrics_file:
        return
    path = run.workspace.out / run.settings.paths.metrics_file
    staged = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        text = metrics_text(summary, at=run.workspace.started_at, published=published)
        staged.write_text(text, encoding="utf-8")
        staged.replace(path)
    except OSError as error:
        with suppress(OSError):
            staged.unlink()
        text = f"metrics file {path}: cannot be written: {error.strerror}"
        log("metrics", text, level="warning")


def metrics_text(summary: Mapping[str, Any], *, at: datetime, published: bool) -> str:
    """Put a run's summary into the text format of Prometheus, version 0.0.4.

    Parameters
    ----------
    at : when the run began, local time
    published : false = a guard refused the night
    """
    return "\n".join(_lines(summary, at, published)) + "\n"


def _lines(summary: Mapping[str, Any], at: datetime, published: bool) -> Iterator[str]:
    yield from _metric("last_run_timestamp_seconds", "When the run began", {"": at.timestamp()})
    yield from _metric("last_run_published", "0 = a guard refused it", {"": float(published)})
    as_of = datetime.combine(date.fromisoformat(summary["as_of"]), datetime.min.time())
    yield from _metric(
        "as_of_timestamp_seconds", "Last day whose sales are known", {"": as_of.timestamp()}
    )
    for key, (name, meaning) in _FIGURES.items():
        if summary.get(key) is not None:
            yield from _metric(name, meaning, {"": float(summary[key])})
    for key, (name, meaning) in _GUARDS.items():
        values = {guard["guard"]: float(guard[key]) for guard in summary.get("guards", ())}
        yield from _metric(name, meaning, values, label="guard")
    for key, (name, meaning) in _STAGES.items():
        yield from _metric(name, meaning, _by_stage(summary, key), label="stage")


def _by_stage(summary: Mapping[str, Any], key: str) -> dict[str, float]:
    """One value per stage; of one that was tried again, the sum, of memory the most."""
    found: dict[str, float] = {}
    for stage in summary.get("stages", ()):
        before, value = found.get(stage["name"], 0.0), float(stage[key])
        found[stage["name"]] = max(before, value) if key == "peak_mib" else before + value
    return found


def _metric(name: str, meaning: str, values: Mapping[str, float], label: str = "") -> Iterator[str]:
    if not values:
        return
    yield f"# HELP stockalert_{name} {meaning}."
    yield f"# TYPE stockalert_{name} gauge"
    for owner, value in values.items():
        labels = f'{{{label}="{_escaped(owner)}"}}' if label else ""
        yield f"stockalert_{name}{labels} {_number(value)}"


def _escaped(text: str) -> str:
    """Escape a label's value.

    Examples
    --------
    >>> print(_escaped('a "b"' + chr(10)))
    a \\"b\\"\\n
    """
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _number(value: float) -> str:
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    return f"{value:.10g}"
