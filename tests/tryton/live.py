"""Sixty days of a shop whose orders a real Tryton raises from thresholds that we export to it.

Twenty products with lead times of two to eight days, some sold by weight. Each product's demand,
opening stock and reorder points are drawn; the reorder points change at half time and are exported
again. What Tryton requests each night is compared with what our table means, told by exact decimals
and a ledger of its own: the inventory position, and an order up to S at or below s.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import numpy as np

from tests.flows.served_shop import publish, thresholds
from tests.stockalert.exports.shop_nights import Item, meant
from tests.tryton.environment import HERE, python, shop_database

__all__ = [
    "PASSWORD",
    "Days",
    "Server",
    "by_weight",
    "draw_shop",
    "our_orders",
    "run",
    "server",
    "share_equal",
]

USER, PASSWORD, FIRST_DAY = "admin", "only-for-this-test", date(2026, 3, 2)
Orders = list[dict[str, float]]


@dataclass(frozen=True)
class Server:
    """A running Tryton: its address, and the file that tells it the day."""

    url: str
    calendar: Path
    folder: Path


@dataclass(frozen=True)
class Days:
    """What happens: order rules by phase, opening stock and demand by day."""

    phases: list[dict[str, Item]]
    opening: dict[str, Decimal]
    demand: list[dict[str, Decimal]]

    def rules(self, day: int) -> dict[str, Item]:
        """Order rules in force on a day: the phases share the days evenly."""
        return self.phases[day * len(self.phases) // len(self.demand)]


@contextmanager
def server(folder: Path) -> Iterator[Server]:
    """Start Tryton on a fresh copy of the shop, and end it by its process id."""
    shutil.copyfile(shop_database(), folder / "shop.sqlite")
    config, calendar = folder / "trytond.conf", folder / "calendar"
    config.write_text(f"[database]\nuri = sqlite://\npath = {folder}\n")
    calendar.write_text(FIRST_DAY.isoformat())
    command = [str(python()), str(HERE / "server.py"), str(config), str(calendar)]
    with (folder / "server.log").open("w") as log:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True)
    try:
        assert process.stdout is not None
        port = process.stdout.readline().strip()
        assert port, (folder / "server.log").read_text()[-2000:]
        yield Server(f"http://127.0.0.1:{port}/shop", calendar, folder)
    finally:
        process.terminate()
        process.wait(timeout=30)
        if process.stdout is not None:
            process.stdout.close()


def draw_shop(days: int, *, skus: int = 20, seed: int = 4) -> Days:
    """Draw demand and order rules; every fifth product is sold by weight, in steps of 10 g."""
    rng = np.random.default_rng(seed)
    codes = [f"item {number:02d}" for number in range(skus)]
    pace = rng.gamma(1.5, 1.6, skus) + 0.3
    demand = []
    for _ in range(days):
        units = rng.poisson(2 * pace) * rng.binomial(1, 0.3, skus)
        units += rng.binomial(1, 0.02, skus) * rng.integers(5, 40, skus)
        grams = rng.integers(0, 100, skus)
        demand.append({c: _amount(n, units[n], grams[n]) for n, c in enumerate(codes)})
    phases = [
        {c: _rule(n, pace[n] * more, rng) for n, c in enumerate(codes)} for more in (1.0, 1.6)
    ]
    opening = {code: _whole_steps(item.up_to, item.step) for code, item in phases[0].items()}
    return Days(phases, opening, demand)


def run(folder: Path, world: Days) -> tuple[Orders, list[str]]:
    """Export, let the days of a phase pass, export again …

    Returns
    -------
    orders : units requested by Tryton, by day and product
    said : what `stockalert export` printed, export by export
    """
    orders: Orders = []
    said = []
    with server(folder) as running:
        each = len(world.demand) // len(world.phases)
        for number, rules in enumerate(world.phases):
            said.append(export(running, rules, run_id=f"night-{number}"))
            if number == 0:
                said.append(export(running, rules, run_id="night-0-again"))
                said.append(export(running, rules, run_id="night-0-refused", password="wrong-8"))
            first = number * each
            orders += _replay(running, world, range(first, first + each))
    return orders, said


def export(
    running: Server, rules: dict[str, Item], *, run_id: str, password: str = PASSWORD
) -> str:
    """Publish the rules as a night and export it with the command line; return what it said."""
    rows = [
        {
            "sku": code,
            "reorder_point": float(item.reorder_point),
            "order_up_to_level": float(item.up_to),
        }
        for code, item in rules.items()
    ]
    out = publish(running.folder / "out", thresholds(rows), run_id=run_id)
    ids = running.folder / "ids.csv"
    ids.write_text("location,warehouse\nshop,WH\n")
    command = [str(Path(sys.executable).parent / "stockalert"), "export", "--out", str(out)]
    command += ["--format", "tryton", "--url", running.url, "--ids", str(ids)]
    environment = os.environ | {"TRYTON_USER": USER, "TRYTON_PASSWORD": password}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == (password != PASSWORD), done.stderr
    return done.stdout + done.stderr


def our_orders(world: Days, bought: Orders) -> Orders:
    """What our table means, day by day; positions follow what was bought, as our tables do."""
    position = dict(world.opening)
    orders: Orders = []
    for day, wanted in enumerate(world.demand):
        today = {}
        for code, item in world.rules(day).items():
            position[code] -= wanted[code]
            if units := meant(item, position[code]):
                today[code] = float(units)
            position[code] += Decimal(str(round(bought[day].get(code, 0.0), 2)))
        orders.append(today)
    return orders


def share_equal(ours: Orders, theirs: Orders, *, within: float = 1e-6) -> float:
    """Share of the orders that either places which both place: same day, product and units."""
    every, same = 0, 0
    for mine, other in zip(ours, theirs, strict=True):
        for code in mine.keys() | other.keys():
            every += 1
            same += abs(mine.get(code, 0.0) - other.get(code, 0.0)) <= within
    return same / every


def by_weight(code: str) -> bool:
    """Every fifth product is sold by weight, in steps of 10 g."""
    return int(code.removeprefix("item ")) % 5 == 4


def _replay(running: Server, world: Days, days: range) -> Orders:
    entries = [
        {
            "day": (FIRST_DAY + timedelta(days=day)).isoformat(),
            "receive": {c: float(u) for c, u in world.opening.items()} if day == 0 else {},
            "ship": {code: float(units) for code, units in world.demand[day].items()},
        }
        for day in days
    ]
    file = running.folder / "days.json"
    file.write_text(json.dumps(entries))
    command = [str(python()), str(HERE / "replay.py"), f"{running.url}/rpc/", PASSWORD]
    done = subprocess.run(
        [*command, str(running.calendar), str(file)], capture_output=True, text=True, check=False
    )
    log = (running.folder / "server.log").read_text()
    assert done.returncode == 0, done.stderr[-2000:] + log[-2000:]
    told: Orders = json.loads(done.stdout)
    return told


def _rule(number: int, pace: float, rng: np.random.Generator) -> Item:
    """A reorder point of some days' demand, and a gap that is nothing at every sixth product."""
    point = Decimal(str(round(float(pace * rng.uniform(3, 9)), 3)))
    gap = Decimal(0) if number % 6 == 5 else Decimal(int(rng.integers(5, 60)))
    if number % 5 == 4:
        return Item(point, point + gap, Decimal("0.01"))
    whole = Decimal(int(np.ceil(float(point))))
    return Item(whole, whole + gap)


def _amount(number: int, units: int, grams: int) -> Decimal:
    by_weight = number % 5 == 4 and units > 0
    return Decimal(int(units)) + (Decimal(int(grams)) / 100 if by_weight else 0)


def _whole_steps(units: Decimal, step: Decimal) -> Decimal:
    return (units / step).to_integral_value() * step
