"""Which input files are as they were: by what the file system says, else by their bytes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from hashlib import blake2b, file_digest
from pathlib import Path

from flows.manifest import FileEntry

__all__ = ["Probe", "file_system_time", "look_at"]

_TICK = 2_000_000_000
"""Nanoseconds within which two writes of a file may carry the same time (FAT: two seconds)."""


@dataclass(frozen=True)
class Probe:
    """What was found of one file.

    Attributes
    ----------
    entry : how it is to be remembered.
    changed : its bytes are not those of the last time, or it is new.
    """

    entry: FileEntry
    changed: bool


def file_system_time(folder: Path) -> int:
    """Return the time by the file system's own clock, in nanoseconds."""
    mark = folder / ".now"
    mark.write_bytes(b"")
    try:
        return mark.stat().st_mtime_ns
    finally:
        mark.unlink()


def look_at(file: Path, name: str, before: Mapping[str, FileEntry], *, now: int) -> Probe:
    """Compare a file with what is remembered of it; its bytes are read only where times differ.

    Parameters
    ----------
    name : under which it is remembered.
    now : see `file_system_time`; a file changed within the last moments may change again without
        another time, so the next run will look at its bytes.
    """
    stat, known = file.stat(), before.get(name)
    seen = (stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino)
    settled = max(stat.st_mtime_ns, stat.st_ctime_ns) < now - _TICK
    if known is not None and known.settled and seen == _seen(known):
        return Probe(known, changed=False)
    with file.open("rb") as stream:
        content = file_digest(stream, lambda: blake2b(digest_size=16)).hexdigest()
    if known is not None and known.content == content:
        size, modified, moved, inode = seen
        same = replace(
            known, size=size, modified=modified, changed=moved, inode=inode, settled=settled
        )
        return Probe(same, changed=False)
    return Probe(FileEntry(name, *seen, settled, content, ""), changed=True)


def _seen(entry: FileEntry) -> tuple[int, int, int, int]:
    return entry.size, entry.modified, entry.changed, entry.inode
