"""Files of models that serve no more are removed with the nights they were made for.

A training leaves figures in the database, a few hundred KiB of pictures, and the model, which is
most of it. Figures, pictures and reasons stay: trainings are compared by them for years.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from urllib.parse import unquote, urlsplit

from models.quiet import quiet_environment
from models.registry import CHAMPION
from models.tracking_store import REGISTERED_MODEL, Store

quiet_environment()

from mlflow.entities.model_registry import ModelVersion  # noqa: E402
from mlflow.exceptions import MlflowException  # noqa: E402

__all__ = ["remove_old_models"]


def remove_old_models(store: Store, before: datetime) -> list[str]:
    """Remove the model files of versions trained before a moment, where they are on this machine.

    Never those of the champion, of the version that it replaced, or of one that has another alias;
    nor anything outside the experiment's own folder. What cannot be removed waits for next time.

    Parameters
    ----------
    before : with its time zone

    Returns
    -------
    numbers of the versions whose files were removed
    """
    removed = []
    with suppress(MlflowException, OSError):
        for version, folder in _old(store, before):
            shutil.rmtree(folder)
            with suppress(OSError):
                folder.parent.rmdir()
            store.client.set_model_version_tag(REGISTERED_MODEL, version, "files", "removed")
            removed.append(version)
    return removed


def _old(store: Store, before: datetime) -> Iterator[tuple[str, Path]]:
    """Yield number and folder of every version whose files may go, and are there."""
    client = store.client
    home = _local(client.get_experiment(store.experiment_id).artifact_location)
    aliases = client.get_registered_model(REGISTERED_MODEL).aliases
    if home is None or CHAMPION not in aliases:
        return
    reigning = client.get_model_version(REGISTERED_MODEL, aliases[CHAMPION])
    kept = {*map(str, aliases.values()), reigning.tags.get("replaces_version")}
    for version in client.search_model_versions(f"name = '{REGISTERED_MODEL}'"):
        folder = _local(str(version.source))
        if str(version.version) in kept or folder is None or not _trained(version, before):
            continue
        if home in folder.parents and folder.is_dir():
            yield str(version.version), folder


def _trained(version: ModelVersion, before: datetime) -> bool:
    """Whether it is known to have been trained before a moment."""
    told = version.tags.get("trained_at")
    return told is not None and datetime.fromisoformat(told) < before


def _local(address: str) -> Path | None:
    """Return the folder that an address means; None where it is not on this machine."""
    parts = urlsplit(address)
    if parts.scheme == "file":
        return Path(unquote(parts.path)).resolve()
    return None if parts.scheme else Path(address).resolve()
