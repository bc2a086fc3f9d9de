"""Series whose block failed keep what was last forecast of them; the night says which."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.dataset as ds

from features.panel import Panel
from flows.forecasting import Forecast
from stockalert.arrays import BoolArray, FloatArray, IntArray
from stockalert.classification import CLASSES, PATTERNS
from stockalert.outlook import Horizons, Outlook
from stockalert.served import Pointer
from stockalert.tables.columns import quantile_column

__all__ = ["failed_series", "kept", "notes_on_kept"]

NAMED = 5
_KEY = ["sku", "location"]


def kept(forecast: Forecast, panel: Panel, *, out: Path, last: Pointer | None) -> Forecast:
    """Give the series of failed blocks the forecast of the last night, so that what follows from
    it – reorder points first – stays; what was never forecast has the formula's.

    Parameters
    ----------
    out : where the nights are
    last : the night that this one replaces; None = there is none
    """
    if not forecast.failures:
        return forecast
    failed = _failed(forecast, panel.n_series)
    found = None if last is None else _last_forecast(out, last, panel, failed, forecast.outlook)
    return forecast if found is None else _with(forecast, found)


def failed_series(forecast: Forecast, panel: Panel) -> pd.DataFrame:
    """Return sku, location and reason of every series whose block failed."""
    rows = [
        panel.series.iloc[which][_KEY].assign(reason=reason) for which, reason in forecast.failures
    ]
    if not rows:
        return pd.DataFrame({name: pd.Series(dtype="str") for name in (*_KEY, "reason")})
    return pd.concat(rows, ignore_index=True)


def notes_on_kept(forecast: Forecast, panel: Panel) -> list[str]:
    """Name the series whose blocks failed, and say why."""
    if not forecast.failures:
        return []
    failed = _failed(forecast, panel.n_series)
    rows = panel.series[failed]
    names = [f"{sku} at {where}" for sku, where in zip(rows["sku"], rows["location"], strict=True)]
    served = int((forecast.outlook.method[failed] != "formula").sum())
    reasons = "; ".join(dict.fromkeys(reason for _, reason in forecast.failures))
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return [
        f"forecast: {len(names)} skus at a location could not be forecast; {served} keep what was "
        f"forecast the night before, the others have the formula: {', '.join(names[:NAMED])}{more} "
        f"({reasons})"
    ]


def _failed(forecast: Forecast, n_series: int) -> BoolArray:
    failed = np.zeros(n_series, dtype=np.bool_)
    for which, _ in forecast.failures:
        failed[which] = True
    return failed


def _last_forecast(
    out: Path, last: Pointer, panel: Panel, failed: BoolArray, outlook: Outlook
) -> pd.DataFrame | None:
    """What the last night said of the failed series, by position and horizon; None = nothing."""
    skus = pa.array(panel.series["sku"][failed].astype("object").unique(), pa.string())
    tables = {
        name: ds.dataset(out / last.tables[name].path, format="parquet", partitioning=None)
        .to_table(filter=ds.field("sku").isin(skus))
        .to_pandas()
        for name in ("thresholds", "forecasts")
    }
    wanted = [quantile_column(level) for level in outlook.levels]
    if not set(wanted) <= set(tables["forecasts"]):
        return None
    said = tables["thresholds"][
        [
            *_KEY,
            "method",
            "protection_days",
            "calibration_group",
            "coverage_recent",
            "abc_class",
            "demand_pattern",
        ]
    ]
    rows = tables["forecasts"][[*_KEY, "horizon_days", *wanted]].merge(said, on=_KEY)
    every = pd.MultiIndex.from_frame(panel.series[_KEY])
    rows["at"] = every.get_indexer(pd.MultiIndex.from_frame(rows[_KEY]))
    rows = rows[(rows["at"] >= 0) & failed[rows["at"]]]
    return rows if len(rows) else None


def _with(forecast: Forecast, found: pd.DataFrame) -> Forecast:
    """The forecast with the rows found in their places."""
    outlook, horizons = forecast.outlook, forecast.horizons
    names = [quantile_column(level) for level in outlook.levels]
    own = found[found["horizon_days"] == found["protection_days"]]
    at = own["at"].to_numpy()
    method = outlook.method.astype(np.object_)
    group = outlook.calibration_group.astype(np.object_)
    values = outlook.values.copy()
    abc, pattern = forecast.abc.copy(), forecast.pattern.copy()
    values[at] = own[names].to_numpy(np.float64)
    method[at] = own["method"].to_numpy(np.object_)
    group[at] = own["calibration_group"].fillna("").to_numpy(np.object_)
    abc[at] = _codes(own["abc_class"], CLASSES)
    pattern[at] = _codes(own["demand_pattern"], PATTERNS)
    return replace(
        forecast,
        outlook=replace(outlook, values=values, method=method, calibration_group=group),
        horizons=replace(horizons, values=_common(horizons, found, names)),
        abc=abc,
        pattern=pattern,
        coverage=forecast.coverage.kept(at, own["coverage_recent"].to_numpy(np.float64)),
    )


def _common(horizons: Horizons, found: pd.DataFrame, names: list[str]) -> FloatArray:
    """Quantiles at the common horizons, those found in their places."""
    values = horizons.values.copy()
    for column, days in enumerate(horizons.days):
        rows = found[found["horizon_days"] == days]
        values[rows["at"].to_numpy(), column] = rows[names].to_numpy(np.float64)
    return values


def _codes(words: pd.Series[str], known: tuple[str, ...]) -> IntArray:
    codes: IntArray = pd.Index(known).get_indexer(pd.Index(words)).astype(np.int8)
    return codes
