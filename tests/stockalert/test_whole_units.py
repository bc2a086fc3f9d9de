"""Quantiles of a demand that is counted."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as of_numpy

from stockalert.outlook import Outlook, forecasts_frame
from stockalert.thresholds import reorder_points
from stockalert.whole_units import NEAR, in_whole_units

QUANTILES = of_numpy.arrays(np.float64, (3, 6), elements=st.floats(0, 1e6))
COUNTED = np.array([True, False, True])


@given(QUANTILES)
def test_the_order_of_quantiles_stays_and_nothing_moves_far(values):
    ascending = np.sort(values, axis=1)
    found = in_whole_units(ascending, COUNTED)
    assert (np.diff(found, axis=1) >= 0).all()
    assert (np.abs(found - ascending) <= NEAR).all()
    assert (found >= 0).all()


@given(QUANTILES)
def test_done_twice_it_is_done(values):
    once = in_whole_units(values, COUNTED)
    np.testing.assert_array_equal(in_whole_units(once, COUNTED), once)


@given(QUANTILES)
def test_what_is_sold_in_parts_of_a_unit_stays_as_it_is(values):
    np.testing.assert_array_equal(in_whole_units(values, COUNTED)[1], values[1])
    assert in_whole_units(values, None) is values


def test_every_horizon_of_a_series_is_counted():
    values = np.full((2, 2, 2), 3.1)
    found = in_whole_units(values, np.array([True, False]))
    assert (found[0] == 3.0).all()
    assert (found[1] == 3.1).all()


def test_reorder_points_and_told_quantiles_are_counted_and_means_are_not():
    levels, values = np.array([0.5, 0.9]), np.array([[0.9, 2.1], [0.9, 2.1]])
    whole, zeros = np.array([True, False]), np.zeros(2)
    method = np.full(2, "quantile", np.object_)
    outlook = Outlook(values, levels, method, None, np.full(2, "", np.object_), zeros, whole)
    assert outlook.published.tolist() == [[1.0, 2.0], [0.9, 2.1]]
    assert reorder_points(outlook.published, levels, 0.9, whole).tolist() == [2.0, 2.1]
    by_formula = replace(outlook, method=np.full(2, "formula", np.object_))
    assert by_formula.published.tolist() == values.tolist(), "the formula counts nothing"
    series = pd.DataFrame({"sku": ["mug", "tea"], "location": "X"}, dtype="str")
    told = forecasts_frame(
        series,
        values[:, None],
        np.array([7.0]),
        levels,
        outlook=outlook,
        protection_days=np.array([9.0, 7.0]),
    )
    assert told["horizon_days"].tolist() == [7.0, 9.0, 7.0]
    assert told["q500"].tolist() == [1.0, 1.0, 0.9]
    assert told["q900"].tolist() == [2.0, 2.0, 2.1]
    assert (told["expected_demand"] == outlook.expected_demand[0]).all(), "of the curve as forecast"
