"""Replay generated shops with dead-bands of several widths: what moves, and what that costs.

    python -m benchmarks.nervousness.run

The policy is (s, nQ) with a week's mean demand as Q, decided every night; unmet demand is lost.
Shortage costs 19 × what a unit costs to hold for the week that an order lasts, so 0.95 is the
critical ratio. Cost differences are paired, with a 90 % bootstrap interval over SKUs.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np

from benchmarks.command import provenance
from benchmarks.nervousness.shop import LEVELS, Shop, generate, nightly_quantiles
from stockalert.arrays import FloatArray
from stockalert.nervousness import Served, calmed
from stockalert.simulation import Costs, FixedQuantity, Start, World, kpis, simulate
from stockalert.thresholds import reorder_points

__all__ = ["BANDS", "main", "measure", "thresholds_under"]

BANDS = (0.0, 0.002, 0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.2)
LEVEL, HOLDING, CYCLE_DAYS = 0.95, 1.0, 7.0
COSTS = Costs(holding=HOLDING, shortage=LEVEL / (1 - LEVEL) * HOLDING * CYCLE_DAYS)
RESULT = Path(__file__).parents[1] / "results" / "nervousness.json"


def thresholds_under(band: float, quantiles: FloatArray, protection: FloatArray) -> FloatArray:
    """Reorder points night by night; shape (n_skus, n_nights), units."""
    n_nights, n_skus = quantiles.shape[:2]
    level, whole = np.full(n_skus, LEVEL), np.ones(n_skus, np.bool_)
    method = np.full(n_skus, "quantile")
    points = np.empty((n_skus, n_nights))
    for night, values in enumerate(quantiles):
        asked = reorder_points(values, LEVELS, level, whole)
        if night:
            served = Served(points[:, night - 1], level, protection, method, band)
            asked = calmed(
                *(asked, served, values, LEVELS),
                level=level,
                protection_days=protection,
                method=method,
            )
        points[:, night] = asked
    return points


def measure(shop: Shop, begins: int, memory_days: float) -> dict[float, dict[str, FloatArray]]:
    """Moves and costs of each SKU under each band."""
    quantiles = nightly_quantiles(shop, begins, memory_days=memory_days)
    lot = np.maximum(np.ceil(shop.demand[:, :begins].mean(axis=1) * CYCLE_DAYS), 1.0)
    found = {}
    for band in BANDS:
        points = thresholds_under(band, quantiles, shop.lead_days + 1.0)
        world = World.of(
            shop.demand[:, begins:],
            lead_times=shop.lead_days,
            start=Start(on_hand=points[:, 0] + lot),
        )
        totals = simulate(world, FixedQuantity(points, lot, np.arange(points.shape[1]))).totals
        figures = kpis(totals, COSTS)
        found[band] = {
            "churn": (np.diff(points) != 0).mean(axis=1),
            "cost": figures.total_cost,
            "lost": figures.lost_units,
            "demanded": figures.demanded_units,
            "stock": figures.average_stock_units,
        }
    return found


def summarise(found: dict[float, dict[str, FloatArray]], seed: int = 3) -> list[dict[str, float]]:
    """One row per band: churn, lost share, stock, and cost against no band."""
    rng = np.random.default_rng(seed)
    free = found[0.0]
    n = len(free["cost"])
    draws = rng.integers(0, n, (1000, n))
    rows = []
    for band, figures in found.items():
        change = figures["cost"][draws].sum(axis=1) / free["cost"][draws].sum(axis=1) - 1
        low, high = np.quantile(change, [0.05, 0.95])
        rows.append(
            {
                "dead_band": band,
                "churn": float(figures["churn"].mean()),
                "lost_share": float(figures["lost"].sum() / figures["demanded"].sum()),
                "stock": float(figures["stock"].sum() / free["stock"].sum()),
                "cost": float(figures["cost"].sum() / free["cost"].sum() - 1),
                "cost_low": float(low),
                "cost_high": float(high),
            }
        )
    return rows


def main() -> None:
    """Measure, print, and write benchmarks/results/nervousness.json."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--skus", type=int, default=2000)
    parser.add_argument("--days", type=int, default=400)
    options = parser.parse_args()
    figures = {}
    for memory in (14.0, 42.0):
        shop = generate(skus=options.skus, days=options.days, seed=11)
        rows = summarise(measure(shop, options.days // 2, memory))
        figures[f"memory_{memory:g}_days"] = rows
        print(f"forecast remembers {memory:g} days")
        for row in rows:
            print("  " + "  ".join(f"{name} {value:.4f}" for name, value in row.items()))
    result = {**provenance("benchmarks.nervousness.run"), "figures": figures}
    RESULT.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
