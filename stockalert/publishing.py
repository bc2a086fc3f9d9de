"""One night is one transaction: all tables of a run become visible in one step, or none does.

    OUT/NAME/as_of_date=…/run_id=…/part-0.parquet   every night's table, the folder is the history
    OUT/_nights/RUN_ID/NAME -> the partition above   one folder per night
    OUT/_nights/RUN_ID/_latest.json                  the night's pointer
    OUT/_nights/RUN_ID/FILE                          what else the run says of itself
    OUT/_nights/RUN_ID/replaces.txt                  the night whose place it took
    OUT/_nights/RUN_ID/_served                       mark: this night has been served
    OUT/latest -> _nights/RUN_ID                     the one link that is swapped, atomically
    OUT/_latest.json -> latest/_latest.json          never changes, so it moves with the link
    OUT/_staging                                     what a running publish writes; nobody reads it

Everything is written and flushed under `_staging`, then renamed into place, and `latest` is swapped
last. A publish that dies leaves what was served as it was; the next one removes what it left. Until
then the history (and only that) may hold partitions of a night that was never served: the nights
with a mark, and the one that `latest` names, are the served ones. Publishers wait for each other on
`OUT/_publish.lock`. Where symbolic links are not possible, `_latest.json` is a plain file that is
replaced atomically, and `latest` is missing.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import date, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import IO

import pyarrow as pa
import pyarrow.parquet as pq

from stockalert.errors import OutputError
from stockalert.served import (
    REPLACES,
    Pointer,
    ServedTable,
    night_before,
    night_folder,
    read_pointer,
    replaced_run,
    served_nights,
    served_runs,
)

__all__ = ["adopt_night", "prune", "publish_night", "serve_night"]

_STAGING, _MARK, _POINTER, _LATEST = "_staging", "_served", "_latest.json", "latest"
_RUN_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_FILE = re.compile(r"[a-z][a-z0-9_]*\.[a-z]+")
_TABLE = re.compile(r"[a-z][a-z0-9_]*(/[a-z][a-z0-9_]*)*")


def publish_night(
    out: Path,
    tables: Mapping[str, pa.Table | pa.RecordBatchReader],
    *,
    as_of_date: date,
    run_id: str,
    created_at: datetime,
    valid_until: datetime,
    model_version: str | None,
    settings_fingerprint: str,
    files: Mapping[str, str] | None = None,
    before_serving: Callable[[Pointer], None] | None = None,
) -> Path:
    """Publish the tables of one run and serve them.

    Parameters
    ----------
    out : output directory; made where it is missing
    tables : by name; a name may have folders in it (`quarantine/sales`). What comes in batches is
        read and written batch by batch; when reading fails, nothing is published
    run_id : letters, digits, `.`, `_`, `-`; new
    files : name → text, kept beside the night's pointer; part of the same transaction
    before_serving : called when everything is in place and not yet served; when it raises, the
        night is not served

    Returns
    -------
    The night's folder, `out/_nights/run_id`

    Raises
    ------
    OutputError
        A name cannot be a folder, the run is there already, or `out` cannot be written; what was
        served before still is.
    """
    _check_names(run_id, tables, files or {})
    partition = f"as_of_date={as_of_date:%Y-%m-%d}/run_id={run_id}"
    with _publisher(out):
        if night_folder(out, run_id).exists():
            raise OutputError(f"run {run_id} is already published in {out}")
        served = {
            name: _write_table(out / _STAGING, f"{name}/{partition}", table)
            for name, table in tables.items()
        }
        pointer = Pointer(
            as_of_date, run_id, model_version, settings_fingerprint, created_at, valid_until, served
        )
        _write_night(out, pointer, {**(files or {}), REPLACES: _served_now(out)})
        for table in served.values():
            _move(out / _STAGING / table.path, out / table.path)
        if before_serving is not None:
            before_serving(pointer)
        _serve(out, run_id)
    return night_folder(out, run_id)


def adopt_night(out: Path, pointer: Pointer, files: Mapping[str, str]) -> None:
    """Serve a night that was published elsewhere; the parts of its tables are in place already.

    Raises
    ------
    OutputError
        A name cannot be a folder, or `out` cannot be written.
    """
    _check_names(pointer.run_id, pointer.tables, files)
    with _publisher(out):
        if not night_folder(out, pointer.run_id).exists():
            _write_night(out, pointer, files)
        _serve(out, pointer.run_id)


def serve_night(out: Path, run_id: str) -> None:
    """Serve a night that has been served before, in one step: a rollback.

    Raises
    ------
    OutputError
        No such night, or it was never served.
    """
    with _publisher(out):
        if run_id not in served_runs(out):
            raise OutputError(f"run {run_id} has never been served from {out}")
        _serve(out, run_id)


def prune(out: Path, keep_days: int, today: date) -> list[str]:
    """Remove nights published more than `keep_days` before `today`.

    Never the one served now, nor the one before it: tonight's thresholds name its figures as the
    previous ones. Nor the one it replaced, mostly the same: it is what a rollback serves.

    Returns
    -------
    run_id of the nights removed, oldest first
    """
    oldest = today - timedelta(days=keep_days)
    with _publisher(out):
        current = read_pointer(out)
        kept = {night.run_id for night in (current, night_before(out, current)) if night}
        kept.add(replaced_run(out, current.run_id) or "")
        removed = [
            night.run_id
            for night in served_nights(out)
            if night.created_at.date() < oldest and night.run_id not in kept
        ]
        for run_id in removed:
            _withdraw(out, run_id)
    return removed


@contextmanager
def _publisher(out: Path) -> Iterator[None]:
    """Hold the directory for one publisher, tidied before and after."""
    try:
        out.mkdir(parents=True, exist_ok=True)
        with (out / "_publish.lock").open("w") as lock:
            _wait_for(lock)
            _recover(out)
            try:
                yield
            finally:
                shutil.rmtree(out / _STAGING, ignore_errors=True)
    except OSError as error:
        message = f"cannot write to {out}: {error.strerror or error}"
        raise OutputError(f"{message}; what was served before still is") from error


def _wait_for(lock: IO[str]) -> None:
    """Wait until no other process publishes; where files cannot be locked, go on."""
    with suppress(ModuleNotFoundError):
        import fcntl

        fcntl.flock(lock, fcntl.LOCK_EX)


def _recover(out: Path) -> None:
    """Remove what a publish that died has left, and mark what it had already served."""
    shutil.rmtree(out / _STAGING, ignore_errors=True)
    (out / _STAGING).mkdir()
    with suppress(OutputError):
        (night_folder(out, read_pointer(out).run_id) / _MARK).touch()
    served = served_runs(out)
    for night in sorted((out / "_nights").glob("*")):
        if night.name not in served:
            _withdraw(out, night.name)


def _withdraw(out: Path, run_id: str) -> None:
    """Take a night out of the history: its mark first, so that half a night is no night."""
    (night_folder(out, run_id) / _MARK).unlink(missing_ok=True)
    for name, table in read_pointer(out, run_id).tables.items():
        partition = out / table.path
        if partition.exists():
            trash = out / _STAGING / "removed" / run_id / name
            trash.parent.mkdir(parents=True, exist_ok=True)
            partition.rename(trash)
        with suppress(OSError):
            partition.parent.rmdir()
    night_folder(out, run_id).rename(out / _STAGING / f"removed-{run_id}")


def _write_table(staging: Path, path: str, table: pa.Table | pa.RecordBatchReader) -> ServedTable:
    """Write a table, batch by batch where it comes in batches; say where it will be."""
    folder, rows = staging / path, 0
    file = folder / "part-0.parquet"
    folder.mkdir(parents=True)
    with pq.ParquetWriter(file, table.schema, compression="zstd") as writer:
        for part in [table] if isinstance(table, pa.Table) else table:
            writer.write(part)
            rows += part.num_rows
    _flush(file)
    _flush(folder)
    return ServedTable(path, rows, _fingerprint(table.schema))


def _write_night(out: Path, pointer: Pointer, files: Mapping[str, str]) -> None:
    """Write the night's folder (pointer, files, links to its partitions); move it into place."""
    final = night_folder(out, pointer.run_id)
    staged = out / _STAGING / "_night"
    staged.mkdir()
    for name, table in pointer.tables.items():
        (staged / name).parent.mkdir(parents=True, exist_ok=True)
        with suppress(OSError, NotImplementedError):
            target = os.path.relpath(out / table.path, (final / name).parent)
            (staged / name).symlink_to(target, target_is_directory=True)
    for name, text in {**files, _POINTER: pointer.to_json()}.items():
        (staged / name).write_text(text, encoding="utf-8")
        _flush(staged / name)
    _flush(staged)
    _move(staged, final)


def _served_now(out: Path) -> str:
    """run_id of the night served; empty where there is none."""
    try:
        return read_pointer(out).run_id
    except OutputError:
        return ""


def _serve(out: Path, run_id: str) -> None:
    """Swap `latest` (or, without links, `_latest.json`) to a night, then mark it as served."""
    night = night_folder(out, run_id)
    try:
        if not (out / _POINTER).is_symlink():
            _swap_link(out, _POINTER, f"{_LATEST}/{_POINTER}")
        _swap_link(out, _LATEST, str(night.relative_to(out)))
    except (OSError, NotImplementedError):
        copy = out / _STAGING / _POINTER
        shutil.copyfile(night / _POINTER, copy)
        _flush(copy)
        copy.replace(out / _POINTER)
    _flush(out)
    (night / _MARK).touch()


def _swap_link(out: Path, name: str, target: str) -> None:
    link = out / _STAGING / f"link-{name}"
    link.symlink_to(target)
    link.replace(out / name)


def _move(source: Path, target: Path) -> None:
    """Rename into place, and make that last through a power cut."""
    target.parent.mkdir(parents=True, exist_ok=True)
    source.rename(target)
    _flush(target.parent)


def _flush(path: Path) -> None:
    """Force a file or a folder to disk (folders: where the system can)."""
    if path.is_dir() and os.name != "posix":
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _check_names(run_id: str, tables: Iterable[str], files: Iterable[str]) -> None:
    if not _RUN_ID.fullmatch(run_id):
        raise OutputError(f"run_id {run_id!r}: expected letters, digits, '.', '_' or '-'")
    for name in tables:
        if not _TABLE.fullmatch(name) or name == _LATEST:
            raise OutputError(f"table name {name!r}: expected lower-case words, not '{_LATEST}'")
    for name in files:
        if not _FILE.fullmatch(name):
            raise OutputError(f"file name {name!r}: expected lower-case words with an ending")


def _fingerprint(schema: pa.Schema) -> str:
    """16 hex digits that change with a column's name, place, type, nullability or unit."""
    columns = [(f.name, str(f.type), f.nullable, (f.metadata or {}).get(b"unit")) for f in schema]
    return sha256(repr(columns).encode()).hexdigest()[:16]
