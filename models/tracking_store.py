"""The MLflow store beside the published tables: one SQLite file, one folder of artifacts.

An absolute path in both places lets `mlflow ui`, notebooks and nightly jobs agree on them from
any working directory.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy.exc import ArgumentError, OperationalError

from models.quiet import quiet_environment
from stockalert.addresses import without_password, without_passwords
from stockalert.errors import OutputError, UsageError

quiet_environment()

from mlflow import MlflowClient  # noqa: E402
from mlflow.exceptions import MlflowException  # noqa: E402

__all__ = [
    "EXPERIMENT",
    "REGISTERED_MODEL",
    "SQLITE",
    "Store",
    "default_tracking_uri",
    "open_store",
]

EXPERIMENT = "stockalert"
REGISTERED_MODEL = "stockalert-demand"

SQLITE = "sqlite:///"
_SQLITE_MAGIC = b"SQLite format 3\x00"
_MISSPELLED = (
    "setting paths.tracking_uri: the address cannot be understood; letters such as @ : / % in a "
    "user or password are written as %40 %3A %2F %25"
)


@dataclass(frozen=True)
class Store:
    """An open tracking store and model registry.

    Attributes
    ----------
    client : speaks to this store only; MLflow's global tracking URI is neither read nor set.
    tracking_uri : where it is; may hold a password, so it is never told as it is.
    experiment_id : of the experiment `stockalert`.
    """

    client: MlflowClient
    tracking_uri: str = field(repr=False)
    experiment_id: str


def default_tracking_uri(out: Path) -> str:
    """Return the absolute address of the store below an output directory.

    Examples
    --------
    >>> default_tracking_uri(Path("/srv/shop/out"))
    'sqlite:////srv/shop/out/mlflow.db'
    """
    return f"{SQLITE}{out.resolve() / 'mlflow.db'}"


def open_store(out: Path, *, tracking_uri: str = "") -> Store:
    """Open the store, creating database, experiment and registered model where absent.

    Parameters
    ----------
    out : output directory; artifacts go to its folder `mlartifacts`, unless a tracking server
        (http…) keeps them itself; those of an SQLite file elsewhere go to that folder beside it.
    tracking_uri : any MLflow address; empty for `default_tracking_uri(out)`.

    Raises
    ------
    OutputError
        The directory cannot be written, the database file is not one, or MLflow refuses it.
    UsageError
        The address cannot be understood.
    """
    uri = tracking_uri or default_tracking_uri(out)
    _check_spelling(uri)
    _check_database_file(uri)
    try:
        client = MlflowClient(tracking_uri=uri, registry_uri=uri)
        return Store(client, uri, _experiment(client, out, uri))
    except MlflowException as error:
        place = without_password(uri)  # MLflow quotes the address; so would its traceback
        told = without_passwords(str(error.message).replace(uri, place))
        raise OutputError(f"the model store {place} cannot be opened: {told}") from None
    except (ArgumentError, ValueError):  # SQLAlchemy quotes the piece that it does not understand
        raise UsageError(_MISSPELLED) from None
    except OperationalError as error:
        reason = without_passwords(str(error.orig).strip()) or "no reason given"
        raise OutputError(
            f"the model store cannot be used: {reason}; where another program holds it (a copy, an "
            "open editor), wait for its end and run again"
        ) from error


def _check_spelling(uri: str) -> None:
    """Refuse an address of a database that would be read with a piece of the password as its host.

    Errors of the driver, and what MLflow logs of them, name the host.
    """
    place = uri.partition("?")[0]
    if not uri.startswith((SQLITE, "http", "file")) and place.count("@") > 1:
        raise UsageError(_MISSPELLED)


def _check_database_file(uri: str) -> None:
    """Say at once what MLflow would find out after minutes of retries."""
    if not uri.startswith(SQLITE):
        return
    file = Path(uri.removeprefix(SQLITE))
    if set("?#%") & set(str(file)):
        raise OutputError(f"the model store {file} needs a path without the characters ? # %")
    start = b""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        if file.exists():
            with file.open("rb") as opened:
                start = opened.read(len(_SQLITE_MAGIC))
    except OSError as error:
        raise OutputError(f"the model store {file} cannot be used: {error.strerror}") from error
    if not os.access(file if file.exists() else file.parent, os.W_OK):
        raise OutputError(f"the model store {file} cannot be written: permission denied")
    if start not in (b"", _SQLITE_MAGIC):
        raise OutputError(
            f"the model store {file} is not a SQLite database; move it away and train again"
        )


def _experiment(client: MlflowClient, out: Path, uri: str) -> str:
    """Return the experiment's id; a new store gets the experiment and the registered model."""
    found = client.get_experiment_by_name(EXPERIMENT)
    if found is None:
        home = Path(uri.removeprefix(SQLITE)).parent if uri.startswith(SQLITE) else out.resolve()
        artifacts = None if uri.startswith("http") else str(home / "mlartifacts")
        client.create_registered_model(
            REGISTERED_MODEL, description="Quantiles of demand over the protection interval."
        )
        return str(client.create_experiment(EXPERIMENT, artifact_location=artifacts))
    if found.lifecycle_stage == "deleted":
        client.restore_experiment(found.experiment_id)
    return str(found.experiment_id)
