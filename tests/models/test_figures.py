"""Figures show the numbers of the score table, whichever groups and baselines it holds."""

from __future__ import annotations

from io import BytesIO

import numpy as np
import pandas as pd
import pytest

from models.figures import (
    coverage_by_group,
    forecast_examples,
    importance_bars,
    pinball_by_group,
    reliability,
    training_figures,
)
from models.metrics import score_table
from models.tracked_metrics import label_groups
from models.training import MODEL_NAME

LEVELS = (0.5, 0.9, 0.99)


@pytest.fixture
def scores() -> pd.DataFrame:
    rng = np.random.default_rng(3)
    demand = rng.poisson(6.0, 400).astype(float)
    groups = {"abc": np.arange(400) % 3, "pattern": np.arange(400) % 6}
    tables = [
        score_table(demand, np.tile(quantiles, (400, 1)), LEVELS, groups).assign(model=name)
        for name, quantiles in {MODEL_NAME: [6.0, 9.0, 12.0], "static": [6.0, 6.0, 6.0]}.items()
    ]
    return label_groups(pd.concat(tables, ignore_index=True))


def test_calibration_line_is_the_share_at_or_below_each_quantile(scores: pd.DataFrame) -> None:
    line = reliability(scores).axes[0].get_lines()[1]
    own = scores[(scores["model"] == MODEL_NAME) & (scores["grouping"] == "all")]
    assert line.get_label() == MODEL_NAME
    np.testing.assert_array_equal(line.get_ydata(), own["share_at_or_below"])


def test_coverage_table_starts_with_all_rows(scores: pd.DataFrame) -> None:
    axes = coverage_by_group(scores).axes[0]
    names = [label.get_text() for label in axes.get_yticklabels()]
    assert names[:2] == ["all", "abc A"]
    assert len(axes.texts) == len(LEVELS) * len(names)


def test_loss_bars_stand_for_every_group_of_every_model(scores: pd.DataFrame) -> None:
    axes = pinball_by_group(scores).axes[0]
    names = [label.get_text() for label in axes.get_xticklabels()]
    assert len(axes.patches) == 2 * len(names)
    upper = scores[(scores["level"] > 0.8) & (scores["grouping"] == "all")]
    first = upper.loc[upper["model"] == MODEL_NAME, "weighted_pinball"].mean()
    assert axes.patches[0].get_height() == pytest.approx(first)


def test_only_the_leading_features_are_drawn() -> None:
    shares = pd.Series({f"feature_{i}": i / 780 for i in range(40)})
    bars = importance_bars(shares).axes[0].patches
    assert [bars[-1].get_width(), len(bars)] == [pytest.approx(39 / 780), 25]


def test_examples_show_what_came_beside_what_was_forecast() -> None:
    table = pd.DataFrame(
        {"label": ["milk", "bread"], "actual": [9.0, 1.0], "q050": [2.0, 0.0], "q950": [14.0, 3.0]}
    )
    axes = forecast_examples(table).axes[0]
    assert axes.get_lines()[-1].get_xdata().tolist() == [9.0, 1.0]


def test_same_scores_give_the_same_picture(scores: pd.DataFrame) -> None:
    shares = pd.Series({"season": 0.7, "price": 0.3})

    def drawn() -> dict[str, bytes]:
        pictures = {}
        for name, figure in training_figures(scores, shares, pd.DataFrame()).items():
            buffer = BytesIO()
            figure.savefig(buffer, metadata={"Software": None})
            pictures[name] = buffer.getvalue()
        return pictures

    first = drawn()
    assert first == drawn()
    assert all(picture.startswith(b"\x89PNG") for picture in first.values())
