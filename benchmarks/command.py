"""The command behind a figure, as anybody can repeat it."""

from __future__ import annotations

import sys

__all__ = ["command_line"]


def command_line(module: str, arguments: list[str] | None = None) -> str:
    """Spell a run as a command; where the data lie on this machine is nobody's business.

    Examples
    --------
    >>> command_line("benchmarks.forecast.run", ["--data", "/home/ada/data", "--set", "vn2"])
    'python -m benchmarks.forecast.run --data $BENCH_DATA --set vn2'
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    for at, word in enumerate(words):
        if word == "--data" and at + 1 < len(words):
            words[at + 1] = "$BENCH_DATA"
        elif word.startswith("--data="):
            words[at] = "--data=$BENCH_DATA"
    return " ".join([f"python -m {module}", *words])
