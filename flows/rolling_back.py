"""Serve an earlier night again."""

from __future__ import annotations

from pathlib import Path

from stockalert.errors import OutputError, UsageError
from stockalert.publishing import serve_night
from stockalert.served import Pointer, read_pointer, served_nights

__all__ = ["roll_back"]


def roll_back(out: Path, run_id: str | None = None) -> Pointer:
    """Serve a night that was served before; without a name, the one published before this one.

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
    if run_id is None:
        place = [night.run_id for night in nights].index(current.run_id)
        if not place:
            raise OutputError(
                f"run {current.run_id} of {current.as_of_date} is the first night in {out}; "
                "there is none to go back to"
            )
        run_id = nights[place - 1].run_id
    elif run_id not in {night.run_id for night in nights}:
        known = ", ".join(night.run_id for night in nights[-3:])
        raise UsageError(f"no night {run_id} in {out}; the last are {known} (see --list)")
    serve_night(out, run_id)
    return read_pointer(out)
