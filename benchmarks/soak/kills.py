"""`kill -9` at random moments of a night, and what is served after each."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from benchmarks.soak.checker import problems, served_run
from benchmarks.soak.faults import recovery
from benchmarks.soak.lab import Ended, Lab, Shop

__all__ = ["Killed", "kill_nights"]


@dataclass
class Killed:
    """What became of the kills.

    Attributes
    ----------
    landed : runs that died of the signal; the others had ended before their moment
    after : kills by the last step that was done when they came
    """

    landed: int = 0
    too_late: int = 0
    half_published: int = 0
    lost: int = 0
    after: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)


def kill_nights(lab: Lab, shop: Shop, clock: str, *, kills: int, seed: int = 0) -> Killed:
    """Kill nights until `kills` of them have died; each is followed by a night that must serve.

    Half of the moments are spread evenly over a night's length; the other half come as soon as
    the night begins to publish, or some milliseconds later: publishing is short, and matters.
    """
    rng, found = random.Random(seed), Killed()
    whole = lab.run(shop.nightly(), clock=clock)
    found.wrong += [f"the night before the kills: {whole.said[-1000:]}"] if whole.code else []
    moments = _moments(shop, rng, whole.seconds, kills)
    while found.landed < kills and found.too_late < 3 * kills:
        before = served_run(shop.out)
        ended, landed = lab.killed(shop.nightly(), next(moments), clock=clock)
        if not landed:
            found.too_late += 1
            continue
        found.landed += 1
        found.after[_last_step(ended)] += 1
        mixed = problems(shop.out, settled=False)
        if before and not served_run(shop.out):
            mixed.append("nothing is served any more")
        found.half_published += bool(mixed)
        failed = recovery(lab, shop, clock)
        found.lost += bool(failed)
        found.wrong += mixed + failed
    return found


def _moments(
    shop: Shop, rng: random.Random, seconds: float, kills: int
) -> Iterator[Callable[[float], bool]]:
    """Yield, for each kill, the question whether its moment has come."""
    staging, strata = shop.out / "_staging", max(1, kills // 2)
    at = 0
    while True:
        moment = seconds * (at % strata + rng.random()) / strata
        yield lambda passed, moment=moment: passed >= moment
        wait, seen = rng.uniform(0.0, 0.15), []

        def publishing(passed: float, wait: float = wait, seen: list[float] = seen) -> bool:
            if not seen and staging.exists():
                seen.append(passed)
            return bool(seen) and passed >= seen[0] + wait

        yield publishing
        at += 1


def _last_step(ended: Ended) -> str:
    done = [line for line in ended.said.splitlines() if ": done in" in line]
    return done[-1].split(": done in")[0] if done else "nothing yet"
