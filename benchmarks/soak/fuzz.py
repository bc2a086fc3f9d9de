"""Generated settings, tables, names and messages against every public door.

Behind each door only two things may happen: it works and what comes out is sound, or it ends with
one plain message. A traceback (any exception that is not ours), an unsound result or a hang counts.
"""

from __future__ import annotations

import csv
import io
import os
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from html.parser import HTMLParser
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from benchmarks.soak.fuzz_nights import publish_soundly
from benchmarks.soak.fuzz_tables import directories, read_soundly
from benchmarks.soak.fuzz_text import ALERTS, ENVIRONMENTS, HEADS, NAMES, TOML, spelled
from flows.alerting_messages import Writer
from flows.alerting_samples import trial
from flows.csv_files import read_dialect
from flows.order_files import write_orders
from flows.settings import load_settings
from stockalert.errors import StockalertError
from stockalert.exports import TARGETS, export
from stockalert.exports.files import csv_text
from stockalert.exports.identifiers import looks_like_formula
from stockalert.tables import INPUT_TABLES

__all__ = ["DOORS", "Count", "fuzz", "fuzz_in_processes"]

SLOW, HANGS = 20.0, 120.0
"""Seconds of the processor, and by the clock: a busy machine is no fault of the product's."""
_WRITERS = {language: Writer(language) for language in ("en", "fr")}


@dataclass
class Count:
    """Cases tried, refused with a plain message, and gone wrong, with the first few of those."""

    cases: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    tracebacks: int = 0
    slowest: float = 0.0
    findings: list[str] = field(default_factory=list)

    def add(self, other: Count) -> None:
        """Count what another process has counted."""
        self.cases += other.cases
        self.refused += other.refused
        self.tracebacks += other.tracebacks
        self.slowest = max(self.slowest, other.slowest)
        self.findings += other.findings


def fuzz_in_processes(share: float, processes: int, *, parts: int = 4) -> Count:
    """Try every door, in parts, on so many processes at once; one that dies is a finding."""
    told = Count()
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        work = [pool.submit(_part, name, share / parts) for name in DOORS for _ in range(parts)]
        for done in work:
            try:
                told.add(done.result())
            except BrokenProcessPool as died:
                told.findings.append(f"a process that fuzzed has died: {died}")
                break
    return told


def _part(door: str, share: float) -> Count:
    told = Count()
    fuzz(share, told, doors=(door,))
    return told


def fuzz(
    share: float, count: Count, *, seed_by_name: bool = False, doors: Sequence[str] | None = None
) -> None:
    """Try every door with its number of cases times `share`.

    Parameters
    ----------
    seed_by_name : the same cases each time; else new ones
    doors : names; None = all
    """
    for name in DOORS if doors is None else doors:
        strategy, door, most = DOORS[name]
        run = _door(name, strategy, door, count)
        how = settings(
            max_examples=max(1, round(most * share)),
            deadline=None,
            database=None,
            derandomize=seed_by_name,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        how(run)()


def _door(
    name: str, strategy: st.SearchStrategy[Any], door: Callable[[Any], None], count: Count
) -> Callable[[], None]:
    @given(strategy)
    def knock(case: Any) -> None:
        count.cases[name] += 1
        began, worked = time.monotonic(), time.process_time()
        try:
            door(case)
        except StockalertError as error:
            count.refused[name] += 1
            if not str(error).strip() or "Traceback" in str(error):
                _found(count, name, case, error)
        except Exception as error:
            _found(count, name, case, error)
        seconds, worked = time.monotonic() - began, time.process_time() - worked
        count.slowest = max(count.slowest, seconds)
        if worked > SLOW or seconds > HANGS:
            count.findings.append(f"{name}: {seconds:.0f} s for {case!r:.500}")

    return knock


def _found(count: Count, name: str, case: object, error: Exception) -> None:
    count.tracebacks += 1
    if len(count.findings) < 20:
        count.findings.append(f"{name}: {type(error).__name__}: {error!s:.300} for {case!r:.1500}")


def settings_file(text: str | bytes) -> None:
    """Read a settings file of any content."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "shop.toml"
        path.write_bytes(text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text)
        told = load_settings(path)
        again = Path(folder) / "again.toml"
        again.write_text(told.to_toml(), encoding="utf-8")
        told.fingerprint()


def settings_environment(variables: dict[str, str]) -> None:
    """Read settings from environment variables of any content."""
    with _environment(variables):
        load_settings().to_toml()


def tables(case: Any) -> None:
    """Read a data directory of any content, and look at what came through."""
    with TemporaryDirectory() as folder:
        read_soundly(case, Path(folder))


def nights(case: Any) -> None:
    """Run a night on a data directory of any content, and look at what is served."""
    with TemporaryDirectory() as folder:
        publish_soundly(case, Path(folder))


def heads(content: bytes) -> None:
    """Read the first line of a CSV file of any content."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "sales.csv"
        file.write_bytes(content)
        header = read_dialect(file, INPUT_TABLES["sales"]).header
        assert len(header) == len({name.casefold() for name in header})


def alerts(case: dict[str, Any]) -> None:
    """Write the messages about alerts whose texts come from anybody; no mark-up gets through."""
    writer = _WRITERS[case["language"]]
    context = trial(datetime(2024, 4, 8, 2), case["language"])
    context |= {"kind": "digest", "alerts": case["alerts"], "resolved": case["alerts"][:1]}
    message = writer("key", context)
    assert not writer.problems, writer.problems
    assert not {"\n", "\r"} & set(message.subject)
    plain = _tags(writer("key", {**context, **_tame(context)}).html)
    assert _tags(message.html) == plain, "mark-up from data"


def exports(case: dict[str, Any]) -> None:
    """Export items of any name to any target; no cell runs, every row is there or explained."""
    table = pd.DataFrame(
        {
            "sku": case["skus"],
            "location": case["location"],
            "order_up_to_level": [point + 5.0 for point in case["points"]],
            "reorder_point": case["points"],
            **dict.fromkeys(("on_hand", "inventory_position", "order_quantity"), 0.0),
            **{"safety_stock": 2.5, "lead_time_days": 4.2, "lead_time_sd_days": 1.5},
            "service_level": 0.95,
        }
    )
    done = export(table, TARGETS[case["target"]])
    text = csv_text(done.rows)
    cells = [cell for row in csv.reader(io.StringIO(text, newline="")) for cell in row]
    assert not looks_like_formula(pd.Series(cells, dtype="str")).any(), "a formula gets through"
    if TARGETS[case["target"]].key:
        assert len(done.ids) + len(done.skipped) == len(table)


def orders(names: list[str]) -> None:
    """Write order files about names of any kind: all inside the folder, no cell runs."""
    day = pd.Timestamp("2024-04-08")
    lines = pd.DataFrame({"line_id": names, "supplier_id": names, "supplier_name": names})
    for column in ("sku", "name", "location"):
        lines[column] = names
    lines = lines.assign(units=3.0, unit_cost=1.0, cost=3.0, order_day=day, expected_at=day)
    lines = lines.assign(as_of=day, email="", why="", reason="", state="approved")
    with TemporaryDirectory() as folder:
        for form in ("csv", "mail"):
            files = write_orders(lines, Path(folder) / "orders", form)
            assert all(f.resolve().parent == Path(folder, "orders").resolve() for f in files)
            if form == "csv":
                text = io.StringIO(files[0].read_text(), newline="")
                cells = [cell for row in csv.reader(text) for cell in row]
                assert not [c for c in cells if c[:1] in tuple("=+-@\t\r") and c], "a formula"


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: Counter[str] = Counter()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found[f"{tag} {sorted(name for name, _ in attrs)}"] += 1


def _tags(html: str) -> Counter[str]:
    parser = _Tags()
    parser.feed(html)
    parser.close()
    return parser.found


def _tame(context: dict[str, Any]) -> dict[str, Any]:
    """The same context with letters in place of what anybody wrote."""

    def tame(alert: dict[str, Any]) -> dict[str, Any]:
        return {k: spelled(v) if isinstance(v, str) else v for k, v in alert.items()}

    return {name: [tame(alert) for alert in context[name]] for name in ("alerts", "resolved")}


@contextmanager
def _environment(variables: dict[str, str]) -> Iterator[None]:
    before = dict(os.environ)
    os.environ.update(variables)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


DOORS: dict[str, tuple[st.SearchStrategy[Any], Callable[[Any], None], int]] = {
    "settings files": (TOML, settings_file, 7000),
    "settings in the environment": (ENVIRONMENTS, settings_environment, 1000),
    "tables": (directories(), tables, 2000),
    "nights": (directories(), nights, 240),
    "heads of CSV files": (HEADS, heads, 1500),
    "alert messages": (ALERTS, alerts, 1500),
    "exports": (
        st.fixed_dictionaries(
            {
                "skus": st.lists(NAMES, min_size=1, max_size=5),
                "location": NAMES,
                "target": st.sampled_from(sorted(TARGETS)),
                "points": st.just([0.0, 3.0, 1e9, 0.25, 7.0]),
            }
        ).map(lambda case: {**case, "points": case["points"][: len(case["skus"])]}),
        exports,
        1000,
    ),
    "order files": (st.lists(NAMES, min_size=1, max_size=4, unique=True), orders, 500),
}
