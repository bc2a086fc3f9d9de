"""Model files of versions that serve no more go; what serves, or may again, stays."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from models.registry import promote
from models.tracking_retention import remove_old_models
from models.tracking_store import REGISTERED_MODEL, Store, open_store

MARCH, LONG_AFTER = datetime(2024, 3, 1, tzinfo=UTC), datetime(2034, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    return open_store(tmp_path_factory.mktemp("shop") / "out")


def _home(store: Store) -> Path:
    return Path(store.client.get_experiment(store.experiment_id).artifact_location)


def _version(store: Store, day: int, folder: Path | None = None) -> tuple[str, Path]:
    """Register a version of one day in January; its number and folder."""
    run_id = store.client.create_run(store.experiment_id).info.run_id
    folder = folder or _home(store) / "models" / f"m-{run_id}" / "artifacts"
    folder.mkdir(parents=True)
    (folder / "booster.txt").write_text("tree")
    tags = {"trained_at": f"2024-01-{day:02d}T02:00:00+00:00"}
    found = store.client.create_model_version(REGISTERED_MODEL, str(folder), run_id, tags=tags)
    return str(found.version), folder


def test_only_the_champion_its_predecessor_and_what_has_an_alias_keep_their_files(
    store: Store, tmp_path: Path
) -> None:
    _, refused = _version(store, 1)
    liked, candidate = _version(store, 2)
    store.client.set_registered_model_alias(REGISTERED_MODEL, "candidate", liked)
    numbers, folders = zip(*(_version(store, day) for day in (3, 4, 5)), strict=True)
    _, elsewhere = _version(store, 6, tmp_path / "models of another shop" / "artifacts")
    assert remove_old_models(store, LONG_AFTER) == [], "nothing serves yet"
    for number in numbers:
        promote(store, number, "better", {})
    assert remove_old_models(store, datetime(2024, 1, 1, tzinfo=UTC)) == []
    removed = remove_old_models(store, MARCH)
    assert set(removed) == {"1", numbers[0]}
    assert not refused.parent.exists()
    assert not folders[0].exists()
    assert all(kept.exists() for kept in (candidate, *folders[1:], elsewhere))
    tags = store.client.get_model_version(REGISTERED_MODEL, "1").tags
    assert tags["files"] == "removed"
    assert remove_old_models(store, MARCH) == []
