"""How each tool builds the sixteen columns at the sampled cutoffs; result (series, cutoffs, 16).

A tool is a pair: what brings the units into the form that it works on, which is not timed, and what
builds the columns, which is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.scale.windows import LAGS, LARGEST, MEANS, SPREADS
from features.demand_history import demand_history
from features.facts import Facts
from features.groups import BLOCK_SIZE, group_totals
from features.history import Block, History
from features.panel import Panel, slices

__all__ = ["TOOLS"]

Columns = Iterator[np.ndarray]


def ours(panel: Panel, cutoffs: np.ndarray) -> np.ndarray:
    """Running totals once, windows gathered at the cutoffs, block by block: features/history.py."""
    table = np.empty((panel.n_series, len(cutoffs), 16), dtype=np.float32)
    wide = np.empty((BLOCK_SIZE, panel.n_periods))
    totals = {name: np.zeros((BLOCK_SIZE, panel.n_periods + 1)) for name in ("units", "squares")}
    for which in slices(panel.n_series, BLOCK_SIZE):
        block = panel.block(which)
        mine = slice(0, block.n_series)
        wide[mine] = block.units
        np.cumsum(wide[mine], axis=1, out=totals["units"][mine, 1:])
        np.square(wide[mine], out=wide[mine])
        np.cumsum(wide[mine], axis=1, out=totals["squares"][mine, 1:])
        for place, cutoff in enumerate(map(int, cutoffs)):
            history = History(
                cutoff,
                block.until(cutoff),
                Facts(),
                {},
                {name: total[mine, : cutoff + 2] for name, total in totals.items()},
                {},
                np.zeros(block.n_series, dtype=np.int64),
            )
            for column, values in enumerate(_gathered(history)):
                table[which, place, column] = values
    return table


def _gathered(history: History) -> Columns:
    means = {days: history.total("units", days) / days for days in MEANS}
    yield from means.values()
    for days in SPREADS:
        over = history.total("squares", days) - days * means[days] ** 2
        yield np.sqrt(np.maximum(over, 0.0) / (days - 1))
    units, short, largest = history.panel.units, 0, np.zeros(history.n_series, dtype=np.float32)
    for days in LARGEST:
        end = units.shape[1] - short
        largest = np.maximum(largest, units[:, end - days + short : end].max(axis=1))
        short = days
        yield largest
    for days in LAGS:
        yield units[:, history.cutoff - days]


def ours_whole_family(panel: Panel, cutoffs: np.ndarray) -> np.ndarray:
    """The product's family `demand_history`: all its columns, stock-outs masked, scaled."""
    facts, parts = Facts(), []
    blocks = list(slices(panel.n_series, BLOCK_SIZE))
    groups = group_totals(panel, facts, blocks)
    for which in blocks:
        block = Block(panel, facts, groups, which)
        horizons = np.ones((which.stop - which.start, 1), dtype=np.int64)
        told = [demand_history(block.until(int(cutoff)), horizons) for cutoff in cutoffs]
        parts.append(np.stack([np.stack(list(t.values()), 1) for t in told], 1).astype(np.float32))
    return np.concatenate(parts)


def kernels(units: np.ndarray, cutoffs: np.ndarray) -> np.ndarray:
    """Bare coreforecast kernels over every day, then the cutoffs."""
    from coreforecast.grouped_array import GroupedArray
    from coreforecast.lag_transforms import Lag, RollingMax, RollingMean, RollingStd

    n_series, n_days = units.shape
    grouped = GroupedArray(units.ravel(), np.arange(0, units.size + 1, n_days, dtype=np.int32), 1)
    work = [RollingMean(0, days) for days in MEANS] + [RollingStd(0, days) for days in SPREADS]
    work += [RollingMax(0, days) for days in LARGEST] + [Lag(days) for days in LAGS]
    table = np.empty((n_series, len(cutoffs), 16), dtype=np.float32)
    for column, kernel in enumerate(work):
        table[:, :, column] = kernel.transform(grouped).reshape(units.shape)[:, cutoffs]
    return table


def pandas_rolling(frame: pd.DataFrame, cutoffs: np.ndarray) -> np.ndarray:
    """`groupby().rolling()`, column by column; only the cutoffs of a column are kept."""
    n_series = int(frame["series"].iloc[-1]) + 1
    table = np.empty((n_series, len(cutoffs), 16), dtype=np.float32)
    for place, column in enumerate(_pandas_columns(frame)):
        table[:, :, place] = column.reshape(n_series, -1)[:, cutoffs]
    return table


def _pandas_columns(frame: pd.DataFrame) -> Columns:
    by = frame.groupby("series", sort=False)["units"]
    for days in MEANS:
        yield by.rolling(days).mean().to_numpy()
    for days in SPREADS:
        yield by.rolling(days).std().to_numpy()
    for days in LARGEST:
        yield by.rolling(days).max().to_numpy()
    for days in LAGS:
        yield by.shift(days).to_numpy()


def polars_rolling(frame: Any, cutoffs: np.ndarray) -> np.ndarray:
    """One expression per column over the series, all at once, as its lazy engine likes it."""
    import polars as pl

    y = pl.col("units")
    work = [y.rolling_mean(days) for days in MEANS] + [y.rolling_std(days) for days in SPREADS]
    work += [y.rolling_max(days) for days in LARGEST] + [y.shift(days) for days in LAGS]
    named = [each.over("series").alias(str(place)) for place, each in enumerate(work)]
    wanted = frame.lazy().with_columns(named).filter(pl.col("day").is_in(cutoffs.tolist()))
    table = wanted.select([str(place) for place in range(16)]).collect().to_numpy()
    return np.asarray(table.reshape(-1, len(cutoffs), 16).astype(np.float32))


def _panel(units: np.ndarray) -> Panel:
    n_series, n_days = units.shape
    names = pd.DataFrame({"sku": [f"{i:06d}" for i in range(n_series)], "location": "default"})
    days = np.datetime64("2024-06-30") - np.arange(n_days)[::-1]
    seen = np.broadcast_to(np.float32(1.0), units.shape)
    return Panel(names, days, 1, np.zeros(n_series, dtype=np.int32), units, seen)


def _pandas_frame(units: np.ndarray) -> pd.DataFrame:
    n_series, n_days = units.shape
    series = np.repeat(np.arange(n_series, dtype=np.int32), n_days)
    return pd.DataFrame({"series": series, "units": units.ravel()})


def _polars_frame(units: np.ndarray) -> Any:
    import polars as pl

    n_series, n_days = units.shape
    series = np.repeat(np.arange(n_series, dtype=np.int32), n_days)
    day = np.tile(np.arange(n_days, dtype=np.int32), n_series)
    return pl.DataFrame({"series": series, "day": day, "units": units.ravel()})


TOOLS: dict[str, tuple[Callable[[np.ndarray], Any], Callable[[Any, np.ndarray], np.ndarray]]] = {
    "ours": (_panel, ours),
    "ours_whole_family": (_panel, ours_whole_family),
    "kernels": (np.asarray, kernels),
    "pandas": (_pandas_frame, pandas_rolling),
    "polars": (_polars_frame, polars_rolling),
}
"""Name → (input, columns)."""
