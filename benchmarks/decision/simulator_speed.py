"""How long one policy takes over 30,000 SKUs × 365 days, and how much memory.

Measured in a process of its own, from the import of the simulator to the finished KPIs, making of
the demand included in memory but not in time. The world has what a shop has: intermittent demand,
random lead times, case packs, a MOQ, and a shelf life for a tenth of the SKUs.
"""

from __future__ import annotations

import multiprocessing
import resource
import time
from dataclasses import dataclass

import numpy as np

from stockalert.lead_time import from_moments
from stockalert.simulation import (
    Costs,
    OrderRules,
    OrderUpTo,
    Start,
    World,
    draw_lead_times,
    kpis,
    lot_rules,
    simulate,
)

__all__ = ["Speed", "measure"]

REFRESHES = 53


@dataclass(frozen=True)
class Speed:
    """What one replay took; processor time shows what others on the machine took of the wall's."""

    seconds: float
    processor_seconds: float
    peak_gib: float
    fill_rate: float


def measure(n_series: int = 30_000, n_periods: int = 365, block_size: int | None = None) -> Speed:
    """Replay one (s, S) policy with weekly thresholds in a fresh process.

    Returns
    -------
    seconds of replay and KPIs, by the clock and of the processor · peak resident memory of the
    process, GiB · fill rate reached
    """
    context = multiprocessing.get_context("spawn")
    with context.Pool(1) as pool:
        return pool.apply(_replay, (n_series, n_periods, block_size))


def _replay(n_series: int, n_periods: int, block_size: int | None) -> Speed:
    """One replay in this process."""
    world, policy, costs = _shop(n_series, n_periods)
    begun, worked = time.perf_counter(), time.process_time()
    outcome = simulate(world, policy, block_size=block_size)
    result = kpis(outcome.totals, costs, groups=np.zeros(n_series, np.int64))
    seconds, processor = time.perf_counter() - begun, time.process_time() - worked
    # Linux counts kilobytes.
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    return Speed(seconds, processor, peak, result.fill_rate.item())


def _shop(n_series: int, n_periods: int) -> tuple[World, OrderUpTo, Costs]:
    """Demand, lead times, rules and weekly thresholds of a shop."""
    random = np.random.default_rng(7)
    rate = random.lognormal(-0.5, 1.2, n_series)
    demand = np.empty((n_series, n_periods), np.float32)
    for block in np.array_split(np.arange(n_series), max(n_series // 2_000, 1)):
        demand[block] = random.poisson(rate[block, None], (len(block), n_periods))
    days = random.integers(3, 29, n_series).astype(np.float64)
    perishable = random.random(n_series) < 0.1
    packs = random.choice([np.nan, 6.0, 12.0], n_series)
    rules = OrderRules(
        lots=lot_rules(n_series, moq=random.choice([np.nan, 10.0], n_series), case_pack=packs),
        shelf_life=np.where(perishable, 60.0, np.inf),
    )
    world = World.of(
        demand,
        lead_times=draw_lead_times(from_moments(days, 0.25 * days), n_periods, seed=7),
        promised=days,
        rules=rules,
        start=Start(on_hand=np.ceil(rate * days)),
    )
    protection = (days + 1)[:, None] * random.uniform(0.9, 1.1, (1, REFRESHES))
    points = np.ceil(rate[:, None] * protection + 1.64 * np.sqrt(rate[:, None] * protection))
    since = np.arange(REFRESHES) * 7
    price = random.lognormal(2.0, 1.0, n_series)
    costs = Costs(price, 0.6 * price, holding=0.25 / 365 * price, shortage=0.4 * price)
    return world, OrderUpTo(points, points + np.ceil(7 * rate)[:, None], since), costs


if __name__ == "__main__":
    for size in (None, 2_000):
        speed = measure(block_size=size)
        block = "all at once" if size is None else f"blocks of {size:,}"
        print(
            f"30,000 SKUs × 365 days, {block}: {speed.seconds:.1f} s "
            f"({speed.processor_seconds:.1f} s of processor time), "
            f"{speed.peak_gib:.2f} GiB (fill rate {speed.fill_rate:.3f})"
        )
