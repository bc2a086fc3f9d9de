"""How much of the demand that empty shelves hid is recovered, by rule.

python -m benchmarks.censoring.run --data DIR
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from rich.console import Console
from rich.table import Table

from benchmarks.censoring.rules import RULES, window_totals
from benchmarks.censoring.shops import PROFILES, Hidden, generated, hide, known_days
from benchmarks.command import provenance

__all__ = ["main"]

_RESULTS = Path(__file__).parents[1] / "results" / "censoring.json"
_CONSOLE = Console(width=120)


def main(
    data: Annotated[Path, typer.Option(envvar="BENCH_DATA", help="Folder of the data sets.")],
    series: Annotated[int, typer.Option(help="FreshRetailNet series, a random sample.")] = 4000,
    out: Annotated[Path, typer.Option(help="Where the figures go.")] = _RESULTS,
) -> None:
    """Print the table, and write the figures."""
    sales, known = known_days(data, series)
    scores = {}
    for cause, sold_out in (("emptied", False), ("sold out", True)):
        for name, profile in PROFILES.items():
            shop = hide(sales, known, profile, sold_out=sold_out)
            scores[f"freshretailnet, {cause}, {name}"] = _scores(shop)
    for name, spread in (("poisson", 0.0), ("negative binomial", 0.3)):
        for browsed in (False, True):
            shop = generated(spread=spread, browsed=browsed)
            title = f"generated, {name}, {'with' if browsed else 'without'} browsing"
            scores[title] = _scores(shop) | {"28-day targets": _windows(shop)}
    _CONSOLE.print(_table(scores))
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(_document(scores), indent=2) + "\n")
    _CONSOLE.print(f"written: {out}")


def _scores(shop: Hidden) -> dict[str, dict[str, float]]:
    """Bias and errors of every rule on the hidden days, as shares of their demand."""
    scores = {}
    for name, rule in RULES.items():
        scores[name] = _errors(rule(shop)[shop.hidden], shop.demand[shop.hidden])
        totals = [x[:, -28:].sum() for x in (_completed(rule(shop), shop), shop.demand)]
        if shop.hidden.any() and (shop.share > 0).all():
            scores[name]["bias_28_days"] = round(totals[0] / totals[1] - 1, 4)
    return scores


def _completed(found: np.ndarray, shop: Hidden) -> np.ndarray:
    return np.where(shop.hidden, found, shop.units)


def _windows(shop: Hidden) -> dict[str, float]:
    return _errors(*window_totals(shop, 28))


def _errors(found: np.ndarray, true: np.ndarray) -> dict[str, float]:
    error, total = found - true, true.sum()
    return {
        "bias": round(error.sum() / total, 4),
        "mae": round(np.abs(error).sum() / total, 4),
        "rmse": round(float(np.sqrt((error**2).mean()) / true.mean()), 4),
        "n": len(true),
    }


def _table(scores: dict[str, dict[str, dict[str, float]]]) -> Table:
    table = Table("hidden days of", "rule", "bias", "MAE", "RMSE", "days", title="Recovered demand")
    for title, rules in scores.items():
        for name, score in rules.items():
            figures = [f"{score[key]:+.1%}" for key in ("bias", "mae", "rmse")]
            table.add_row(title, name, *figures, f"{score['n']:,}")
    return table


def _document(scores: dict[str, dict[str, dict[str, float]]]) -> dict[str, object]:
    emptied = [s["ours"]["bias"] for name, s in scores.items() if "emptied" in name]
    sold_out = [s["ours"]["bias"] for name, s in scores.items() if "sold out" in name]
    return {
        **provenance("benchmarks.censoring.run"),
        "figures": {
            "censoring_bias.freshretailnet": max(emptied, key=abs),
            "censoring_bias_sold_out.freshretailnet": max(sold_out, key=abs),
        },
        "scores": scores,
    }


if __name__ == "__main__":
    typer.run(main)
