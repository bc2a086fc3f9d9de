"""Memory that one stage of a night has finished with is there for the next one, and for others."""

from __future__ import annotations

import ctypes
import gc
from collections.abc import Callable
from contextlib import suppress
from functools import wraps
from typing import ParamSpec, TypeVar

__all__ = ["give_back", "hold_little", "tidied"]

P = ParamSpec("P")
R = TypeVar("R")

_MMAP_THRESHOLD, _TRIM_THRESHOLD, _ARENA_MAX = -3, -1, -8
"""Parameters of glibc's mallopt."""
_LARGE_BYTES = 1024**2
_ARENAS = 2


def hold_little() -> None:
    """Let the allocator keep little of what is freed: arrays of some MiB go back at once."""
    with suppress(OSError, AttributeError):  # only glibc can be told
        libc = ctypes.CDLL("libc.so.6")
        libc.mallopt(_MMAP_THRESHOLD, _LARGE_BYTES)
        libc.mallopt(_TRIM_THRESHOLD, _LARGE_BYTES)
        libc.mallopt(_ARENA_MAX, _ARENAS)


def give_back(*, cycles: bool = False) -> None:
    """Return what is free to the system: a night's stages hold pieces of different sizes.

    Parameters
    ----------
    cycles : look for objects that only hold each other, which takes longer
    """
    if cycles:
        gc.collect()
    with suppress(OSError, AttributeError):
        ctypes.CDLL("libc.so.6").malloc_trim(0)


def tidied(function: Callable[P, R]) -> Callable[P, R]:
    """Give memory back when a function has done its work."""

    @wraps(function)
    def done(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return function(*args, **kwargs)
        finally:
            give_back()

    return done
