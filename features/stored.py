"""A panel on disk: read in blocks, mapped rather than held, so that memory does not grow with it.

Files of one folder: `series.parquet`, `panel.npz` and, per measure, its rows as float32.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from features.censoring import closed_by_sellers, sellers_at
from features.outline import Outline, read_outline
from features.panel import MEASURES, PASS_SERIES, Panel, measure_file, read_rows, slices
from features.reading import mark_closed, read_block
from features.series_index import SeriesIndex
from stockalert.arrays import FloatArray

__all__ = ["open_panel", "read_stored", "store_panel"]


def store_panel(
    tables: Path, store: Path, *, period: str, as_of: date, begun_only: bool = False
) -> Panel:
    """Read a panel as `features.reading.read_panel` does, block by block, into the folder `store`.

    Parameters
    ----------
    store : created, with its parents
    begun_only : leave out series that have not begun, as `Panel.begun`

    Returns
    -------
    The panel, mapped from the files.
    """
    outline = read_outline(tables, period=period, as_of=as_of)
    store.mkdir(parents=True)
    location = SeriesIndex.of(outline.series).location
    sellers = np.zeros((int(location.max(initial=-1)) + 1, len(outline.periods)))
    with ExitStack() as files:
        to = {n: files.enter_context(measure_file(store, n).open("wb")) for n in MEASURES}
        series, first = [], []
        for which, block in _blocks(tables, outline):
            sellers += sellers_at(block.units, location[which], len(sellers))
            kept = block.block(block.first < block.n_periods) if begun_only else block
            series.append(kept.series)
            first.append(kept.first)
            measured = [n for n in MEASURES if getattr(kept, n) is not None]
            for name in measured:
                getattr(kept, name).tofile(to[name])
    everything = pd.concat(series, ignore_index=True)
    everything.to_parquet(store / "series.parquet")
    np.savez(
        store / "panel.npz",
        periods=outline.periods,
        period_days=outline.period_days,
        first=np.concatenate(first),
        measures=np.array(measured),
    )
    panel = open_panel(store)
    if outline.stocked:
        _mark_closed(panel, sellers)
    return panel


def read_stored(store: Path, which: slice) -> Panel:
    """Read some series of the panel that `store_panel` wrote, and nothing else.

    Raises
    ------
    OSError
        A file is missing, or cut off before their end.
    """
    facts = _facts(store)
    width = len(facts["periods"])
    measures: dict[str, Any] = {
        name: read_rows(measure_file(store, name), which.start, which.stop, width)
        for name in facts["measures"].tolist()
    }
    return Panel(
        series=_series(store).iloc[which],
        periods=facts["periods"],
        period_days=int(facts["period_days"]),
        first=facts["first"][which],
        **measures,
    )


def open_panel(store: Path) -> Panel:
    """Map the panel that `store_panel` wrote.

    Raises
    ------
    OSError
        A file is missing or cut off.
    """
    facts = _facts(store)
    shape = len(facts["first"]), len(facts["periods"])
    return Panel(
        series=_series(store),
        periods=facts["periods"],
        period_days=int(facts["period_days"]),
        first=facts["first"],
        store=store,
        **{name: _mapped(measure_file(store, name), shape) for name in facts["measures"].tolist()},
    )


def _facts(store: Path) -> dict[str, Any]:
    with np.load(store / "panel.npz", allow_pickle=False) as kept:
        return {name: kept[name] for name in kept.files}


def _series(store: Path) -> pd.DataFrame:
    return pd.read_parquet(store / "series.parquet").astype("str")


def _blocks(tables: Path, outline: Outline) -> Iterator[tuple[slice, Panel]]:
    for which in slices(len(outline.series), PASS_SERIES):
        yield which, read_block(tables, outline, which)


def _mapped(path: Path, shape: tuple[int, int]) -> FloatArray:
    expected, found = 4 * shape[0] * shape[1], path.stat().st_size
    if found < expected:
        raise OSError(f"{path}: expected {expected} bytes, found {found}; the file is cut off")
    if not expected:
        return np.empty(shape, dtype=np.float32)
    return np.memmap(path, dtype="<f4", mode="r", shape=shape)


def _mark_closed(panel: Panel, sellers: FloatArray) -> None:
    """Count closed periods as seen, in the file."""
    assert panel.store is not None
    closed, location = closed_by_sellers(sellers), panel.index.location
    touched = np.asarray(closed.any(axis=1))[location]
    path = measure_file(panel.store, "observed")
    for which in slices(panel.n_series, PASS_SERIES):
        if touched[which].any():
            rows = read_rows(path, which.start, which.stop, panel.n_periods)
            block = replace(panel, first=panel.first[which], observed=rows, store=None)
            mark_closed(block, closed, location[which])
            with path.open("r+b") as file:
                file.seek(4 * which.start * panel.n_periods)
                rows.tofile(file)
