"""mlforecast and skforecast: LightGBM one step ahead, applied recursively, all series together.

Both are fitted anew every eight weeks and take in every week's demand in between.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from lightgbm import LGBMRegressor
from mlforecast import MLForecast
from mlforecast.lag_transforms import ExpandingMean, RollingMean, RollingStd
from skforecast.preprocessing import RollingFeatures
from skforecast.recursive import ForecasterRecursiveMultiSeries

from benchmarks.forecast.problem import LEVELS, Array, Problem
from benchmarks.peers.conformal import conformal_totals
from benchmarks.peers.history import origins_before, visible_demand

__all__ = ["mlforecast_lightgbm", "skforecast_lightgbm"]

_ERROR_WEEKS = 26
_REFIT_WEEKS = 8
_PATHS = 250


def mlforecast_lightgbm(problem: Problem) -> Array:
    """Lags, rolling means and calendar; conformal quantiles of the errors of its totals."""
    long, origins = _long(problem), origins_before(problem, _ERROR_WEEKS)
    forecast = np.full((problem.n_series, len(origins)), np.nan)
    known_until = -1
    for o, origin in enumerate(origins):
        if o % _REFIT_WEEKS == 0:
            known = _between(problem, long, -1, origin)
            model = _mlforecast(problem).fit(known, static_features=[], dropna=False)
            ids = model.ts.uids
        else:
            fresh = _between(problem, long, known_until, origin)
            model.update(fresh[fresh["unique_id"].isin(ids)])
        known_until = origin
        steps = model.predict(int(problem.horizon.max()))["lightgbm"].to_numpy()
        summed = np.cumsum(steps.reshape(len(ids), -1).clip(0), axis=1)
        forecast[ids, o] = summed[np.arange(len(ids)), problem.horizon[ids] - 1]
    return conformal_totals(problem, origins, forecast)


def skforecast_lightgbm(problem: Problem) -> Array:
    """Lags and rolling means; totals of paths bootstrapped from binned in-sample errors."""
    wide = _wide(problem)
    days = (problem.cutoffs - problem.cutoffs[0]) * problem.period_days
    parts = []
    for c, cutoff in enumerate(problem.cutoffs):
        if c == 0 or days[c] // (7 * _REFIT_WEEKS) > days[c - 1] // (7 * _REFIT_WEEKS):
            model = _skforecast(problem)
            model.fit(
                wide.iloc[: cutoff + 1], store_in_sample_residuals=True, suppress_warnings=True
            )
        window = wide.iloc[cutoff + 1 - model.window_size : cutoff + 1].fillna(0)
        paths = model.predict_bootstrapping(
            int(problem.horizon.max()), last_window=window, n_boot=_PATHS, suppress_warnings=True
        )
        parts.append(_path_quantiles(problem, paths))
    return np.concatenate(parts)


def _booster() -> LGBMRegressor:
    return LGBMRegressor(
        n_estimators=200, learning_rate=0.05, objective="tweedie", n_jobs=1, verbose=-1,
        subsample=0.5, subsample_freq=1, random_state=7, deterministic=True,
    )  # fmt: skip


def _mlforecast(problem: Problem) -> MLForecast:
    daily = problem.period_days == 1
    spans = (7, 28, 56) if daily else (4, 13, 26)
    rolling = [
        kind(window_size=span, min_samples=1)
        for span in spans
        for kind in (RollingMean, RollingStd)
    ]
    return MLForecast(
        models={"lightgbm": _booster()},
        freq="D" if daily else "W-MON",
        lags=[1, 2, 3, 4, 5, 6, 7, 14, 21, 28] if daily else [1, 2, 3, 4, 8, 13, 26, 52],
        lag_transforms={1: [ExpandingMean(), *rolling]},
        date_features=["dayofweek", "month"] if daily else ["month"],
    )


def _skforecast(problem: Problem) -> ForecasterRecursiveMultiSeries:
    daily = problem.period_days == 1
    # Rows whose windows do not fit are dropped, so a window must leave some of what is known.
    known = 0.6 * int(problem.cutoffs[0])
    spans = [span for span in ([7, 28, 56] if daily else [4, 13, 26]) if span < known]
    return ForecasterRecursiveMultiSeries(
        estimator=_booster(),
        lags=[1, 2, 3, 4, 5, 6, 7, 14, 21, 28] if daily else [1, 2, 3, 4, 8, 13],
        window_features=RollingFeatures(stats=["mean"] * len(spans), window_sizes=spans),
    )


def _path_quantiles(problem: Problem, paths: pd.DataFrame) -> Array:
    """Quantiles of each series' total over its interval; `paths` has a row per step and series."""
    first_step = paths["level"].iloc[: problem.n_series].astype(int).to_numpy()
    draws = paths.drop(columns="level").to_numpy().reshape(-1, problem.n_series, _PATHS)
    totals = np.cumsum(draws.clip(0), axis=0)[:, np.argsort(first_step)]
    at_end = totals[problem.horizon - 1, np.arange(problem.n_series)]
    return np.quantile(at_end, LEVELS, axis=1).T


def _long(problem: Problem) -> pd.DataFrame:
    """One row per series and period from its first sale on."""
    exists = np.arange(problem.demand.shape[1])[None, :] >= problem.first[:, None]
    series, period = np.nonzero(exists)
    demand = visible_demand(problem).astype(np.float32)[series, period]
    dates = pd.to_datetime(problem.periods)[period]
    return pd.DataFrame({"unique_id": series, "ds": dates, "y": demand})


def _between(problem: Problem, long: pd.DataFrame, after: int, until: int) -> pd.DataFrame:
    dates = problem.periods
    inside = long["ds"].to_numpy("datetime64[D]") <= dates[until]
    if after >= 0:
        inside &= long["ds"].to_numpy("datetime64[D]") > dates[after]
    return long[inside]


def _wide(problem: Problem) -> pd.DataFrame:
    """One column per series, NaN before its first sale."""
    exists = np.arange(problem.demand.shape[1])[None, :] >= problem.first[:, None]
    values = np.where(exists, visible_demand(problem), np.nan)
    freq = "D" if problem.period_days == 1 else "W-MON"
    index = pd.date_range(problem.periods[0], periods=len(problem.periods), freq=freq)
    return pd.DataFrame(values.T, index=index, columns=[str(i) for i in range(problem.n_series)])
