"""Do a real Tryton's purchase requests equal the orders that our table means?

    python -m benchmarks.alerts.tryton

Runs the sixty days of `tests/tryton/live.py` and puts the figures into `alerts.json`, beside those
of the other measurements there.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

from benchmarks.alerts.results import write_results
from tests.tryton.live import draw_shop, our_orders, run, share_equal

DAYS, STEP = 60, 0.01


def measure() -> dict[str, float]:
    """Share of orders that agree, to the smallest step of the unit and exactly."""
    world = draw_shop(DAYS)
    with tempfile.TemporaryDirectory() as folder:
        requested, _ = run(Path(folder), world)
    ours = our_orders(world, requested)
    return {
        "tryton_days": DAYS,
        "tryton_skus": len(world.opening),
        "tryton_orders": sum(len(orders) for orders in requested),
        "tryton_orders_equal_share": share_equal(ours, requested, within=STEP + 1e-6),
        "tryton_orders_equal_exactly_share": round(share_equal(ours, requested), 4),
    }


if __name__ == "__main__":
    measured = measure()
    write_results("benchmarks.alerts.tryton", measured)
    print(json.dumps(measured, indent=2))
