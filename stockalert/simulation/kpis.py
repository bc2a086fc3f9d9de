"""What a replay was worth: service, stock and money, per series or per class.

Sums are formed first and divided last: the fill rate of a class is units served ÷ units demanded
of the class, not a mean of rates. A rate without a denominator (nothing demanded, no periods) is
NaN; turnover without stock is inf where something was sold.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from stockalert.arrays import FloatArray, IntArray, NumberArray
from stockalert.simulation.trace import Totals

__all__ = ["Costs", "Kpis", "kpis"]

Money = NumberArray | float


@dataclass(frozen=True)
class Costs:
    """Prices and costs, each one number or shape (n_series,).

    Attributes
    ----------
    unit_price, unit_cost : currency per unit
    holding, obsolescence : currency per unit at the close of a period
        Obsolescence is the expected loss of value while a unit lies (rate × unit cost × time).
    ordering : currency per order
    shortage : currency per unit of demand not served at once
    backorder : currency per unit owed at the close of a period
    write_off : currency per unit at the end of its shelf life; None = its unit cost
    """

    unit_price: Money = 0.0
    unit_cost: Money = 0.0
    holding: Money = 0.0
    obsolescence: Money = 0.0
    ordering: Money = 0.0
    shortage: Money = 0.0
    backorder: Money = 0.0
    write_off: Money | None = None


@dataclass(frozen=True)
class Kpis:
    """Figures of each series or class; shape (n,) each.

    Attributes
    ----------
    demanded_units : units
    lost_units, lost_value : demand that was never served, in units and at its price
    stockout_rate : share of demanded units not served at once
    short_period_rate : share of the periods with demand in which some was not served at once
    cycle_service_level : share of replenishment cycles without a stock-out
    fill_rate : share of demanded units served at once, 1 − stockout_rate
    ready_rate : share of periods with stock on the shelf at their close
    average_stock_units, average_stock_value : stock at the close of a period, at unit cost
    turnover : units sold per year ÷ average stock
    orders, ordered_units : orders placed, and their units
    written_off_units : units at the end of their shelf life
    holding_cost, ordering_cost, shortage_cost, obsolescence_cost, total_cost : currency
        Shortage includes the cost of owing, obsolescence that of write-offs; total is their sum
        over all scored periods.
    """

    demanded_units: FloatArray
    lost_units: FloatArray
    lost_value: FloatArray
    stockout_rate: FloatArray
    short_period_rate: FloatArray
    cycle_service_level: FloatArray
    fill_rate: FloatArray
    ready_rate: FloatArray
    average_stock_units: FloatArray
    average_stock_value: FloatArray
    turnover: FloatArray
    orders: FloatArray
    ordered_units: FloatArray
    written_off_units: FloatArray
    holding_cost: FloatArray
    ordering_cost: FloatArray
    shortage_cost: FloatArray
    obsolescence_cost: FloatArray
    total_cost: FloatArray


def kpis(
    totals: Totals,
    costs: Costs | None = None,
    *,
    groups: IntArray | None = None,
    periods_per_year: float = 365.0,
) -> Kpis:
    """KPIs of each series, or of each group of series.

    Parameters
    ----------
    totals : what `simulate` added up
    costs : prices and costs; None = all 0
    groups : shape (n_series,), the group 0 … n − 1 of each series; None = each series its own
    periods_per_year : 365 / 7 with weekly periods

    Examples
    --------
    All series together:

    >>> from stockalert.simulation import BaseStock, World, simulate
    >>> world = World.of(np.array([[4.0, 6.0], [5.0, 5.0]]), lead_times=0)
    >>> outcome = simulate(world, BaseStock(5.0))
    >>> result = kpis(outcome.totals, Costs(holding=0.2, shortage=1.0), groups=np.zeros(2, int))
    >>> result.fill_rate.tolist(), result.total_cost.tolist()
    ([0.95], [1.2])
    """
    costs = costs or Costs()
    own = np.arange(len(totals.demanded)) if groups is None else groups
    n_groups = int(np.max(own, initial=-1)) + 1

    def added(amount: NumberArray) -> FloatArray:
        return np.bincount(own, amount, minlength=n_groups).astype(np.float64)

    demanded, served = added(totals.demanded), added(totals.served)
    stock, size = added(totals.stock), added(np.full(len(own), totals.n_periods))
    spent = _spent(totals, costs, added)
    return Kpis(
        demanded_units=demanded,
        lost_units=added(totals.lost),
        lost_value=added(totals.lost * costs.unit_price),
        stockout_rate=_ratio(demanded - served, demanded),
        short_period_rate=_ratio(added(totals.short_periods), added(totals.demand_periods)),
        cycle_service_level=_ratio(added(totals.safe_cycles), added(totals.cycles)),
        fill_rate=_ratio(served, demanded),
        ready_rate=_ratio(added(totals.ready_periods), size),
        average_stock_units=_ratio(stock, totals.n_periods),
        average_stock_value=_ratio(added(totals.stock * costs.unit_cost), totals.n_periods),
        turnover=_ratio((served + added(totals.filled)) * periods_per_year, stock),
        orders=added(totals.orders),
        ordered_units=added(totals.ordered),
        written_off_units=added(totals.written_off),
        **spent,
        total_cost=np.sum(list(spent.values()), axis=0),
    )


def _spent(
    totals: Totals, costs: Costs, added: Callable[[NumberArray], FloatArray]
) -> dict[str, FloatArray]:
    """The four costs, in the order of `Kpis`."""
    write_off = costs.unit_cost if costs.write_off is None else costs.write_off
    short = totals.demanded - totals.served
    return {
        "holding_cost": added(totals.stock * costs.holding),
        "ordering_cost": added(totals.orders * costs.ordering),
        "shortage_cost": added(short * costs.shortage + totals.backordered * costs.backorder),
        "obsolescence_cost": added(
            totals.stock * costs.obsolescence + totals.written_off * write_off
        ),
    }


def _ratio(numerator: NumberArray, denominator: NumberArray | float) -> FloatArray:
    """Quotient; NaN for 0 ÷ 0, inf for the rest ÷ 0."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.divide(numerator, denominator))
