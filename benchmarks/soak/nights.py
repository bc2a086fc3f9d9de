"""Thirty nights of the demo's shop, one after another, a new day of data each; some go wrong."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from benchmarks.soak.checker import disk_mib, problems, served_run
from benchmarks.soak.faults import artifacts_corrupt, input_truncated, message_of
from benchmarks.soak.lab import Ended, Lab, Shop
from flows.demo_data import write_demo_data

__all__ = ["FIRST", "SETTINGS", "Nights", "demo_shop", "lay_day", "live"]

FIRST = date(2017, 10, 24)  # the clocks of New York went back twelve nights later
PRODUCTS = 100
SETTINGS = """\
keep_days = 7

[model]
n_estimators = 20
num_leaves = 7
max_rows = 20_000
retrain_every_days = 14
threads = 1
"""
_DATED = {"order_lines": "ordered_at", "stock": "date", "browsing": "date"}


@dataclass
class Nights:
    """What thirty nights left; one entry per night in each list."""

    wrong: list[str] = field(default_factory=list)
    half_published: int = 0
    lost: int = 0
    published: list[bool] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    rss_mib: list[float] = field(default_factory=list)
    disk: list[dict[str, float]] = field(default_factory=list)


def demo_shop(root: Path) -> tuple[Shop, Path]:
    """Write the whole demo year, and a shop whose data directory is still empty."""
    year = root / "year"
    write_demo_data(year, max_products=PRODUCTS)
    shop = Shop(root / "data", root / "out", root / "shop.toml")
    shop.data.mkdir()
    shop.config.write_text(SETTINGS)
    return shop, year


def lay_day(shop: Shop, year: Path, day: date) -> None:
    """Bring every table to what an export on the evening of `day` holds, each by one rename."""
    for file in year.glob("*.parquet"):
        table = pq.read_table(file)
        if column := _DATED.get(file.stem):
            until = pa.scalar(day + timedelta(days=1)).cast(pa.timestamp("us"))
            table = table.filter(pc.less(table[column].cast(pa.timestamp("us")), until))
        new = shop.data / f".{file.name}"
        pq.write_table(table, new)
        new.replace(shop.data / file.name)


def live(lab: Lab, shop: Shop, year: Path, *, nights: int) -> Nights:
    """Run night after night; each serves its own day unless something went wrong on purpose."""
    found = Nights()
    for number in range(nights):
        day = FIRST + timedelta(days=number)
        lay_day(shop, year, day)
        plan = _PLANS.get(number, "none")
        before = served_run(shop.out)
        ended = _night(lab, shop, plan, f"{day + timedelta(days=1)}T02:00:00")
        published = served_run(shop.out) != before
        _judge(found, shop, (str(day), plan), ended, published=published)
        if plan in _HARMLESS and not published:  # nothing keeps it, whatever the last night was
            found.lost += 1
            found.wrong.append(f"{day}: ended with {ended.code}: {ended.said[-1500:]}")
    return found


def _judge(
    found: Nights, shop: Shop, night: tuple[str, str], ended: Ended, *, published: bool
) -> None:
    """Look at what is served, and whether the night ended as its plan has to."""
    plan = night[1]
    mixed = problems(shop.out, settled=ended.code == 0)
    wrong = [*mixed, *_surprises(plan, ended, published=published)]
    found.wrong += [f"{', '.join(night)}: {what}" for what in wrong]
    found.half_published += bool(mixed)
    found.published.append(published)
    found.faults.append(
        plan if plan == "none" else f"{plan}: {ended.code} {message_of(ended)[:90]}"
    )
    found.seconds.append(round(ended.seconds, 2))
    found.rss_mib.append(round(ended.rss_mib, 1))
    found.disk.append({name: round(mib, 2) for name, mib in disk_mib(shop.out).items()})


def _surprises(plan: str, ended: Ended, *, published: bool) -> list[str]:
    """Say where exit code, words, and whether another night is served, are not as they must be."""
    wrong, codes = [], _CODES.get(plan, _KILLED)
    if ended.code not in codes:
        wrong.append(f"exit code {ended.code}, not {codes}: {ended.said[-1500:]}")
    if ended.code >= 0 and published != (ended.code == 0):
        wrong.append(f"ended with {ended.code}, and the night served changed: {published}")
    if ended.code >= 0 and not ended.plain:
        wrong.append(f"no plain message: {ended.said[-1500:]}")
    return wrong


def _night(lab: Lab, shop: Shop, plan: str, clock: str) -> Ended:
    zone: dict[str, Any] = {"environment": {"TZ": "America/New_York"}}
    if plan.startswith("killed"):
        moment = float(plan.split()[-2])
        ended, _ = lab.killed(shop.nightly(), lambda passed: passed >= moment, clock=clock, **zone)
        return ended
    if plan == "two at once":
        other = lab.start(shop.nightly(), clock=clock, **zone)
        ended = lab.run(shop.nightly(), clock=clock, **zone)
        one, two = sorted((ended, other.wait()), key=lambda run: run.code)
        return one if two.code == 1 else replace(two, code=two.code or _BOTH)
    if plan == "disk full":
        return lab.run(shop.nightly(), clock=clock, limits={"FSIZE": 32 * 1024}, **zone)
    with _broken(plan, shop):
        return lab.run(shop.nightly(), clock=clock, **zone)


@contextmanager
def _broken(plan: str, shop: Shop) -> Iterator[None]:
    if plan == "input cut off":
        with input_truncated(shop):
            yield
    elif plan == "a third of the rows":
        pq.write_table(_half(shop), shop.data / "order_lines.parquet")
        yield
    elif plan == "champion damaged":
        with artifacts_corrupt(shop):
            yield
    else:
        yield


def _half(shop: Shop) -> pa.Table:
    table = pq.read_table(shop.data / "order_lines.parquet")
    return table.take(pa.array(range(0, table.num_rows, 3)))


_PLANS = {
    2: "killed after 0.3 s",
    4: "input cut off",
    6: "killed after 1.0 s",
    7: "killed after 1.6 s",
    9: "disk full",
    13: "two at once",
    15: "a third of the rows",
    18: "champion damaged",
    20: "killed after 2.2 s",
    22: "input cut off",
    25: "killed after 2.8 s",
}
_KILLED = (-signal.SIGKILL, 0)  # 0 = it had ended before its moment
_BOTH = 99  # no code of the product: neither of two nights was refused
_CODES = {
    "none": (0,),
    "two at once": (0,),
    "champion damaged": (0,),
    "input cut off": (3,),
    "disk full": (1,),
    "a third of the rows": (5,),
}
_HARMLESS = ("none", "two at once", "champion damaged")
