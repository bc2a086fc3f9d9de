"""Which registered model version serves: the alias `champion`, and why it moved or did not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from models.quiet import quiet_environment
from stockalert.addresses import without_password, without_passwords
from stockalert.errors import ChampionError, OutputError, UsageError

quiet_environment()

from mlflow.artifacts import download_artifacts  # noqa: E402
from mlflow.entities import RunTag  # noqa: E402
from mlflow.entities.model_registry import ModelVersion  # noqa: E402
from mlflow.exceptions import MlflowException  # noqa: E402

from models.tracking_model import ARTIFACT_FOLDER, digest  # noqa: E402
from models.tracking_store import (  # noqa: E402
    REGISTERED_MODEL,
    SQLITE,
    Store,
    default_tracking_uri,
    open_store,
)

__all__ = ["CHAMPION", "Champion", "champion", "promote", "registered", "set_verdict"]

CHAMPION = "champion"
_LONGEST_TAG = 5000


@dataclass(frozen=True)
class Champion:
    """The model version that serves.

    Attributes
    ----------
    version : its number in the registry.
    run_id : the training's parent run.
    folder : local folder that `models.training.TrainedModel.load` reads.
    tags : settings_fingerprint, features_fingerprint, data_fingerprint, trained_until (ISO
        date), trained_at (ISO timestamp), verdict, verdict_reason …
    """

    version: str
    run_id: str
    folder: Path
    tags: Mapping[str, str]

    @property
    def trained_until(self) -> date:
        """Last day whose sales the model has seen."""
        return date.fromisoformat(self.tags["trained_until"])


def champion(out: Path, *, tracking_uri: str = "") -> Champion:
    """Find the version that serves and its files.

    Raises
    ------
    ChampionError
        There is no store, no version with the alias, or its files are missing or damaged.
    """
    uri = tracking_uri or default_tracking_uri(out)
    if uri.startswith(SQLITE) and not Path(uri.removeprefix(SQLITE)).exists():
        raise ChampionError(
            f"no model has been trained: there is no model store {uri.removeprefix(SQLITE)}"
        )
    try:
        store = open_store(out, tracking_uri=uri)
    except OutputError as error:
        raise ChampionError(str(error)) from error
    found = _served(store)
    if found is None:
        raise ChampionError(
            f"no version of {REGISTERED_MODEL} in {without_password(store.tracking_uri)} is the "
            "champion"
        )
    return _loaded(store, found, f"the champion, version {found.version} of {REGISTERED_MODEL},")


def registered(store: Store, which: str) -> Champion:
    """Find any registered version, as if it served.

    Parameters
    ----------
    which : its number, or its training's run in MLflow or the beginning of that

    Raises
    ------
    UsageError
        There is none of that name, or more than one.
    ChampionError
        Its files are missing or damaged.
    """
    known = store.client.search_model_versions(f"name = '{REGISTERED_MODEL}'")
    found = [v for v in known if str(v.version) == which]
    found = found or [v for v in known if which and str(v.run_id).startswith(which)]
    if len(found) != 1:
        versions = ", ".join(sorted((str(v.version) for v in known), key=int)) or "none"
        many = "more than one" if found else "no"
        raise UsageError(f"{many} model version or run {which!r}; versions are {versions}")
    return _loaded(store, found[0], f"version {found[0].version} of {REGISTERED_MODEL}")


def promote(store: Store, version: str, reason: str, figures: Mapping[str, float]) -> None:
    """Let a version serve from now on; the alias moves last, when the reason is on record."""
    before = _served(store)
    replaced = {"replaces_version": str(before.version)} if before else {}
    _record(store, version, {"verdict": "promoted", **replaced}, reason, figures)
    store.client.set_registered_model_alias(REGISTERED_MODEL, CHAMPION, version)


def set_verdict(store: Store, version: str, reason: str, figures: Mapping[str, float]) -> None:
    """Put on record why a version does not serve; the champion stays."""
    _record(store, version, {"verdict": "not promoted"}, reason, figures)


def _served(store: Store) -> ModelVersion | None:
    try:
        return store.client.get_model_version_by_alias(REGISTERED_MODEL, CHAMPION)
    except MlflowException as error:
        if error.error_code in ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"):
            return None
        told = without_passwords(str(error.message))
        raise ChampionError(f"the model store cannot be read: {told}") from None


def _loaded(store: Store, found: ModelVersion, name: str) -> Champion:
    """Return a version once the contents of its folder agree with the digest on record."""
    try:
        folder = Path(
            download_artifacts(
                artifact_uri=f"{str(found.source).rstrip('/')}/{ARTIFACT_FOLDER}",
                tracking_uri=store.tracking_uri,
            )
        )
    except (MlflowException, OSError) as error:
        place = without_password(str(found.source))
        raise ChampionError(
            f"{name} has no files at {place}; has the output directory moved?"
        ) from error
    expected = found.tags.get("artifact_digest")
    if expected is not None and digest(folder) != expected:
        raise ChampionError(f"{name} is damaged: files in {folder} changed since it was trained")
    return Champion(str(found.version), str(found.run_id), folder, dict(found.tags))


def _record(
    store: Store, version: str, facts: Mapping[str, str], reason: str, figures: Mapping[str, float]
) -> None:
    """Write the verdict on the version and on its run, where `mlflow ui` shows it."""
    client = store.client
    tags = {**facts, "verdict_reason": reason[:_LONGEST_TAG]}
    tags |= {f"verdict_{name}": f"{value:.6g}" for name, value in figures.items()}
    run_id = str(client.get_model_version(REGISTERED_MODEL, version).run_id)
    for name, value in tags.items():
        client.set_model_version_tag(REGISTERED_MODEL, version, name, value)
    client.update_model_version(REGISTERED_MODEL, version, description=reason)
    notes = {**tags, "model_version": version, "mlflow.note.content": reason}
    client.log_batch(run_id, tags=[RunTag(name, value) for name, value in notes.items()])
