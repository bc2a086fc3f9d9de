"""The command behind a figure, as anybody can repeat it."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

__all__ = ["command_line", "provenance"]


def provenance(module: str) -> dict[str, str]:
    """Say which commit was measured, how and when."""
    head = subprocess.run(
        ["git", "rev-parse", "HEAD"],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parent,
    )
    return {
        "commit": head.stdout.strip(),
        "command": command_line(module),
        "date": datetime.now(UTC).date().isoformat(),
    }


def command_line(module: str, arguments: list[str] | None = None) -> str:
    """Spell a run as a command; where data and figures lie on this machine is nobody's business.

    Examples
    --------
    >>> command_line("benchmarks.forecast.run", ["--data", "/home/ada/data", "--set", "vn2"])
    'python -m benchmarks.forecast.run --data $BENCH_DATA --set vn2'
    >>> command_line("benchmarks.scale.run", ["--part", "m5", "--out", "/home/ada/scale.json"])
    'python -m benchmarks.scale.run --part m5'
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    for at, word in enumerate(words):
        if word == "--data" and at + 1 < len(words):
            words[at + 1] = "$BENCH_DATA"
        elif word.startswith("--data="):
            words[at] = "--data=$BENCH_DATA"
    if "--out" in words:
        at = words.index("--out")
        del words[at : at + 2]
    return " ".join([f"python -m {module}", *words])
