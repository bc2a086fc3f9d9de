"""A model keeps the names of the feature families that it reads."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from features.build import DEFAULT_FAMILIES, FORMER_FAMILIES
from features.facts import FAMILIES_READ
from flows.fitting import FEATURES_FILE, vocabulary_of
from tests.flows.blocks_shop import TrainedShop, train_shop


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> TrainedShop:
    return train_shop(tmp_path_factory.mktemp("shop"))


def test_a_model_trained_by_default_names_todays_families(shop: TrainedShop) -> None:
    assert vocabulary_of(shop.reigning.folder)[FAMILIES_READ] == list(DEFAULT_FAMILIES)


def test_one_that_names_none_reads_what_was_read_when_it_was_stored(tmp_path: Path) -> None:
    stored = {"attribute_category": ["cups", "drinks"]}
    (tmp_path / FEATURES_FILE).write_text(json.dumps(stored), encoding="utf-8")
    assert vocabulary_of(tmp_path) == stored | {FAMILIES_READ: list(FORMER_FAMILIES)}
    assert "attributes" in FORMER_FAMILIES
    assert "attributes" not in DEFAULT_FAMILIES
