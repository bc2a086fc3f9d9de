"""How long a unit too many is paid for, beside the exact optimum of a shop that loses sales.

Lost sales, one order for every unit sold, Poisson demand at a rate that nobody knows for sure
(gamma, coefficient of variation 0.5): at each rate the share lost is Erlang's loss formula,
whatever the lead times (Karush 1957), so the cheapest stock is known exactly.
"""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import gamma, nbinom, poisson

from stockalert.service_level import critical_ratio

_SHAPE = 4.0
_RATES = gamma.ppf((np.arange(200) + 0.5) / 200, _SHAPE, scale=1 / _SHAPE)


def _cost_per_day(stock: int, rate: float, lead: float, holding: float) -> float:
    load = _RATES * rate * lead
    lost = np.exp(poisson.logpmf(stock, load) - poisson.logcdf(stock, load))
    on_hand = stock - load * (1 - lost)
    return float(np.mean(_RATES * rate * lost + holding * on_hand))


def _stock_at_ratio(rate: float, lead: float, over: float) -> int:
    level = critical_ratio([1.0], [over])[0]
    return int(nbinom.ppf(level, _SHAPE, _SHAPE / (_SHAPE + rate * lead)))


@pytest.mark.parametrize("lead", [7.0, 14.0, 28.0])
@pytest.mark.parametrize("rate", [1.0, 5.0])
@pytest.mark.parametrize("holding", [0.001, 0.005, 0.02])
def test_with_many_orders_under_way_cycle_and_protection_is_nearly_the_cheapest(
    lead: float, rate: float, holding: float
) -> None:
    cycle = 1 / rate
    best = min(_cost_per_day(stock, rate, lead, holding) for stock in range(900))
    short, long = (
        _cost_per_day(_stock_at_ratio(rate, lead, holding * span), rate, lead, holding)
        for span in (cycle, cycle + lead)
    )
    assert long <= 1.10 * best
    assert rate * lead < 14 or long < short


def test_with_one_order_at_a_time_the_cycle_alone_is_not_far_from_the_cheapest() -> None:
    best = min(_cost_per_day(stock, 0.2, 7.0, 0.005) for stock in range(100))
    assert _cost_per_day(_stock_at_ratio(0.2, 7.0, 0.005 / 0.2), 0.2, 7.0, 0.005) <= 1.05 * best
