"""`kill -9` at random moments of a night, and what is served after each."""

from __future__ import annotations

import random
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field

from benchmarks.soak.checker import problems, served_run
from benchmarks.soak.faults import recovery
from benchmarks.soak.lab import Ended, Lab, Shop

__all__ = ["Killed", "kill_nights"]

_TRAINED = "log and judge: done in"


@dataclass
class Killed:
    """What became of the kills.

    Attributes
    ----------
    landed : runs that died of the signal; the others had ended before their moment
    training : of these, how many in a night that had to train
    after, after_in_training : kills by the last step that was done when they came, of the nights
        with a champion and of those that had to train
    """

    landed: int = 0
    training: int = 0
    too_late: int = 0
    half_published: int = 0
    lost: int = 0
    after: Counter[str] = field(default_factory=Counter)
    after_in_training: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)


def kill_nights(
    lab: Lab, shop: Shop, clock: str, *, kills: int, training: int = 0, seed: int = 0
) -> Killed:
    """Kill nights until `kills` of them have died; each is followed by a night that must serve.

    Half of the moments are spread evenly over a night's length. The other half come as soon as
    the night begins to publish – in nights that train, to log its training –, or a little later:
    both are short, and matter.

    Parameters
    ----------
    training : how many of the kills come in nights that have to train, having no champion
    """
    rng, found = random.Random(seed), Killed()
    for wanted, trains in ((kills - training, False), (training, True)):
        if wanted:
            _Nights(lab, shop, clock, trains, found).kill(wanted, rng)
    return found


@dataclass(frozen=True)
class _Nights:
    """Nights of one kind: with a champion, or such that have to train."""

    lab: Lab
    shop: Shop
    clock: str
    trains: bool
    found: Killed

    def kill(self, kills: int, rng: random.Random) -> None:
        """Kill nights until so many have died, or too many have ended before their moment."""
        landed = late = 0
        moments = _moments(self.shop, rng, self._whole(), kills, trains=self.trains)
        while landed < kills and late < 3 * kills:
            self._prepare()
            before = served_run(self.shop.out)
            ended, died = self.lab.killed(self.shop.nightly(), next(moments), clock=self.clock)
            landed, late = landed + died, late + (not died)
            if died:
                self._judge(ended, before)
        self.found.too_late += late

    def _prepare(self) -> None:
        """Take the alias from the champion where the night must train and promote."""
        if self.trains:
            with closing(sqlite3.connect(self.shop.out / "mlflow.db")) as store, store:
                store.execute("DELETE FROM registered_model_aliases")

    def _whole(self) -> float:
        """Run a night that is not killed; its seconds."""
        self._prepare()
        ended = self.lab.run(self.shop.nightly(), clock=self.clock)
        if ended.code or (self.trains and _TRAINED not in ended.said):
            said = f"{ended.code}: {ended.said[-1000:]}"
            self.found.wrong.append(f"the night before the kills ended with {said}")
        return ended.seconds

    def _judge(self, ended: Ended, before: str) -> None:
        found, out = self.found, self.shop.out
        found.landed += 1
        found.training += self.trains
        (found.after_in_training if self.trains else found.after)[_last_step(ended)] += 1
        mixed = problems(out, settled=False)
        if before and not served_run(out):
            mixed.append("nothing is served any more")
        found.half_published += bool(mixed)
        failed = recovery(self.lab, self.shop, self.clock)
        found.lost += bool(failed)
        found.wrong += mixed + failed


def _moments(
    shop: Shop, rng: random.Random, seconds: float, kills: int, *, trains: bool
) -> Iterator[Callable[[float], bool]]:
    """Yield, for each kill, the question whether its moment has come."""
    strata, at = max(1, kills // 2), 0
    while True:
        moment = seconds * (at % strata + rng.random()) / strata
        yield lambda passed, moment=moment: passed >= moment
        yield (_logging if trains else _publishing)(shop, rng)
        at += 1


def _publishing(shop: Shop, rng: random.Random) -> Callable[[float], bool]:
    """Some milliseconds after the night has begun to publish."""
    staging = shop.out / "_staging"
    return _soon_after(staging.exists, rng.uniform(0.0, 0.15))


def _logging(shop: Shop, rng: random.Random) -> Callable[[float], bool]:
    """Up to some seconds after the first file of a training has come: it is logged, promoted."""
    files = shop.out / "mlartifacts"

    def runs() -> int:
        return len(list(files.iterdir())) if files.exists() else 0

    before = runs()
    return _soon_after(lambda: runs() > before, rng.uniform(0.0, 4.0))


def _soon_after(begun: Callable[[], bool], wait: float) -> Callable[[float], bool]:
    seen: list[float] = []

    def come(passed: float) -> bool:
        if not seen and begun():
            seen.append(passed)
        return bool(seen) and passed >= seen[0] + wait

    return come


def _last_step(ended: Ended) -> str:
    done = [line for line in ended.said.splitlines() if ": done in" in line]
    return done[-1].split(": done in")[0] if done else "nothing yet"
