"""Faults of the disk that is written to, told apart from faults of what is read."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from stockalert.errors import OutputError

__all__ = ["is_full", "naming_full_disk"]

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_WORDS = ("No space left", "File too large", "quota exceeded", "max_temp_directory_size")


def is_full(error: BaseException) -> bool:
    """Tell whether there was no room to write.

    Examples
    --------
    >>> is_full(OSError(errno.ENOSPC, "No space left on device")), is_full(OSError("broken"))
    (True, False)
    """
    if isinstance(error, OSError) and error.errno in _FULL:
        return True
    return isinstance(error, OSError | duckdb.Error) and any(w in str(error) for w in _WORDS)


@contextmanager
def naming_full_disk(folder: Path) -> Iterator[None]:
    """Say in plain words that the disk is full.

    Raises
    ------
    OutputError
        There was no room to write; whatever was there before still is.
    """
    try:
        yield
    except (OSError, duckdb.Error) as error:
        if not is_full(error):
            raise
        raise OutputError(
            f"no room left to write in {folder}: make room and run again; "
            "nothing was published, and what was read on earlier nights is kept"
        ) from error
