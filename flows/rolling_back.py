"""Serve an earlier night again."""

from __future__ import annotations

from pathlib import Path

from stockalert.errors import OutputError, UsageError
from stockalert.publishing import serve_night
from stockalert.served import Pointer, read_pointer, replaced_run, served_nights

__all__ = ["roll_back"]


def roll_back(out: Path, run_id: str | None = None) -> Pointer:
    """Serve a night that was served before; without a name, the one that this one replaced.

    What a night replaced is on record with it: times of publishing would lie after a clock was
    set back. Nights from before there was such a record go by these times.

    Returns
    -------
    The pointer of what is served now

    Raises
    ------
    UsageError
        No such night.
    OutputError
        Nothing is published, or there is no earlier night.
    """
    current, nights = read_pointer(out), served_nights(out)
    known = [night.run_id for night in nights]
    if run_id is None:
        run_id = _before(out, current, known)
    elif run_id not in known:
        last = ", ".join(known[-3:])
        raise UsageError(f"no night {run_id} in {out}; the last are {last} (see --list)")
    serve_night(out, run_id)
    return read_pointer(out)


def _before(out: Path, current: Pointer, known: list[str]) -> str:
    """Name the night that the current one replaced.

    Parameters
    ----------
    known : run_id of every night, in the order of their times
    """
    before = replaced_run(out, current.run_id)
    if before is None:
        place = known.index(current.run_id)
        before = known[place - 1] if place else ""
    if not before:
        raise OutputError(
            f"run {current.run_id} of {current.as_of_date} is the first night in {out}; "
            "there is none to go back to"
        )
    if before not in known:
        raise OutputError(
            f"run {current.run_id} of {current.as_of_date} replaced run {before}, which is kept no "
            "longer; choose a night of --list and name it with --to"
        )
    return before
