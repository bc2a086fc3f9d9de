"""What traits say of a level agrees with known effects, and useless traits say nothing."""

from __future__ import annotations

import numpy as np
import pytest

from models.likeness import expected_levels


@pytest.fixture
def shelf():
    """Levels made of a category and a brand effect; the third trait is chance."""
    rng = np.random.default_rng(4)
    category, brand = rng.integers(0, 6, 4000), rng.integers(0, 40, 4000)
    effects = rng.normal(0, 1.0, 6), rng.normal(0, 0.5, 40)
    effects = effects[0] - effects[0][category].mean(), effects[1] - effects[1][brand].mean()
    level = 2.0 + effects[0][category] + effects[1][brand] + rng.normal(0, 0.7, 4000)
    traits = np.column_stack([category, brand, rng.integers(0, 300, 4000)])
    return level, traits, effects


def test_known_effects_are_found(shelf):
    level, traits, effects = shelf
    asked = np.array([[c, b, -1] for c in range(6) for b in range(40)])
    expected = expected_levels(level, traits, asked)
    found, told = expected.of_asked, expected.told
    truth = 2.0 + effects[0][asked[:, 0]] + effects[1][asked[:, 1]]
    assert found == pytest.approx(truth, abs=0.35)
    variance = np.var(effects[0]), np.var(effects[1])
    assert told[:2] * level.var() == pytest.approx(variance, rel=0.6)
    assert told[2] < 0.02


def test_a_group_of_one_says_little_and_an_unknown_one_nothing(shelf):
    level, traits, _ = shelf
    level, traits = np.append(level, 50.0), np.vstack([traits, [[-1, 40, -1]]])
    asked = np.array([[-1, 40, -1], [-1, -1, -1], [9, 99, -1]])
    found = expected_levels(level, traits, asked).of_asked
    assert found[1] == found[2] == pytest.approx(level.mean())
    assert found[0] < 50 - 10


def test_a_group_effect_leaves_the_member_itself_out():
    level = np.array([0.0, 0.2, 5.0, 5.2, 5.1, -0.1])
    traits = np.array([[0], [0], [1], [1], [1], [0]])
    of_known = expected_levels(level, traits, traits[:0]).of_known
    others = [level[[1, 5]].mean(), level[[3, 4]].mean()]
    assert of_known[[0, 2]] == pytest.approx(others, abs=1.0)
    assert (of_known[level > 3] > 3).all()
