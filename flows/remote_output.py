"""Publishing to a store: the local OUT is a work copy, one written object makes a night served.

    URL/NAME/as_of_date=…/run_id=…/part-0.parquet   as on disk
    URL/_nights/RUN_ID/_latest.json                  written first: what this night is made of
    URL/_nights/RUN_ID/…                             settings, summary and input of the run
    URL/_latest.json                                 written last, in one request: the night served
    URL/_nights/RUN_ID/_served                       mark: this night has been served

A store has no rename and no links, but it replaces one object at once. A reader follows
`_latest.json`, and what that names is never changed, and removed only when another night is served.
An upload that dies leaves a night without mark, which a later run removes. One publisher at a time:
a second one that finds another night served than the one it began with stops and changes nothing.
"""

from __future__ import annotations

import shutil
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path, PurePosixPath

from flows.progress import report
from flows.remote import RemoteFolder, local_copy, open_remote, told_plainly
from stockalert.errors import OutputError
from stockalert.publishing import adopt_night
from stockalert.served import (
    REPLACES,
    Pointer,
    night_before,
    night_folder,
    read_pointer,
    replaced_run,
    served_runs,
)

__all__ = ["RemoteOutput", "open_output"]

KEPT_HERE = 8
"""Nights that a run may look back on: what a machine without a work copy fetches first."""

_POINTER, _MARK, _NIGHTS = "_latest.json", "_served", "_nights"
_SURELY_DEAD = timedelta(days=2)


@dataclass(frozen=True)
class RemoteOutput:
    """An output directory of a store and its work copy on this machine."""

    remote: RemoteFolder
    local: Path

    def pull(self, as_of: date | None, now: datetime) -> bool:
        """Make the work copy serve what the store serves, with the nights a run looks back on.

        Parameters
        ----------
        as_of : of the run; the last night of an earlier day is fetched as well.
        now : nights that an upload left two days before it are removed from the store.

        Returns
        -------
        Whether another machine has published, or this one has no work copy yet

        Raises
        ------
        OutputError
            The store cannot be reached or refuses us, or holds a pointer that cannot be read.
        """
        with told_plainly(self.remote.url, OutputError):
            current = self._served()
            if current is None:
                return self._begin_anew()
            marked, unmarked = self._nights()
            for run_id in unmarked - {current.run_id}:
                self._remove_dead(run_id, now)
            if current.run_id in unmarked:
                self._mark(current.run_id)
            moved = not _serves(self.local, current.run_id)
            wanted = self._looked_back_on(current, marked - {current.run_id}, as_of)
            for night in wanted:
                self._install(night)
            if not _serves(self.local, current.run_id):
                self._install(current)
            return moved

    def push(self, night: Pointer) -> None:
        """Upload a night whose tables lie in the work copy, and serve it from the store.

        Raises
        ------
        OutputError
            The store cannot be written, or another machine has published meanwhile; the night
            that was served still is.
        """
        with told_plainly(self.remote.url, OutputError):
            self._refuse_a_race(night)
            folder = f"{_NIGHTS}/{night.run_id}"
            self.remote.write(f"{folder}/{_POINTER}", night.to_json().encode())
            files = [file for table in night.tables.values() for file in _parts(self.local, table)]
            files += list(_files(night_folder(self.local, night.run_id)))
            for done, file in enumerate(files, start=1):
                self.remote.upload(file, file.relative_to(self.local).as_posix())
                report("uploading", done, len(files))
            self._refuse_a_race(night)
            self.remote.write(_POINTER, night.to_json().encode())
        with suppress(Exception):  # it is served already; the next run writes a missing mark
            self._mark(night.run_id)

    def serve(self, run_id: str) -> None:
        """Serve a night of the store that has been served before: a rollback."""
        with told_plainly(self.remote.url, OutputError):
            folder = f"{_NIGHTS}/{run_id}"
            night = self._pointer(f"{folder}/")
            if night is None or self.remote.read(f"{folder}/{_MARK}") is None:
                raise OutputError(f"run {run_id} has never been served from {self.remote.url}")
            self.remote.write(_POINTER, night.to_json().encode())

    def prune(self, keep_days: int, today: date) -> list[str]:
        """Remove from the store nights published more than `keep_days` before `today`.

        Never the night served, nor the one before it; run_id of those removed are returned.
        """
        with told_plainly(self.remote.url, OutputError):
            current, removed = self._served(), []
            if current is None:
                return []
            before = night_before(self.local, current)
            kept = {night.run_id for night in (current, before) if night}
            kept.add(replaced_run(self.local, current.run_id) or "")
            for run_id in sorted(self._nights()[0] - kept):  # their names sort by time
                night = self._pointer(f"{_NIGHTS}/{run_id}/")
                if night and night.created_at.date() >= today - timedelta(days=keep_days):
                    break
                self._withdraw(run_id, night)
                removed.append(run_id)
            return removed

    def keep_refused(self, run_id: str) -> None:
        """Upload what a run that published nothing has left: refused rows, a refused night."""
        left = [*self.local.glob(f"quarantine/*/*/run_id={run_id}/*.parquet")]
        left += [file for file in (self.local / "_refused" / run_id).rglob("*") if file.is_file()]
        with told_plainly(self.remote.url, OutputError):
            for file in left:
                self.remote.upload(file, file.relative_to(self.local).as_posix())

    def _served(self) -> Pointer | None:
        return self._pointer("")

    def _pointer(self, folder: str) -> Pointer | None:
        contents = self.remote.read(f"{folder}{_POINTER}")
        try:
            return None if contents is None else _checked(Pointer.from_json(contents.decode()))
        except (ValueError, KeyError, TypeError) as error:
            url = f"{self.remote.url}/{folder}{_POINTER}"
            raise OutputError(f"cannot read {url}: {error}") from error

    def _nights(self) -> tuple[set[str], set[str]]:
        """Return the nights of the store with the mark of having been served, and those without."""
        found = [path.parts[1:] for path in self.remote.listing(_NIGHTS) if len(path.parts) == 3]
        marked = {run_id for run_id, name in found if name == _MARK}
        return marked, {run_id for run_id, _ in found} - marked

    def _mark(self, run_id: str) -> None:
        self.remote.write(f"{_NIGHTS}/{run_id}/{_MARK}", b"served")

    def _looked_back_on(
        self, current: Pointer, others: set[str], as_of: date | None
    ) -> list[Pointer]:
        """Return the last nights, oldest first: with the last of an earlier day, and the one that
        a rollback would serve."""
        days = [current.as_of_date, *([as_of] if as_of else [])]
        wanted: list[Pointer] = []
        for run_id in sorted(others, reverse=True):
            enough = len(wanted) >= KEPT_HERE - 1
            missing = [day for day in days if not any(n.as_of_date < day for n in wanted)]
            if enough and not missing:
                break
            night = self._pointer(f"{_NIGHTS}/{run_id}/")
            if night and (not enough or any(night.as_of_date < day for day in missing)):
                wanted.append(night)
        record = self.remote.read(f"{_NIGHTS}/{current.run_id}/{REPLACES}") or b""
        replaced = others.intersection([record.decode()]) - {night.run_id for night in wanted}
        wanted += [night for name in replaced if (night := self._pointer(f"{_NIGHTS}/{name}/"))]
        return wanted[::-1]

    def _install(self, night: Pointer) -> None:
        """Fetch a night into the work copy, and serve it there."""
        if not (self.local / _NIGHTS / night.run_id / _MARK).exists():
            for table in night.tables.values():
                for path in self.remote.listing(table.path):
                    self.remote.download(path, self.local / path)
        beside = {
            path.name: self.remote.read(path.as_posix()) or b""
            for path in self.remote.listing(f"{_NIGHTS}/{night.run_id}")
            if path.name not in (_POINTER, _MARK)
        }
        adopt_night(self.local, night, {name: text.decode() for name, text in beside.items()})

    def _begin_anew(self) -> bool:
        """Forget the work copy of an output that the store no longer holds."""
        if not (self.local / _POINTER).exists():
            return False
        for entry in self.local.iterdir():
            if entry.name not in ("_lock", "_work", "_prefect"):
                entry.unlink() if not entry.is_dir() or entry.is_symlink() else shutil.rmtree(entry)
        return True

    def _refuse_a_race(self, night: Pointer) -> None:
        """Stop where the store serves another night than the one the work copy came from."""
        found, known = self._served(), served_runs(self.local)
        if found and found.run_id != night.run_id and not _serves(self.local, found.run_id):
            raise OutputError(
                f"{self.remote.url} serves run {found.run_id}, which another machine published "
                "meanwhile; nothing of this run is served: start it again"
            )
        if found is None and known:
            raise OutputError(f"{self.remote.url} was emptied meanwhile; start the run again")

    def _remove_dead(self, run_id: str, now: datetime) -> None:
        night = self._pointer(f"{_NIGHTS}/{run_id}/")
        if night is None or _naive(now) - _naive(night.created_at) > _SURELY_DEAD:
            self._withdraw(run_id, night)

    def _withdraw(self, run_id: str, night: Pointer | None) -> None:
        """Take a night out of the store: its mark first, its pointer last."""
        folder = f"{_NIGHTS}/{run_id}"
        names = [path.as_posix() for path in self.remote.listing(folder)]
        self.remote.remove([name for name in names if name.endswith(f"/{_MARK}")])
        for table in night.tables.values() if night else ():
            self.remote.remove([path.as_posix() for path in self.remote.listing(table.path)])
        self.remote.remove([name for name in names if not name.endswith((_MARK, _POINTER))])
        self.remote.remove([name for name in names if name.endswith(f"/{_POINTER}")])


def open_output(url: str, cache: Path) -> RemoteOutput:
    """Name the output directory of a store and its work copy; nothing is read yet."""
    return RemoteOutput(open_remote(url), local_copy(url, "out", cache))


def _serves(out: Path, run_id: str) -> bool:
    return (out / _POINTER).exists() and read_pointer(out).run_id == run_id


def _parts(out: Path, table: object) -> list[Path]:
    return sorted((out / table.path).glob("*.parquet"))  # type: ignore[attr-defined]


def _files(folder: Path) -> list[Path]:
    """The files beside a night's pointer; its links lead to tables that are uploaded already."""
    found = (file for file in folder.iterdir() if file.is_file() and not file.is_symlink())
    return sorted(file for file in found if file.name not in (_POINTER, _MARK))


def _checked(night: Pointer) -> Pointer:
    """Refuse a pointer that would lead out of the folder."""
    places = [PurePosixPath(night.run_id), *(PurePosixPath(t.path) for t in night.tables.values())]
    if any(place.is_absolute() or ".." in place.parts for place in places):
        raise ValueError("a path in it leads out of the folder")
    return night


def _naive(moment: datetime) -> datetime:
    return moment.replace(tzinfo=None)
