"""The boosters keep scikit-learn's conventions and find quantiles that are known exactly."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.metrics import mean_pinball_loss
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from models.quantile import QuantileBoosters, level_name

LEVELS = (0.1, 0.5, 0.9)
SMALL = {"n_estimators": 40, "n_jobs": 1}

MATRIX = "predictions are a matrix, one column per level, not a vector like y"
EXPECTED_FAILURES = {
    "check_regressors_train": MATRIX,
    "check_sample_weight_equivalence_on_dense_data": "bins and leaf sizes count rows, not weights",
}


@parametrize_with_checks(
    [QuantileBoosters(LEVELS, n_estimators=5, n_jobs=1)],
    expected_failed_checks=lambda estimator: EXPECTED_FAILURES,
)
def test_scikit_learns_own_checks_pass(estimator, check):
    check(estimator)


@pytest.fixture(scope="module")
def exponential_demand():
    rng = np.random.default_rng(2)
    pace = rng.choice([1.0, 4.0, 9.0], 6000)
    return pace[:, None], rng.exponential(pace)


def test_quantiles_of_exponential_demand_are_found(exponential_demand):
    X, y = exponential_demand
    keen = {
        "learning_rate": 0.08,
        "extra_trees": False,
        "tail_samples": 0,
        "min_child_samples": 100,
    }
    model = QuantileBoosters(LEVELS, n_estimators=80, n_jobs=1, **keen).fit(X, y)
    found = model.predict([[1.0], [4.0], [9.0]])
    expected = np.array([1.0, 4.0, 9.0])[:, None] * -np.log1p(-np.array(LEVELS))
    assert found == pytest.approx(expected, rel=0.15)


def test_quantiles_never_cross():
    rng = np.random.default_rng(4)
    X, y = rng.normal(size=(300, 6)), rng.normal(size=300)
    model = QuantileBoosters((0.45, 0.5, 0.55), min_child_samples=5, **SMALL).fit(X, y)
    raw = np.stack([booster.predict(X) for booster in model.boosters_], axis=1)
    assert (np.diff(raw, axis=1) < 0).any()
    assert (np.diff(model.predict(X), axis=1) >= 0).all()


def test_the_same_seed_gives_the_same_bits(exponential_demand):
    X, y = exponential_demand
    X = np.hstack([X, np.random.default_rng(0).normal(size=(len(X), 5))])
    one, two = (QuantileBoosters(LEVELS, random_state=3, **SMALL).fit(X, y) for _ in range(2))
    other = QuantileBoosters(LEVELS, random_state=4, **SMALL).fit(X, y)
    assert np.array_equal(one.predict(X), two.predict(X))
    assert not np.array_equal(one.predict(X), other.predict(X))


def test_the_number_of_threads_changes_no_bit(exponential_demand):
    X, y = exponential_demand
    X = np.hstack([X, np.random.default_rng(0).normal(size=(len(X), 5))])
    settings = {"n_estimators": 20, "random_state": 3}
    one, two = (QuantileBoosters(LEVELS, n_jobs=n, **settings).fit(X, y) for n in (1, 2))
    assert np.array_equal(one.predict(X), two.predict(X))


def test_text_carries_the_model_exactly(exponential_demand):
    X, y = exponential_demand
    model = QuantileBoosters(LEVELS, **SMALL).fit(X, y)
    copy = QuantileBoosters.from_text(model.to_text(), **model.get_params())
    names = ["q100", "q500", "q900"]
    assert list(model.to_text()) == [*names, *(f"{name}_2" for name in names)]
    assert np.array_equal(copy.predict(X), model.predict(X))
    with pytest.raises(ValueError, match="not a LightGBM booster"):
        QuantileBoosters.from_text(dict.fromkeys(model.to_text(), "nonsense"), levels=LEVELS)


def test_early_stopping_keeps_the_best_trees_of_each_level(exponential_demand):
    X, y = exponential_demand
    later = (X[4000:], y[4000:])
    plain = {"n_jobs": 1, "extra_trees": False}
    model = QuantileBoosters(LEVELS, n_estimators=400, early_stopping_rounds=10, **plain)
    model.fit(X[:4000], y[:4000], eval_set=later)
    assert max(model.n_trees_) < 400
    kept = {"n_estimators": model.n_trees_, "learning_rate": model.learning_rate_}
    again = QuantileBoosters(LEVELS, **kept, **plain)
    again.fit(X[:4000], y[:4000])
    assert again.n_trees_ == model.n_trees_
    assert np.array_equal(again.predict(X), model.predict(X))


def test_score_is_the_negative_mean_pinball_loss_of_scikit_learn(exponential_demand):
    X, y = exponential_demand
    model = QuantileBoosters(LEVELS, **SMALL).fit(X, y)
    found = model.predict(X)
    losses = [mean_pinball_loss(y, found[:, i], alpha=level) for i, level in enumerate(LEVELS)]
    assert model.score(X, y) == pytest.approx(-np.mean(losses))


def test_it_works_in_pipelines_and_searches(exponential_demand):
    X, y = exponential_demand
    pipeline = make_pipeline(StandardScaler(), QuantileBoosters(LEVELS, n_jobs=1))
    grid = {"quantileboosters__n_estimators": [1, 30]}
    search = GridSearchCV(pipeline, grid, cv=TimeSeriesSplit(2)).fit(X, y)
    assert search.best_params_ == {"quantileboosters__n_estimators": 30}
    assert clone(search.best_estimator_).fit(X, y).predict(X).shape == (len(X), 3)


def test_categories_are_named_on_frames():
    rng = np.random.default_rng(6)
    shop = pd.DataFrame(
        {"aisle": rng.permuted(np.arange(3000) % 20), "week": rng.normal(size=3000)}
    )
    y = np.where(shop["aisle"] % 2, 10.0, 1.0)
    model = QuantileBoosters(
        (0.5,), categorical_features=["aisle"], feature_fraction=1.0, extra_trees=False, **SMALL
    ).fit(shop, y)
    assert model.predict(shop.head(200))[:, 0] == pytest.approx(y[:200], abs=1.0)
    assert model.feature_importances_[0] > 0.9


def test_a_negative_code_is_an_unknown_category_without_a_warning(capfd):
    rng = np.random.default_rng(6)
    X = rng.integers(-1, 4, size=(3000, 1)).astype(np.float32)
    y = np.where(X[:, 0] < 0, 5.0, 1.0)
    model = QuantileBoosters((0.5,), categorical_features=[0], **SMALL).fit(X, y)
    found = model.predict(np.array([[-1.0], [np.nan], [2.0]]))[:, 0]
    assert found[0] == found[1]
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("levels", [(), (0.9, 0.5), (0.5, 0.5), (0.0, 0.5), (0.5, 1.0)])
def test_levels_must_ascend_between_0_and_1(levels):
    with pytest.raises(ValueError, match="levels must ascend"):
        QuantileBoosters(levels).fit(np.zeros((9, 1)), np.zeros(9))


@pytest.mark.parametrize(("level", "name"), [(0.05, "q050"), (0.975, "q975"), (0.9995, "q9995")])
def test_levels_are_named_in_per_mille(level, name):
    assert level_name(level) == name


def test_bags_are_averaged_and_differ(exponential_demand):
    X, y = exponential_demand
    X = np.hstack([X, np.random.default_rng(0).normal(size=(len(X), 5))])
    both = QuantileBoosters((0.5,), n_bags=2, **SMALL).fit(X, y)
    first = QuantileBoosters((0.5,), n_bags=1, **SMALL).fit(X, y)
    each = [booster.predict(X) for booster in both.boosters_]
    assert np.array_equal(each[0], first.predict(X)[:, 0])
    assert not np.array_equal(each[0], each[1])
    assert both.predict(X)[:, 0] == pytest.approx(np.mean(each, axis=0), rel=1e-12)


def test_many_rows_are_worth_one_bag():
    assert [QuantileBoosters()._bags(n) for n in (300_000, 300_001)] == [2, 1]
