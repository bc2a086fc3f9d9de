"""Where blocks of series are worked on: one after the other here, or on a Dask cluster."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from flows.progress import report
from flows.settings import Settings
from stockalert.errors import StockalertError

__all__ = ["Failure", "each_block", "on_blocks"]

A = TypeVar("A")
R = TypeVar("R")

TRIES = 2


@dataclass(frozen=True)
class Failure:
    """A block that failed, again after another try.

    Attributes
    ----------
    reason : the error in one line
    """

    error: Exception

    @property
    def reason(self) -> str:
        """The error in one line."""
        text = str(self.error).strip().splitlines()
        return f"{type(self.error).__name__}: {text[0] if text else 'no reason given'}"


def on_blocks(
    settings: Settings, name: str, work: Callable[[A], R], blocks: Sequence[A]
) -> list[R | Failure]:
    """Do the same work on every block, and keep all results; see `each_block`."""
    return list(each_block(settings, name, work, blocks))


def each_block(
    settings: Settings, name: str, work: Callable[[A], R], blocks: Sequence[A]
) -> Iterator[R | Failure]:
    """Do the same work on every block, where the settings say; results in the blocks' order.

    Parameters
    ----------
    name : shown as progress
    work : a function of a module, so that workers find it by its name

    Raises
    ------
    StockalertError
        The work found something wrong that no other try would mend.
    Exception
        Every block failed: that of the first, after the last.
    """
    runner = _on_dask if settings.scale.runner == "dask" and len(blocks) > 1 else _here
    failed: list[Failure] = []
    report(name, 0, len(blocks))
    for done, result in enumerate(runner(settings, name, work, blocks), start=1):
        if isinstance(result, Failure):
            if isinstance(result.error, StockalertError):
                raise result.error
            failed.append(result)
        report(name, done, len(blocks))
        yield result
    if failed and len(failed) == len(blocks):
        raise failed[0].error


def _here(
    settings: Settings, name: str, work: Callable[[A], R], blocks: Sequence[A]
) -> Iterator[R | Failure]:
    del settings, name
    for block in blocks:
        yield _tried(work, block)


def _tried(work: Callable[[A], R], block: A) -> R | Failure:
    """Try again what fails: disks and neighbours recover."""
    for attempt in range(1, TRIES + 1):
        try:
            return work(block)
        except StockalertError as error:
            return Failure(error)
        except Exception as error:
            if attempt == TRIES:
                return Failure(error)
    raise AssertionError("unreachable")


def _on_dask(
    settings: Settings, name: str, work: Callable[[A], R], blocks: Sequence[A]
) -> Iterator[Any]:
    from flows.dask_blocks import mapped

    scale = settings.scale
    yield from mapped(name, work, blocks, address=scale.address, workers=scale.workers, tries=TRIES)
