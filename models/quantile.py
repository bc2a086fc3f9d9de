"""LightGBM quantile boosters, one per level, behind scikit-learn's conventions."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Self

import lightgbm as lgb
import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.utils import Tags
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from models.bags import (
    NEXT_BAG,
    ROWS_PER_TREE,
    bags_worth,
    booster_names,
    level_name,
    trees_worth,
)
from models.binning import Batches, sampling_seed
from models.metrics import pinball_loss
from stockalert.arrays import FloatArray, IntArray
from stockalert.quantiles import rearrange

__all__ = ["DEFAULT_LEVELS", "QuantileBoosters", "level_name"]

DEFAULT_LEVELS = (0.05, 0.1, 0.25, 0.5, 0.75, 0.8, 0.9, 0.95, 0.975, 0.99)

_NUMBERS: dict[str, Any] = {"dtype": [np.float32, np.float64], "ensure_all_finite": "allow-nan"}

EvalSet = tuple[npt.ArrayLike, npt.ArrayLike] | tuple[npt.ArrayLike, npt.ArrayLike, npt.ArrayLike]

_CHATTER = logging.getLogger("lightgbm")
_CHATTER.setLevel(logging.ERROR)
# Rows in batches are binned before LightGBM reads its verbosity, so it is told here.
lgb.register_logger(_CHATTER)


class QuantileBoosters(RegressorMixin, BaseEstimator):  # type: ignore[misc]
    """Predict several quantiles of a target; crossings are rearranged away.

    One LightGBM booster is trained per level and bag. All share one binned data set, so binning
    is paid once; a level's prediction is the mean of its bags. Same data, parameters and seed
    give bit-identical predictions.

    Parameters
    ----------
    levels : quantile levels τ in (0, 1), ascending.
    n_estimators : trees of every level, or one number per level or per booster; with an
        `eval_set`, the most.
        None = 200, and fewer beyond 200,000 rows: by the fourth root, 112 for two million.
    learning_rate : weight of a tree; None = 10 ÷ trees, between 0.03 and 0.1.
    early_stopping_rounds : trees without progress on `eval_set` after which a level stops.
    categorical_features : positions (or names, when fitted on a frame) of columns with codes;
        a negative code is unknown.
    n_bags : boosters per level, which draw other rows, features and thresholds; None = 2, and 1
        beyond 300,000 rows, where chance moves little and time is dear.
    random_state : seed of bagging and feature sampling, of the first bag.
    n_jobs : threads; None = all cores.
    min_child_samples : rows in a leaf, at least.
    tail_samples : rows expected beyond the level in a leaf, at least: the 0.99 quantile of a
        hundred rows is one row's word. A twentieth of all rows is always enough.
    extra_trees : try one random threshold per feature and split, which keeps the levels smooth.
    bagging_fraction : share of the rows that a tree is grown on; less where that would be more
        than 300,000 rows.
    num_leaves, feature_fraction, max_bin, reg_lambda : LightGBM's parameters of these names.

    Attributes
    ----------
    boosters_ : list of `lightgbm.Booster`, one per level, then those of the next bag.
    n_bags_ : int, boosters per level.
    n_trees_ : tuple of int, trees kept per booster.
    learning_rate_ : float, the one in force.
    feature_importances_ : shape (n_features,), share of the gain, mean over levels.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> X = rng.uniform(size=(2000, 1))
    >>> y = rng.exponential(X[:, 0])
    >>> model = QuantileBoosters(levels=(0.5, 0.9), n_estimators=60).fit(X, y)
    >>> model.predict([[0.2], [0.8]]).shape
    (2, 2)
    """

    def __init__(
        self,
        levels: Sequence[float] = DEFAULT_LEVELS,
        *,
        n_estimators: int | Sequence[int] | None = None,
        early_stopping_rounds: int = 20,
        learning_rate: float | None = None,
        num_leaves: int = 20,
        min_child_samples: int = 200,
        tail_samples: int = 40,
        extra_trees: bool = True,
        feature_fraction: float = 0.4,
        bagging_fraction: float = 0.7,
        max_bin: int = 127,
        reg_lambda: float = 0.0,
        categorical_features: Sequence[int] | Sequence[str] | None = None,
        n_bags: int | None = None,
        random_state: int = 0,
        n_jobs: int | None = None,
    ) -> None:
        self.levels = levels
        self.n_estimators = n_estimators
        self.early_stopping_rounds = early_stopping_rounds
        self.learning_rate = learning_rate
        self.num_leaves = num_leaves
        self.min_child_samples = min_child_samples
        self.tail_samples = tail_samples
        self.extra_trees = extra_trees
        self.feature_fraction = feature_fraction
        self.bagging_fraction = bagging_fraction
        self.max_bin = max_bin
        self.reg_lambda = reg_lambda
        self.categorical_features = categorical_features
        self.n_bags = n_bags
        self.random_state = random_state
        self.n_jobs = n_jobs

    def fit(
        self,
        X: npt.ArrayLike,
        y: npt.ArrayLike,
        sample_weight: npt.ArrayLike | None = None,
        *,
        eval_set: EvalSet | None = None,
        on_level: Callable[[int, int], None] | None = None,
        which: IntArray | None = None,
        cluster: Any = None,
    ) -> Self:
        """Train one booster per level on `X` (n_rows, n_features) and `y` (n_rows,).

        `X` is binned some rows at a time and never copied; where it is a `numpy.memmap` it is
        read from its file, and taken to hold what a feature matrix holds.

        Parameters
        ----------
        sample_weight : shape (n_rows,), ≥ 0.
        eval_set : (X, y) or (X, y, weight) of later rows, on which each level stops early.
        on_level : called with (boosters done, boosters in all) before the first and after each.
        which : ascending positions in `X` of the rows that `y` and `sample_weight` are of.
        cluster : `distributed.Client` whose workers train together (models/distributed.py); `X`
            must then lie in a file, and no level stops early.

        Raises
        ------
        ValueError
            If levels do not ascend within (0, 1), or an array has the wrong shape.
        """
        features, target, weight = self._accepted(X, y, sample_weight, which)
        levels, trees = self._checked_levels(len(target))
        n_bags = len(trees) // len(levels)
        self.learning_rate_ = self.learning_rate or float(np.clip(10.0 / max(trees), 0.03, 0.1))
        each = [
            (n, self._of_level(level, len(target)) | self._seeds(number // len(levels)))
            for number, (level, n) in enumerate(zip(levels * n_bags, trees, strict=True))
        ]
        if on_level is not None:
            on_level(0, len(each))
        if cluster is not None:
            from models.distributed import train_together

            self.boosters_ = train_together(
                cluster,
                features,
                target,
                weight,
                which=np.arange(len(features)) if which is None else which,
                codes=self._categorical(),
                settings=each,
                on_level=on_level,
            )
            return self
        train = self._bins(Batches(features, which, self._categorical()), target, weight)
        valid = self._validation(eval_set, train)
        self.boosters_ = []
        for done, (n_trees, parameters) in enumerate(each, start=1):
            self.boosters_.append(self._train(parameters, n_trees, train, valid))
            if on_level is not None:
                on_level(done, len(each))
        return self

    def predict(self, X: npt.ArrayLike) -> FloatArray:
        """Return the quantiles of each row, ascending; shape (n_rows, n_levels), float64."""
        check_is_fitted(self, "boosters_")
        features = self._checked(X)
        threads = self._parameters()["num_threads"]
        raw = [np.asarray(b.predict(features, num_threads=threads)) for b in self.boosters_]
        by_bag = np.stack(raw, axis=1).reshape(len(features), -1, len(self.levels))
        return rearrange(by_bag.mean(axis=1))

    def score(
        self, X: npt.ArrayLike, y: npt.ArrayLike, sample_weight: npt.ArrayLike | None = None
    ) -> float:
        """Return the negative pinball loss, mean over rows and levels: higher is better."""
        loss = pinball_loss(np.asarray(y), self.predict(X), self.levels).mean(axis=1)
        weight = None if sample_weight is None else np.asarray(sample_weight)
        return -float(np.average(loss, weights=weight))

    @property
    def n_bags_(self) -> int:
        """Boosters per level."""
        check_is_fitted(self, "boosters_")
        return len(self.boosters_) // len(self.levels)

    @property
    def n_trees_(self) -> tuple[int, ...]:
        """Trees kept per booster."""
        check_is_fitted(self, "boosters_")
        return tuple(booster.num_trees() for booster in self.boosters_)

    @property
    def feature_importances_(self) -> FloatArray:
        """Share of the gain that each feature earned, mean over the boosters; (n_features,)."""
        check_is_fitted(self, "boosters_")
        gains = np.stack([b.feature_importance("gain") for b in self.boosters_])
        shares = gains / np.maximum(gains.sum(axis=1, keepdims=True), np.finfo(float).tiny)
        mean: FloatArray = shares.mean(axis=0)
        return mean

    def to_text(self) -> dict[str, str]:
        """Return the boosters in LightGBM's text format: `q950` of the first bag, `q950_2` …"""
        check_is_fitted(self, "boosters_")
        names = booster_names(self.levels, self.n_bags_)
        return {
            name: booster.model_to_string()
            for name, booster in zip(names, self.boosters_, strict=True)
        }

    @classmethod
    def from_text(cls, texts: Mapping[str, str], **parameters: Any) -> Self:
        """Rebuild fitted boosters from `to_text` and the estimator's parameters.

        Raises
        ------
        KeyError
            If a booster has no text.
        ValueError
            If a text is no booster.
        """
        model = cls(**parameters)
        names = booster_names(model.levels, max(len(texts) // len(model.levels), 1))
        try:
            model.boosters_ = [lgb.Booster(model_str=texts[name]) for name in names]
        except lgb.basic.LightGBMError as error:
            raise ValueError(f"not a LightGBM booster: {error}") from error
        model.n_features_in_ = model.boosters_[0].num_feature()
        return model

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        return tags

    def _accepted(
        self,
        X: npt.ArrayLike,
        y: npt.ArrayLike,
        sample_weight: npt.ArrayLike | None,
        which: IntArray | None,
    ) -> tuple[FloatArray, FloatArray, FloatArray | None]:
        """Checked features, target and weight; a mapped matrix is not read for that."""
        if isinstance(X, np.memmap):
            self.n_features_in_ = X.shape[1]
            weight = None if sample_weight is None else np.asarray(sample_weight)
            return X, np.asarray(y), weight
        if which is not None:
            features = validate_data(self, X, ensure_min_samples=2, **_NUMBERS)
            weight = None if sample_weight is None else np.asarray(sample_weight)
            return features, np.asarray(y), weight
        features, target = validate_data(
            self, X, y, y_numeric=True, ensure_min_samples=2, **_NUMBERS
        )
        weight = None if sample_weight is None else _check_sample_weight(sample_weight, features)
        return features, target, weight

    def _checked(self, X: npt.ArrayLike) -> Any:
        return validate_data(self, X, reset=False, **_NUMBERS)

    def _checked_levels(self, n_rows: int) -> tuple[list[float], list[int]]:
        levels = [float(level) for level in self.levels]
        if not levels or levels != sorted(set(levels)) or not 0 < levels[0] <= levels[-1] < 1:
            raise ValueError(f"levels must ascend within (0, 1), got {levels}")
        trees = trees_worth(n_rows) if self.n_estimators is None else self.n_estimators
        numbers = [trees] * len(levels) if isinstance(trees, int) else [int(n) for n in trees]
        n_boosters = self._bags(n_rows) * len(levels)
        if len(numbers) not in (len(levels), n_boosters):
            raise ValueError(f"{n_boosters} boosters but {len(numbers)} numbers of trees")
        return levels, numbers * (n_boosters // len(numbers))

    def _categorical(self) -> list[int]:
        names = list(getattr(self, "feature_names_in_", []))
        chosen = self.categorical_features or []
        return [names.index(c) if isinstance(c, str) else int(c) for c in chosen]

    def _parameters(self) -> dict[str, Any]:
        return {
            "objective": "quantile",
            "metric": "quantile",
            "num_leaves": self.num_leaves,
            "min_data_in_leaf": self.min_child_samples,
            "feature_pre_filter": False,
            "extra_trees": self.extra_trees,
            "extra_seed": self.random_state,
            "feature_fraction": self.feature_fraction,
            "bagging_fraction": self.bagging_fraction,
            "bagging_freq": 1,
            "max_bin": self.max_bin,
            "lambda_l2": self.reg_lambda,
            "seed": self.random_state,
            "data_random_seed": sampling_seed(self.random_state),
            "num_threads": self.n_jobs or 0,
            "deterministic": True,
            "force_col_wise": True,
            "verbosity": -1,
        }

    def _of_level(self, level: float, n_rows: int) -> dict[str, Any]:
        return {
            **self._parameters(),
            "alpha": level,
            "bagging_fraction": min(self.bagging_fraction, ROWS_PER_TREE / n_rows),
            "min_data_in_leaf": self._leaf_rows(level, n_rows),
            "learning_rate": self.learning_rate_,
        }

    def _bags(self, n_rows: int) -> int:
        if self.n_bags is not None:
            return self.n_bags
        return bags_worth(n_rows)

    def _seeds(self, bag: int) -> dict[str, int]:
        """Other draws for another bag; the bins are those of the first."""
        seed = self.random_state + bag * NEXT_BAG
        return {"seed": seed, "extra_seed": seed}

    def _bins(
        self,
        batches: Batches,
        target: FloatArray,
        weight: FloatArray | None,
        reference: lgb.Dataset | None = None,
    ) -> lgb.Dataset:
        """Bin rows that are read some at a time, and let go of their file."""
        bins = lgb.Dataset(
            batches,
            target,
            weight=weight,
            reference=reference,
            params=self._parameters(),
            categorical_feature=self._categorical(),
        ).construct()
        batches.close()
        return bins

    def _leaf_rows(self, level: float, n_rows: int) -> int:
        """Rows that a leaf of one level must hold."""
        enough = int(self.tail_samples / min(level, 1.0 - level))
        return max(self.min_child_samples, min(enough, n_rows // 20))

    def _validation(self, eval_set: EvalSet | None, train: lgb.Dataset) -> lgb.Dataset | None:
        if eval_set is None:
            return None
        X, y, *weight = eval_set
        batches = Batches(self._checked(X), None, self._categorical())
        return self._bins(batches, np.asarray(y), np.asarray(weight[0]) if weight else None, train)

    def _train(
        self, params: dict[str, Any], n_trees: int, train: lgb.Dataset, valid: lgb.Dataset | None
    ) -> lgb.Booster:
        stop: list[Callable[..., Any]] = (
            [lgb.early_stopping(self.early_stopping_rounds, verbose=False)] if valid else []
        )
        booster = lgb.train(
            params, train, n_trees, valid_sets=[valid] if valid else None, callbacks=stop
        )
        kept = booster.best_iteration if valid else n_trees
        return lgb.Booster(model_str=booster.model_to_string(num_iteration=kept))
