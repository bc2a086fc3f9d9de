"""What a command prints when it has done its work."""

from __future__ import annotations

from pathlib import Path

from flows.promotion import Outcome
from flows.refresh import Night

__all__ = ["print_night", "print_training"]


def print_training(outcome: Outcome) -> None:
    """Say which version was trained, what became of it, and what else there is to know."""
    for note in outcome.notes:
        print(note)
    print(f"model version {outcome.version}: {outcome.verdict.reason}")


def print_night(out: Path, night: Night) -> None:
    """Say what was published, what was noticed, and where it is."""
    summary = dict(night.summary)
    for note in summary.pop("notes"):
        print(f"note: {note}")
    for name, value in summary.items():
        print(f"{name:<22} {value:,}" if isinstance(value, int | float) else f"{name:<22} {value}")
    print(f"served from            {out / 'latest'}")
