"""Quantiles of a demand that is counted."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as of_numpy

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
