"""The registered model as MLflow loads it: a table of features in, a table of quantiles out.

MLflow copies this file beside the boosters and runs it on loading (models from code), so nothing
of the project is ever pickled; `stockalert-pipeline` itself must be installed.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from models.demand import DemandModel
from models.quantile import level_name
from models.quiet import quiet_environment
from stockalert.rows import Rows

quiet_environment()

from mlflow.models import set_model  # noqa: E402
from mlflow.pyfunc.model import PythonModel, PythonModelContext  # noqa: E402

__all__ = ["ARTIFACT", "DemandPyfunc", "rows_of"]

ARTIFACT = "demand"


class DemandPyfunc(PythonModel):
    """Quantiles of demand over each row's horizon, in units."""

    def load_context(self, context: PythonModelContext) -> None:
        """Read the boosters and their calibration."""
        self.model = DemandModel.load(Path(context.artifacts[ARTIFACT]) / "final")

    def predict(
        self,
        context: PythonModelContext,
        model_input: pd.DataFrame,
        params: dict[str, Any] | None = None,
    ) -> pd.DataFrame:
        """Forecast a table of features, `horizon` (periods) and `scale` (units per period).

        Columns `abc` and `pattern` are optional; without them a row is calibrated with all others.
        """
        rows = rows_of(model_input, self.model.names, self.model.categorical)
        columns = [level_name(level) for level in self.model.levels]
        return pd.DataFrame(self.model.forecast(rows), columns=columns, index=model_input.index)


def rows_of(frame: pd.DataFrame, names: tuple[str, ...], categorical: tuple[str, ...]) -> Rows:
    """Turn a table of features into rows whose cutoff and target are not known."""
    unknown = pd.Series(-1, index=frame.index)
    return Rows(
        values=frame[list(names)].to_numpy(np.float32),
        names=names,
        categorical=categorical,
        series=np.arange(len(frame), dtype=np.int32),
        cutoff=np.full(len(frame), "NaT", dtype="datetime64[D]"),
        horizon=frame["horizon"].to_numpy(np.int32),
        scale=frame["scale"].to_numpy(np.float32),
        abc=frame.get("abc", unknown).fillna(-1).to_numpy(np.int8),
        pattern=frame.get("pattern", unknown).fillna(-1).to_numpy(np.int8),
    )


set_model(DemandPyfunc())
