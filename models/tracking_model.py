"""One trained model as one MLflow model: boosters and JSON, signature, example, requirements."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from shutil import copytree
from tempfile import TemporaryDirectory

import pandas as pd

from models.quantile import level_name
from models.quiet import quiet_environment

quiet_environment()

from mlflow.entities import LoggedModel, LoggedModelOutput  # noqa: E402
from mlflow.models import Model, ModelSignature  # noqa: E402
from mlflow.pyfunc import save_model  # noqa: E402
from mlflow.types import ColSpec, DataType, Schema, TensorSpec  # noqa: E402

from models.tracking_store import REGISTERED_MODEL, Store  # noqa: E402

__all__ = ["ARTIFACT_FOLDER", "digest", "log_model", "signature"]

ARTIFACT_FOLDER = "artifacts/demand"
_CODE = Path(__file__).with_name("pyfunc_model.py")
_NEEDS = ("lightgbm", "mlflow", "numpy", "pandas", "scikit-learn")
_WHOLE_NUMBERS = ("horizon", "abc", "pattern")
_OPTIONAL = ("abc", "pattern")


def log_model(
    store: Store, run_id: str, model: Path, *, example: pd.DataFrame, levels: Sequence[float]
) -> LoggedModel:
    """Log a saved model to a run.

    Parameters
    ----------
    model : folder that `models.training.TrainedModel.save` wrote.
    example : a few rows of the model's input: features, `horizon`, `scale`, `abc`, `pattern`.
    levels : quantile levels of its output, ascending.
    """
    client = store.client
    logged = client.create_logged_model(
        store.experiment_id, name=REGISTERED_MODEL, source_run_id=run_id, model_type="quantiles"
    )
    client.log_outputs(run_id, [LoggedModelOutput(logged.model_id, step=0)])
    with TemporaryDirectory() as name:
        folder = Path(name)
        named = copytree(model, folder / Path(ARTIFACT_FOLDER).name)
        save_model(
            folder / "model",
            python_model=_CODE,
            artifacts={named.name: str(named)},
            mlflow_model=Model(
                artifact_path=logged.artifact_location, run_id=run_id, model_id=logged.model_id
            ),
            signature=signature(example, levels),
            input_example=example,
            pip_requirements=[f"{name}=={version(name)}" for name in _NEEDS],
        )
        client.log_model_artifacts(logged.model_id, str(folder / "model"))
    return client.finalize_logged_model(logged.model_id, "READY")


def signature(example: pd.DataFrame, levels: Sequence[float]) -> ModelSignature:
    """Describe input and output: numbers throughout, ABC class and pattern optional."""
    inputs: list[ColSpec | TensorSpec] = [
        ColSpec(
            DataType.long if name in _WHOLE_NUMBERS else DataType.double,
            name,
            required=name not in _OPTIONAL,
        )
        for name in example.columns
    ]
    outputs: list[ColSpec | TensorSpec] = [
        ColSpec(DataType.double, level_name(level)) for level in levels
    ]
    return ModelSignature(Schema(inputs), Schema(outputs))


def digest(folder: Path) -> str:
    """Fingerprint all files below a folder, names and contents (SHA-256, 16 hex digits)."""
    total = hashlib.sha256()
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        total.update(file.relative_to(folder).as_posix().encode() + b"\0")
        total.update(hashlib.sha256(file.read_bytes()).digest())
    return total.hexdigest()[:16]
