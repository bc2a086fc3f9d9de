"""mlforecast's preprocess on the columns of benchmarks/scale/windows.py, in the peers' environment.

    python -m benchmarks.peers.rolling UNITS.npy CUTOFFS.npy OUT.npy

Prints its cost as JSON. Only numpy and what is needed here is imported from the benchmarks.
"""

import json
import sys
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.scale.stopwatch import measured
from benchmarks.scale.windows import LAGS, LARGEST, MEANS, SPREADS


def main(units_file: str, cutoffs_file: str, out: str) -> None:
    from mlforecast import MLForecast
    from mlforecast.lag_transforms import RollingMax, RollingMean, RollingStd

    units, cutoffs = np.load(units_file), np.load(cutoffs_file)
    n_series, n_days = units.shape
    frame = pd.DataFrame(
        {
            "unique_id": np.repeat(np.arange(n_series, dtype=np.int32), n_days),
            "ds": np.tile(np.arange(n_days, dtype=np.int32), n_series),
            "y": units.ravel(),
        }
    )
    rolling = [RollingMean(days) for days in MEANS]
    rolling += [RollingStd(days) for days in SPREADS] + [RollingMax(days) for days in LARGEST]
    lags = [lag + 1 for lag in LAGS]
    model = MLForecast(models=[], freq=1, lags=lags, lag_transforms={1: rolling}, num_threads=1)
    columns = [f"rolling_mean_lag1_window_size{days}" for days in MEANS]
    columns += [f"rolling_std_lag1_window_size{days}" for days in SPREADS]
    columns += [f"rolling_max_lag1_window_size{days}" for days in LARGEST]
    columns += [f"lag{lag}" for lag in lags]

    def work() -> np.ndarray:
        made = model.preprocess(frame, static_features=[], dropna=False)
        # A lag of 1 on the day after the cutoff sees up to and with the cutoff.
        kept = made["ds"].isin(cutoffs + 1)
        return made.loc[kept, columns].to_numpy(np.float32)

    table, cost = measured(work)
    np.save(out, table.reshape(n_series, len(cutoffs), len(columns)))
    print(json.dumps(cost.rounded()))


if __name__ == "__main__":
    main(*sys.argv[1:])
