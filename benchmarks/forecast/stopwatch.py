"""How long LightGBM itself runs, told apart from everything around it.

In seconds of the processor: on one thread those of a clock on a machine with nothing else to do.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import wraps
from typing import Any
from unittest.mock import patch

import lightgbm

__all__ = ["Stopwatch", "inside_lightgbm"]

_CALLS = (
    (lightgbm, "train"),
    (lightgbm.Booster, "__init__"),
    (lightgbm.Booster, "predict"),
    (lightgbm.Booster, "model_to_string"),
    (lightgbm.Dataset, "construct"),
)


@dataclass
class Stopwatch:
    """Processor seconds so far, and how many timed calls are open within each other."""

    seconds: float = 0.0
    depth: int = 0

    def around(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return `function`, timed; a call within a timed call counts once."""

        @wraps(function)
        def timed(*args: Any, **kwargs: Any) -> Any:
            start = time.process_time()
            self.depth += 1
            try:
                return function(*args, **kwargs)
            finally:
                self.depth -= 1
                if not self.depth:
                    self.seconds += time.process_time() - start

        return timed


@contextmanager
def inside_lightgbm() -> Iterator[Stopwatch]:
    """Time every call into LightGBM while the block runs: binning, trees, prediction, text."""
    watch = Stopwatch()
    with ExitStack() as patches:
        for owner, name in _CALLS:
            timed = watch.around(getattr(owner, name))
            patches.enter_context(patch.object(owner, name, timed))
        yield watch
