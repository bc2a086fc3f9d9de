"""Folders that are not on this machine: s3://bucket/folder, or any other that fsspec knows.

Credentials come from where the store's own tools look for them (for S3: AWS_… variables, a profile,
the machine's role). An address never holds one.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from stockalert.errors import SourceError, StockalertError, UsageError

__all__ = ["RemoteFolder", "cache_folder", "is_url", "local_copy", "open_remote", "told_plainly"]

_URL = re.compile(r"[a-z][a-z0-9+.-]+://")


@dataclass(frozen=True)
class RemoteFolder:
    """A folder of a store.

    Attributes
    ----------
    url : as it was given, without a slash at the end.
    root : the same in the store's own words.
    files : the store itself, an fsspec file system.
    """

    url: str
    root: str
    files: Any = field(repr=False)

    def path(self, relative: str | PurePosixPath) -> str:
        """Return what the store calls a file below the folder."""
        return f"{self.root}/{relative}"

    def listing(self, relative: str = "") -> dict[PurePosixPath, dict[str, Any]]:
        """Return every file below a folder of this one, as it is now, by its path from here.

        A name that no file of a directory could have, or that leads out of it, is left out.
        """
        self.files.invalidate_cache()
        try:
            found = self.files.find(f"{self.root}/{relative}".rstrip("/"), detail=True)
        except FileNotFoundError:
            return {}
        below = {name: name.removeprefix(f"{self.root}/") for name in sorted(found)}
        return {
            PurePosixPath(path): found[name]
            for name, path in below.items()
            if path != name and _is_plain(PurePosixPath(path), path)
        }

    def read(self, relative: str) -> bytes | None:
        """Return the contents of a file; None where it is not there."""
        self.files.invalidate_cache()
        try:
            found: bytes = self.files.cat_file(self.path(relative))
        except FileNotFoundError:
            return None
        return found

    def write(self, relative: str, contents: bytes) -> None:
        """Write a file in one request; object stores show all of it or nothing."""
        self._make_room(relative)
        self.files.pipe_file(self.path(relative), contents)

    def upload(self, file: Path, relative: str) -> None:
        """Copy a local file here."""
        self._make_room(relative)
        self.files.put_file(str(file), self.path(relative))

    def download(self, relative: str | PurePosixPath, file: Path) -> None:
        """Copy a file to this machine, whole or not at all."""
        file.parent.mkdir(parents=True, exist_ok=True)
        incoming = file.with_name(f"_{file.name}.incoming")
        self.files.get_file(self.path(relative), str(incoming))
        incoming.replace(file)

    def remove(self, relatives: list[str]) -> None:
        """Remove files."""
        if relatives:
            self.files.rm([self.path(relative) for relative in relatives])

    def _make_room(self, relative: str) -> None:
        """Make the folders above a file, where the store has such a thing."""
        if "s3" not in self.files.protocol:
            self.files.makedirs(self.path(relative).rpartition("/")[0], exist_ok=True)


def is_url(place: Path | str) -> bool:
    """Whether a place is a folder of a store, not of this machine.

    Examples
    --------
    >>> is_url("s3://shop/data"), is_url("data"), is_url("/srv/data")
    (True, False, False)
    """
    return isinstance(place, str) and bool(_URL.match(place))


def open_remote(url: str) -> RemoteFolder:
    """Open a folder of a store; nothing is asked of it yet.

    Raises
    ------
    UsageError
        The address holds a password, or no installed package knows its kind of store.
    """
    import fsspec

    authority = url.partition("://")[2].partition("/")[0]
    if "@" in authority or "?" in url:
        raise UsageError(
            "the address of a folder holds a user, a password or options; leave them out and set "
            f"the store's own environment variables: {url.partition('://')[0]}://…"
        )
    try:
        files, root = fsspec.core.url_to_fs(url, use_listings_cache=False, skip_instance_cache=True)
    except (ValueError, ImportError) as error:
        raise UsageError(f"cannot use {url}: {error}") from None
    return RemoteFolder(url.rstrip("/"), root.rstrip("/"), files)


@contextmanager
def told_plainly(url: str, kind: type[StockalertError] = SourceError) -> Iterator[None]:
    """Turn what a store raises into one error that names the folder."""
    try:
        yield
    except StockalertError:
        raise
    except Exception as error:  # each store has its own: none of them is ours
        reason = str(error).strip().partition("\n")[0] or type(error).__name__
        cause = error if isinstance(error, OSError) else OSError(reason)
        if cause is not error:  # a step tries again what an OSError has caused
            cause.__cause__ = error
        raise kind(f"cannot use {url}: {reason}") from cause


def cache_folder(setting: str) -> Path:
    """Return the folder of local copies: the setting, or the user's cache folder."""
    if setting:
        return Path(setting).expanduser().absolute()
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(home).absolute() / "stockalert"


def local_copy(url: str, kind: str, cache: Path) -> Path:
    """Return where the copy of a folder is kept: one place for each address.

    Examples
    --------
    >>> local_copy("s3://shop/eu/out", "out", Path("/cache")).relative_to("/cache")
    PosixPath('out/out-ba1c90255f69')
    """
    address = url.rstrip("/")
    readable = re.sub(r"[^A-Za-z0-9_-]+", "-", address.rpartition("/")[2])[:40]
    return cache / kind / f"{readable}-{hashlib.sha256(address.encode()).hexdigest()[:12]}"


def _is_plain(path: PurePosixPath, name: str) -> bool:
    return str(path) == name and ".." not in path.parts and not path.is_absolute()
