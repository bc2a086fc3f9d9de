"""Look at what is served as its readers do: one run, complete, readable, nothing of any other."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow.parquet as pq

from stockalert.served import served_runs

__all__ = ["disk_mib", "problems", "served_run"]

ALWAYS = {"thresholds", "forecasts", "order_proposals"}


def served_run(out: Path) -> str:
    """Return the run that is served; empty where none is."""
    pointer = out / "_latest.json"
    return str(json.loads(pointer.read_text())["run_id"]) if pointer.exists() else ""


def problems(out: Path, *, settled: bool) -> list[str]:
    """Return what is wrong with what is served; empty = nothing.

    Parameters
    ----------
    settled : a run has just ended well, so that nothing may be left of one that died
    """
    if not (out / "_latest.json").exists():
        return [] if not (out / "latest").exists() else ["latest without a pointer"]
    text = (out / "_latest.json").read_text()
    pointer = json.loads(text)
    run = pointer["run_id"]
    found = []
    if (out / "latest" / "_latest.json").read_text() != text:
        found.append("latest/ and _latest.json are of two nights")
    if (out / "latest").resolve() != (out / "_nights" / run).resolve():
        found.append("latest/ is not the night of the pointer")
    if missing := ALWAYS - set(pointer["tables"]):
        found.append(f"tables missing: {sorted(missing)}")
    for name, table in pointer["tables"].items():
        found += _table(out, name, table, run)
    return found + (_left(out) if settled else [])


def _table(out: Path, name: str, table: dict[str, object], run: str) -> list[str]:
    folder = out / str(table["path"])
    if folder.name != f"run_id={run}":
        return [f"{name} is of another run"]
    if (out / "latest" / name).resolve() != folder.resolve():
        return [f"latest/{name} leads elsewhere"]
    try:
        rows = pq.read_table(folder, partitioning=None).num_rows
    except (OSError, ValueError) as error:
        return [f"{name} cannot be read: {error}"]
    return [] if rows == table["rows"] else [f"{name} has {rows} rows, not {table['rows']}"]


def _left(out: Path) -> list[str]:
    """Name what a run that died has left, which the next one must have removed."""
    served = served_runs(out)
    parts = (p for p in out.glob("*/as_of_date=*/run_id=*") if p.parts[-3] != "quarantine")
    found = [f"orphan {part}" for part in parts if part.name.removeprefix("run_id=") not in served]
    found += [f"orphan night {n.name}" for n in (out / "_nights").glob("*") if n.name not in served]
    return found + [f"{name} is left" for name in ("_staging", "_work") if (out / name).exists()]


def disk_mib(out: Path) -> dict[str, float]:
    """Sum the files below `out` by their first folder, in MiB."""
    total: dict[str, float] = {}
    for file in out.rglob("*"):
        if file.is_file() and not file.is_symlink():
            top = file.relative_to(out).parts[0]
            total[top] = total.get(top, 0.0) + file.stat().st_size / 2**20
    return total
