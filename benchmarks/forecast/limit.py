"""How far any combination of the forecasts at hand could get, chosen with the answers known.

    python -m benchmarks.forecast.limit --data DIR [--set online_retail_ii]

Per level, the linear combination of ours, every peer that ran on all series, and a constant, that
loses least on the scored windows themselves (quantile regression). Nobody can choose it beforehand:
it bounds what stacking, blending or shifting these forecasts could reach.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from rich.console import Console
from sklearn.linear_model import QuantileRegressor

from benchmarks.command import provenance
from benchmarks.forecast.datasets import DATASETS
from benchmarks.forecast.evaluation import Evaluation, Forecast
from benchmarks.forecast.ours import our_forecast
from benchmarks.forecast.peers import PEERS, peer_forecast
from benchmarks.forecast.problem import HEADLINE, LEVELS, Array
from benchmarks.forecast.scores import pinball_loss, weighted_pinball

__all__ = ["best_combination", "main"]

RESULT = Path(__file__).parents[1] / "results" / "forecast_limit.json"
_MOST_ROWS = 15_000


def main(
    data: Annotated[Path, typer.Option(envvar="BENCH_DATA", help="Folder of the data sets.")],
    sets: Annotated[list[str], typer.Option("--set")] = ["online_retail_ii"],  # noqa: B006
    out: Annotated[Path, typer.Option(help="Where the figures go.")] = RESULT,
) -> None:
    """Print the figures of each set, and write them."""
    figures = {}
    for name in sets:
        prepared = DATASETS[name](data)
        evaluation = Evaluation(prepared.problem)
        told = {peer: peer_forecast(prepared.problem, peer, run=False) for peer in PEERS}
        whole = {
            peer: forecast
            for peer, forecast in told.items()
            if forecast is not None and len(forecast.series) == prepared.problem.n_series
        }
        figures |= _figures(name, evaluation, {"ours": our_forecast(prepared), **whole})
    Console().print_json(json.dumps(figures))
    document = {**provenance("benchmarks.forecast.limit"), "figures": figures}
    out.write_text(json.dumps(document, indent=2) + "\n")


def _figures(name: str, evaluation: Evaluation, told: dict[str, Forecast]) -> dict[str, object]:
    known = evaluation.weight > 0
    actual, weight = evaluation.actual[known], evaluation.weight[known]
    candidates = np.stack([told[one].quantiles[known] for one in told], axis=2)

    def loss(quantiles: Array) -> float:
        found = weighted_pinball(pinball_loss(actual, quantiles), actual, weight)
        return float(found[HEADLINE].mean())

    best = loss(best_combination(actual, candidates, weight))
    ours, formula = loss(told["ours"].quantiles[known]), loss(told["z_formula"].quantiles[known])
    return {
        f"pinball_ours.{name}": round(ours, 5),
        f"pinball_best_combination.{name}": round(best, 5),
        f"skill_vs_formula.{name}": round(1 - ours / formula, 4),
        f"skill_vs_formula_of_best_combination.{name}": round(1 - best / formula, 4),
        f"combined.{name}": list(told),
    }


def best_combination(actual: Array, candidates: Array, weight: Array) -> Array:
    """Fit each level's quantiles to the outcomes themselves.

    Parameters
    ----------
    candidates : shape (n_rows, n_levels, n_forecasts), units
    weight : shape (n_rows,)

    Returns
    -------
    shape (n_rows, n_levels), units, never negative
    """
    few = np.random.default_rng(7).permutation(len(actual))[:_MOST_ROWS]
    found = np.empty(candidates.shape[:2])
    for at, level in enumerate(LEVELS):
        model = QuantileRegressor(quantile=level, alpha=0.0, solver="highs")
        model.fit(candidates[few, at], actual[few], sample_weight=weight[few])
        found[:, at] = model.predict(candidates[:, at]).clip(0)
    return found


if __name__ == "__main__":
    typer.run(main)
