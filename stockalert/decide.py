"""From quantiles of demand to what is decided: levels, reorder points, orders."""

from __future__ import annotations

from datetime import date

import numpy as np

from stockalert.arrays import FloatArray
from stockalert.formulas import formula_reorder_point, static_reorder_point
from stockalert.items import Items
from stockalert.nervousness import Served, calmed
from stockalert.orders import order_tonight
from stockalert.outlook import Horizons, Outlook
from stockalert.positions import Position, order_by_dates
from stockalert.service_level import ServiceLevels
from stockalert.service_modes import service_levels
from stockalert.situation import Past, ServicePolicy, Situation
from stockalert.thresholds import Decision, Supply, reorder_points

__all__ = ["Horizons", "Past", "ServicePolicy", "decide"]


def decide(
    outlook: Outlook,
    horizons: Horizons,
    supply: Supply,
    items: Items,
    past: Past,
    *,
    policy: ServicePolicy,
    position: Position | None,
    as_of: date,
    served: Served | None = None,
) -> Decision:
    """Decide level, reorder point, order quantity and order-by date of every series.

    Parameters
    ----------
    outlook : demand over the protection intervals
    position : None = no stock table: nothing is ordered
    served : the thresholds that tonight's replace, which stay where moving is worth too little;
        None = all move
    """
    case = Situation(outlook, horizons, supply, items, past, policy, position, as_of)
    service = service_levels(case)
    asked = reorder_points(case.told, outlook.levels, service.level, items.whole)
    point = asked if served is None else _calmed(case, service, asked, served)
    orders = order_tonight(case, service, point)
    periods = supply.protection_days / past.period_days
    return Decision(
        reorder_point=point,
        service=service,
        plan=orders.plan,
        static_reorder_point=static_reorder_point(past.mean, periods),
        formula_reorder_point=formula_reorder_point(past.mean, past.sd, periods, service.level),
        order_by=order_by_dates(
            case.inventory_position, point, horizons.median, horizons.days, as_of=as_of
        ),
        order_note=orders.note,
        asked=asked,
    )


def _calmed(
    case: Situation, service: ServiceLevels, asked: FloatArray, served: Served
) -> FloatArray:
    return calmed(
        asked,
        served,
        case.outlook.values,
        case.outlook.levels,
        level=np.asarray(service.level, np.float64),
        protection_days=case.supply.protection_days,
        method=case.outlook.method,
    )
