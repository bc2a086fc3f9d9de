"""How well lead times are forecast, walking forward through real purchase orders.

python -m benchmarks.lead_times.run --data DIR
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from rich.console import Console
from rich.table import Table

from benchmarks.command import provenance
from benchmarks.lead_times.orders import Fold, folds, read_orders
from benchmarks.lead_times.rivals import DAYS, RIVALS

__all__ = ["main"]

_RESULTS = Path(__file__).parents[1] / "results" / "lead_times.json"
_CONSOLE = Console(width=120)
_LEVELS = (0.5, 0.8, 0.9, 0.95)
_EVEN_SHARE = 0.02  # of every rival's distribution, so that no day is impossible to it


def main(
    data: Annotated[Path, typer.Option(envvar="BENCH_DATA", help="Folder of the data sets.")],
    out: Annotated[Path, typer.Option(help="Where the figures go.")] = _RESULTS,
) -> None:
    """Print the table, and write the figures."""
    ahead = list(folds(read_orders(data)))
    scores = {name: _score(ahead, rival) for name, rival in RIVALS.items()}
    table = Table("", "log score", *(f"received by {level:.0%}" for level in _LEVELS))
    for name, score in scores.items():
        table.add_row(name, *(f"{value:.3f}" for value in score.values()))
    _CONSOLE.print(table)
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(_document(scores, ahead), indent=2) + "\n")
    _CONSOLE.print(f"written: {out}")


def _score(ahead: list[Fold], rival: object) -> dict[str, float]:
    """Mean negative log probability of the day of receipt, and shares received by each quantile."""
    surprise, covered = [], []
    for fold in ahead:
        below = rival(fold)
        chance = (1 - _EVEN_SHARE) * np.diff(below, axis=1, prepend=0) + _EVEN_SHARE / len(DAYS)
        series, days = fold.later["series"].to_numpy(), fold.later["days"].to_numpy()
        surprise.append(-np.log(chance[series, days - 1]))
        by = [DAYS[(below >= level - 1e-9).argmax(axis=1)] for level in _LEVELS]
        covered.append(days <= np.stack(by)[:, series])
    shares = np.concatenate(covered, axis=1).mean(axis=1)
    score = {"log_score": round(float(np.concatenate(surprise).mean()), 3)}
    return score | {
        f"covered_{level}": round(float(x), 3) for level, x in zip(_LEVELS, shares, strict=True)
    }


def _document(scores: dict[str, dict[str, float]], ahead: list[Fold]) -> dict[str, object]:
    best = min(score["log_score"] for name, score in scores.items() if name != "ours")
    return {
        **provenance("benchmarks.lead_times.run"),
        "figures": {"log_score_below_best_rival": round(best - scores["ours"]["log_score"], 3)},
        "orders": {"cutoffs": len(ahead), "orders": sum(len(fold.later) for fold in ahead)},
        "scores": scores,
    }


if __name__ == "__main__":
    typer.run(main)
