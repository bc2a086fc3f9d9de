"""Boosters trained by the workers of a Dask cluster together, for rows too many for one machine.

Every worker reads its share of the rows from the file that they lie in, which must be within reach
of all of them, and LightGBM's data-parallel learner adds their histograms up. Bins are found from
what single workers hold, so the boosters differ a little from those of one machine, and from those
of another number of workers; docs/scaling.md says by how much. There is no early stopping.

A worker that is lost ends the training with an error (`models.cluster_watch`).
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import pairwise
from typing import Any

import dask.array
import lightgbm as lgb
import numpy as np
from dask.delayed import delayed

from models.binning import Batches
from models.cluster_watch import while_all_live
from stockalert.arrays import FloatArray, IntArray

__all__ = ["train_together"]

arrays: Any = dask.array  # it has no types

FEWEST_PARTS_PER_WORKER = 2
MOST_ROWS_OF_PART = 500_000


def train_together(
    client: Any,
    values: FloatArray,
    target: FloatArray,
    weight: FloatArray | None,
    *,
    which: IntArray,
    codes: Sequence[int],
    settings: Sequence[tuple[int, Mapping[str, Any]]],
    on_level: Callable[[int, int], None] | None = None,
) -> list[lgb.Booster]:
    """Train one booster per level.

    Parameters
    ----------
    client : `distributed.Client` of the cluster
    values : float32, mapped from a file that every worker can open under the same name
    target, weight : shape (n_wanted,), of the rows in `which`
    which : ascending positions of the rows to train on
    codes : columns of category codes
    settings : per level, the number of trees and LightGBM's parameters

    Raises
    ------
    ValueError
        The rows do not lie in a file.
    ClusterError
        A worker was lost.
    """
    if not isinstance(values, np.memmap):
        raise ValueError("rows to train on together must lie in a file that every worker can read")
    parts = _parts(len(which), len(client.scheduler_info()["workers"]))
    X = arrays.concatenate([_shared(values, which[part], codes) for part in parts])
    X = client.persist(X)
    y = arrays.from_array(target, (X.chunks[0],))
    w = None if weight is None else arrays.from_array(weight, (X.chunks[0],))
    boosters = []
    for done, (n_trees, parameters) in enumerate(settings, start=1):
        own = {k: v for k, v in parameters.items() if k not in ("num_threads", "metric")}
        work = partial(_booster, client, (X, y, w), codes, n_estimators=n_trees, **own)
        boosters.append(while_all_live(client, work))
        if on_level is not None:
            on_level(done, len(settings))
    return boosters


def _booster(
    client: Any, rows: tuple[Any, Any, Any], codes: Sequence[int], **parameters: Any
) -> lgb.Booster:
    """Train one booster with all workers that hold rows."""
    X, y, weight = rows
    model = lgb.DaskLGBMRegressor(client=client, tree_learner="data", **parameters)
    with client.as_current(), warnings.catch_warnings():
        # Every worker has its own number of threads; LightGBM says so each time.
        warnings.filterwarnings("ignore", "Parameter n_jobs will be ignored", UserWarning)
        model.fit(X, y, sample_weight=weight, categorical_feature=list(codes))
    return lgb.Booster(model_str=model.booster_.model_to_string())


def _parts(n_rows: int, n_workers: int) -> list[slice]:
    """Equal shares, several per worker."""
    n_parts = max(FEWEST_PARTS_PER_WORKER * n_workers, -(-n_rows // MOST_ROWS_OF_PART))
    ends = np.linspace(0, n_rows, n_parts + 1).astype(int).tolist()
    return [slice(a, b) for a, b in pairwise(ends) if b > a]


def _shared(values: np.memmap[Any, Any], which: IntArray, codes: Sequence[int]) -> Any:
    """One part, to be read by the worker that it falls to."""
    part = delayed(_read)(str(values.filename), values.shape, which, list(codes))
    return arrays.from_delayed(part, (len(which), values.shape[1]), dtype=np.float32)


def _read(path: str, shape: tuple[int, int], which: IntArray, codes: list[int]) -> FloatArray:
    batches = Batches(np.memmap(path, np.float32, "r", shape=shape), which, codes)
    try:
        return batches[0 : len(which)]
    finally:
        batches.close()
