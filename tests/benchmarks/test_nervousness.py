"""The shops that the dead-band is measured on: nothing is seen too early, and bands calm."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from benchmarks.nervousness.run import BANDS, measure, summarise, thresholds_under
from benchmarks.nervousness.shop import generate, nightly_quantiles


def test_a_forecast_sees_nothing_past_its_night() -> None:
    shop = generate(skus=20, days=80, seed=1)
    later = shop.demand.copy()
    later[:, 60:] += 50.0
    told = nightly_quantiles(shop, 40, memory_days=14.0)
    retold = nightly_quantiles(replace(shop, demand=later), 40, memory_days=14.0)
    np.testing.assert_array_equal(told[:21], retold[:21])
    assert (told[21] != retold[21]).any()


def test_a_wider_band_moves_fewer_thresholds_and_costs_are_those_of_one_world() -> None:
    shop = generate(skus=60, days=160, seed=2)
    rows = summarise(measure(shop, 80, 42.0))
    assert [row["dead_band"] for row in rows] == list(BANDS)
    churn = [row["churn"] for row in rows]
    assert churn == sorted(churn, reverse=True)
    assert churn[-1] < churn[0] / 2
    assert rows[0]["cost"] == rows[0]["cost_high"] == 0.0


def test_without_a_band_every_threshold_is_its_nights_quantile() -> None:
    shop = generate(skus=20, days=80, seed=3)
    quantiles = nightly_quantiles(shop, 60, memory_days=14.0)
    points = thresholds_under(0.0, quantiles, shop.lead_days + 1.0)
    np.testing.assert_array_equal(points.T, np.ceil(quantiles[:, :, 7] - 1e-9))
