"""What a command prints when it has done its work; as one JSON object where logs are JSON."""

from __future__ import annotations

from pathlib import Path

from flows.promotion import Outcome
from flows.refresh import Night
from flows.run_log import as_json, log_format

__all__ = ["print_night", "print_training"]


def print_training(outcome: Outcome, why: str = "") -> None:
    """Say which version was trained, what became of it, and what else there is to know.

    Parameters
    ----------
    why : it was trained, where nobody asked for it
    """
    if log_format() == "json":
        verdict = outcome.verdict
        told = {"promoted": verdict.promote, "verdict": verdict.reason, "notes": outcome.notes}
        told |= {"why": why} if why else {}
        print(as_json("training", level="info", model_version=outcome.version, **told))
        return
    if why:
        print(f"trained: {why}")
    for note in outcome.notes:
        print(note)
    print(f"model version {outcome.version}: {outcome.verdict.reason}")


def print_night(out: Path | str, night: Night) -> None:
    """Say what was published, what was noticed, how near each guard was to its limit."""
    summary = dict(night.summary)
    if log_format() == "json":
        print(as_json("night", **summary, served=f"{out}/latest"))
        return
    for note in summary.pop("notes"):
        print(f"note: {note}")
    for name, value in summary.items():
        if isinstance(value, bool | str):
            print(f"{name:<22} {value}")
        elif isinstance(value, int | float):
            print(f"{name:<22} {value:,}")
    for guard in summary.get("guards", ()):
        print(f"{'guard ' + guard['guard']:<22} {guard['figure']:.4g} of {guard['limit']:g}")
    seconds = sum(stage["seconds"] for stage in summary.get("stages", ()))
    memory = max((stage["peak_mib"] for stage in summary.get("stages", ())), default=0.0)
    print(f"{'took':<22} {seconds:,.0f} s, {memory:,.0f} MiB at most")
    print(f"served from            {out}/latest")
