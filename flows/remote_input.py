"""Input tables of a store: mirrored to this machine, only what has changed since the last time."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Any

from flows.progress import report
from flows.remote import RemoteFolder, open_remote, told_plainly
from stockalert.errors import SourceError, UsageError
from stockalert.tables.inputs import INPUT_TABLES

__all__ = ["mirrored"]

_RECORD = "_mirror.json"
_SUFFIXES = (".parquet", ".csv")


def mirrored(url: str, copy: Path) -> list[str]:
    """Bring the local copy of a data directory up to date.

    A file counts as unchanged while the store names the same size and version (its ETag, or the
    time it was written); that time becomes the copy's own. Each file is replaced whole.

    Parameters
    ----------
    url : of the data directory.
    copy : local folder; only the tables of the contract are copied there.

    Returns
    -------
    Names at the top of the directory that no table has; they are not copied

    Raises
    ------
    SourceError
        The store cannot be reached or refuses us, or a file keeps changing while it is copied.
    UsageError
        There is nothing at this address.
    """
    with told_plainly(url), _updating(copy):
        remote = open_remote(url)
        listing = remote.listing()
        if not listing:
            raise UsageError(f"there is no data directory {url}, or nothing in it")
        wanted = {path: facts for path, facts in listing.items() if _is_part(path)}
        _update(remote, copy, wanted)
    tops = {path.parts[0] for path in listing if not path.parts[0].startswith((".", "_"))}
    return sorted(tops - {path.parts[0] for path in wanted})


@contextmanager
def _updating(copy: Path) -> Iterator[None]:
    """Let one run at a time update the copy."""
    try:
        copy.mkdir(parents=True, exist_ok=True)
        with (copy / "_lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
    except PermissionError as error:
        raise SourceError(f"cannot write the local copy {copy}: {error.strerror}") from None


def _update(remote: RemoteFolder, copy: Path, wanted: dict[PurePosixPath, dict[str, Any]]) -> None:
    record = _recorded(copy)
    versions = {str(path): _version(facts) for path, facts in wanted.items()}
    stale = [path for path in wanted if not _is_current(copy, path, record, versions)]
    for done, path in enumerate(stale, start=1):
        versions[str(path)] = _copied(remote, copy, path, wanted[path])
        report("copying input", done, len(stale))
    _drop_others(copy, set(wanted))
    text = json.dumps(versions, indent=0)
    (copy / f"{_RECORD}.new").write_text(text, encoding="utf-8")
    (copy / f"{_RECORD}.new").replace(copy / _RECORD)


def _copied(
    remote: RemoteFolder, copy: Path, path: PurePosixPath, facts: dict[str, Any]
) -> list[Any]:
    """Copy one file; where it was replaced meanwhile, copy it once more."""
    for _ in range(2):
        remote.download(path, copy / path)
        if (copy / path).stat().st_size == facts["size"]:
            written = _written_at(facts)
            if written is not None:
                os.utime(copy / path, (written.timestamp(), written.timestamp()))
            return _version(facts)
        facts = remote.files.info(remote.path(path))
    raise SourceError(f"{remote.url}/{path} keeps changing while it is copied; try again later")


def _is_current(
    copy: Path, path: PurePosixPath, record: dict[str, Any], versions: dict[str, list[Any]]
) -> bool:
    file, (size, tag) = copy / path, versions[str(path)]
    known = bool(tag) and record.get(str(path)) == [size, tag]
    return known and file.is_file() and file.stat().st_size == size


def _drop_others(copy: Path, wanted: set[PurePosixPath]) -> None:
    """Remove copies of files that are no longer there, and what a run that died has left."""
    kept = {copy / path for path in wanted} | {copy / "_lock", copy / _RECORD}
    for file in copy.rglob("*"):
        if file.is_file() and file not in kept:
            file.unlink()
    for folder in sorted((f for f in copy.rglob("*") if f.is_dir()), reverse=True):
        if not any(folder.iterdir()):
            folder.rmdir()


def _recorded(copy: Path) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads((copy / _RECORD).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found


def _version(facts: dict[str, Any]) -> list[Any]:
    """What changes with a file's contents: its size, and its ETag or the time of writing."""
    tag = facts.get("ETag") or facts.get("etag") or facts.get("md5Hash") or _written_at(facts)
    return [facts["size"], str(tag or "")]


def _written_at(facts: dict[str, Any]) -> datetime | None:
    for name in ("LastModified", "last_modified", "mtime", "modified", "updated", "created"):
        value = facts.get(name)
        if isinstance(value, datetime):
            return value
        if isinstance(value, int | float):
            return datetime.fromtimestamp(value, tz=UTC)
    return None


def _is_part(path: PurePosixPath) -> bool:
    """Whether a file belongs to a table: NAME.parquet, NAME.csv, or a part below NAME/."""
    if path.suffix not in _SUFFIXES or any(part.startswith((".", "_")) for part in path.parts):
        return False
    return (path.stem if len(path.parts) == 1 else path.parts[0]) in INPUT_TABLES
