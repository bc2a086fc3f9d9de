"""What can go wrong around a night, each made to happen for real and mended again.

A fault is a context: inside it the thing is broken. `try_fault` runs a night inside, looks at what
is served, mends, and runs the next one, which must publish without a hand.
"""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from benchmarks.soak.checker import problems, served_run
from benchmarks.soak.lab import PATIENCE, Ended, Lab, Shop, command

__all__ = ["FAULTS", "Fault", "Seen", "message_of", "recovery", "try_fault"]


@dataclass(frozen=True)
class Fault:
    """Something that goes wrong, and what may become of the night.

    Attributes
    ----------
    codes : exit codes that are right; 0 = the night copes with it, negative = died of a signal
    more : further options of the night, such as an environment or limits
    says : words of which the message must hold one, where the night fails
    slow : by how much the clock is behind
    afresh : start a new interpreter, since Prefect reads its settings once; the machine's clock
    """

    name: str
    broken: Callable[[Shop], AbstractContextManager[object]]
    codes: tuple[int, ...]
    says: tuple[str, ...] = ()
    more: Mapping[str, Any] = field(default_factory=dict)
    slow: timedelta = timedelta(0)
    afresh: bool = False

    def night(self, lab: Lab, shop: Shop, clock: str) -> Ended:
        """Run a night inside it."""
        if self.afresh:
            return command(shop.nightly(), patience=PATIENCE, **self.more)
        told = datetime.fromisoformat(clock) - self.slow
        return lab.run(shop.nightly(), clock=told.isoformat(), **self.more)


@dataclass(frozen=True)
class Seen:
    """What became of one fault; `wrong` is empty where all is as promised."""

    name: str
    code: int
    message: str
    served: str
    wrong: tuple[str, ...]


def try_fault(lab: Lab, shop: Shop, fault: Fault, clock: str) -> Seen:
    """Run a night inside the fault, then the next one without it."""
    before = served_run(shop.out)
    with fault.broken(shop):
        ended = fault.night(lab, shop, clock)
        wrong = problems(shop.out, settled=False)
    after = served_run(shop.out)
    if ended.code not in fault.codes:
        wrong.append(f"exit code {ended.code}, not {fault.codes}: {ended.said[-2000:]}")
    if ended.code >= 0 and not ended.plain:
        wrong.append(f"no plain message: {ended.said[-2000:]}")
    if ended.code >= 0 and (ended.code == 0) != (after != before):
        wrong.append(f"ended with {ended.code}, but the night served changed: {after != before}")
    words = message_of(ended) or ended.said  # a library beneath has words of its own
    if ended.code > 0 and fault.says and not any(w in words for w in fault.says):
        wrong.append(f"the message has none of {fault.says}: {ended.said[-2000:]}")
    wrong += recovery(lab, shop, clock)
    served = "the night before" if after == before else "the new night"
    return Seen(fault.name, ended.code, message_of(ended), served, tuple(wrong))


def recovery(lab: Lab, shop: Shop, clock: str) -> list[str]:
    """Run the next scheduled night; say what keeps it from serving."""
    before = served_run(shop.out)
    ended = lab.run(shop.nightly(), clock=clock)
    wrong = problems(shop.out, settled=True)
    if ended.code or served_run(shop.out) == before:
        wrong.append(f"the next run ended with {ended.code}: {ended.said[-2000:]}")
    return wrong


def message_of(ended: Ended) -> str:
    """Return the last message on the terminal that is an error's; empty where there is none."""
    lines = [line for line in ended.said.splitlines() if line.startswith("stockalert: ")]
    return lines[-1].removeprefix("stockalert: ") if lines else ""


@contextmanager
def store_locked(shop: Shop) -> Iterator[None]:
    """Another process holds the model store's database."""
    other = sqlite3.connect(shop.out / "mlflow.db", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    try:
        yield
    finally:
        other.execute("ROLLBACK")
        other.close()


@contextmanager
def store_read_only(shop: Shop) -> Iterator[None]:
    """Nobody may write to the model store; for root, who may always, by the immutable flag."""
    store = shop.out / "mlflow.db"
    root = os.geteuid() == 0
    if root:
        subprocess.run(["chattr", "+i", str(store)], check=True, capture_output=True)
    else:
        store.chmod(0o444)
    try:
        yield
    finally:
        if root:
            subprocess.run(["chattr", "-i", str(store)], check=True, capture_output=True)
        else:
            store.chmod(0o644)


@contextmanager
def store_absent(shop: Shop) -> Iterator[None]:
    """Somebody has removed the model store."""
    (shop.out / "mlflow.db").unlink()
    yield


@contextmanager
def store_garbage(shop: Shop) -> Iterator[None]:
    """The model store is no database any more."""
    store, kept = shop.out / "mlflow.db", shop.out / "mlflow.kept"
    shutil.copyfile(store, kept)
    store.write_bytes(b"no database" * 1000)
    yield
    kept.replace(store)


@contextmanager
def artifacts_absent(shop: Shop) -> Iterator[None]:
    """The champion's files are gone."""
    (shop.out / "mlartifacts").rename(shop.out / "gone")
    yield
    shutil.rmtree(shop.out / "gone")


@contextmanager
def artifacts_corrupt(shop: Shop) -> Iterator[None]:
    """A byte of every model file has flipped."""
    for file in (shop.out / "mlartifacts").rglob("final/*"):
        if file.is_file() and file.stat().st_size:
            content = bytearray(file.read_bytes())
            content[len(content) // 2] ^= 1
            file.write_bytes(content)
    yield


@contextmanager
def planted_pickle(shop: Shop) -> Iterator[None]:
    """Somebody has put a pickle that would run a command beside every model."""
    ran = shop.out / "it-ran"
    code = b"cposix\nsystem\n(S'touch " + str(ran).encode() + b"'\ntR."
    for folder in (shop.out / "mlartifacts").rglob("final"):
        for name in ("python_model.pkl", "model.pkl"):
            (folder / name).write_bytes(code)
            (folder.parent / name).write_bytes(code)
    yield
    assert not ran.exists(), "the pickle was loaded"


def sold(shop: Shop) -> Path:
    """Return the file that tells what was sold."""
    names = (shop.data / f"{name}.parquet" for name in ("sales", "order_lines"))
    return next(path for path in names if path.exists())


@contextmanager
def input_replaced(shop: Shop) -> Iterator[None]:
    """The export puts a new sales file in place again and again while it is read."""
    table = sold(shop)
    content, stop = table.read_bytes(), threading.Event()

    def export() -> None:
        while not stop.wait(0.05):
            new = shop.data / ".new"
            new.write_bytes(content)
            new.replace(table)

    with _meanwhile(export, stop):
        yield


@contextmanager
def input_rewritten(shop: Shop) -> Iterator[None]:
    """The export writes over the sales file in place, so that a reader may meet half of it."""
    table = sold(shop)
    content, stop = table.read_bytes(), threading.Event()

    def export() -> None:
        while not stop.wait(0.01):
            with table.open("r+b") as stream:
                stream.truncate(len(content) // 2)
                stream.seek(0)
                time.sleep(0.03)
                stream.write(content)

    with _meanwhile(export, stop):
        yield
    table.write_bytes(content)


@contextmanager
def input_truncated(shop: Shop) -> Iterator[None]:
    """The export was cut off."""
    table = sold(shop)
    content = table.read_bytes()
    table.write_bytes(content[: len(content) // 2])
    yield
    table.write_bytes(content)


@contextmanager
def input_never_comes(shop: Shop) -> Iterator[None]:
    """Reading waits below Python for ever, as on a share that is gone: a pipe nobody writes to."""
    table, kept = sold(shop), shop.out.with_name("kept.parquet")
    table.rename(kept)
    os.mkfifo(table)
    yield
    kept.replace(table)


@contextmanager
def links_removed(shop: Shop) -> Iterator[None]:
    """Somebody has tidied up `latest`; a pointer without its link names nothing."""
    (shop.out / "latest").unlink()
    yield


@contextmanager
def _meanwhile(work: Callable[[], None], stop: threading.Event) -> Iterator[None]:
    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _healthy(shop: Shop) -> AbstractContextManager[object]:
    return nullcontext(shop)


def _disk_full_at(kib: int) -> Fault:
    name = f"no file may grow beyond {kib} KiB"
    limits = {"FSIZE": kib * 1024}
    return Fault(name, _healthy, (0, 1), ("cannot", "room left"), {"limits": limits})


def _clock(name: str, days: float, codes: tuple[int, ...], *says: str) -> Fault:
    name = f"the clock is {name} slow"
    return Fault(name, _healthy, codes, says, slow=timedelta(days=days))


def _limited(seconds: float) -> dict[str, dict[str, str]]:
    """Let a run end itself after so long."""
    return {"environment": {"STOCKALERT_SCHEDULE__MAX_HOURS": f"{seconds / 3600:.6f}"}}


def _memory(mib: int) -> Fault:
    """Little memory left: where not Python but a library beneath lacks it, that may end the run.

    A library may also wait for ever for a thread that it cannot have; then the time limit ends it.
    The linker ends a process with 127 where a new thread's own variables find no room.
    """
    codes = (0, 1, 127, -signal.SIGABRT, -signal.SIGSEGV)
    more = {"limits": {"AS": mib * 2**20}, **_limited(90)}
    return Fault(f"{mib} MiB of memory left", _healthy, codes, ("memory", "max_hours"), more)


FAULTS: tuple[Fault, ...] = (
    Fault("the model store is locked", store_locked, (0, 1), ("locked", "model store")),
    Fault("the model store may not be written", store_read_only, (0, 1), ("read", "model store")),
    Fault("the model store is no database", store_garbage, (1,), ("model store",)),
    Fault("the model store is gone", store_absent, (0,)),
    Fault("the champion's files are gone", artifacts_absent, (0,)),
    Fault("the champion's files are damaged", artifacts_corrupt, (0,)),
    Fault("a pickle lies among the champion's files", planted_pickle, (0,)),
    Fault("the input is replaced while it is read", input_replaced, (0, 3)),
    Fault("the input is written over while it is read", input_rewritten, (0, 1, 3, 5)),
    Fault("the input is cut off", input_truncated, (3,), ("broken",)),
    Fault("the input never comes", input_never_comes, (1,), ("max_hours",), _limited(15)),
    Fault("the link latest is removed", links_removed, (0,)),
    _clock("six hours", 0.25, (0,)),
    _clock("three weeks", 21, (4,), "has seen sales up to"),
    _clock("two years", 731, (3,), "column"),
    Fault(
        "the Prefect server does not answer",
        _healthy,
        (1,),
        ("the Prefect server cannot be reached",),
        {"environment": {"PREFECT_API_URL": "http://127.0.0.1:9/api"}},
        afresh=True,
    ),
    *(_disk_full_at(kib) for kib in (1, 16, 64, 128, 256)),
    *(_memory(mib) for mib in (8, 40, 120, 250)),
)
