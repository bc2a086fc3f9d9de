"""What-if scenarios: what they change in a night's situation, and for which items.

`strike:supplier=ACME,days=30` – nothing leaves ACME for 30 days, nothing of it arrives before;
`lead-time:factor=2,supplier=ACME` – what is under way and every later order takes twice as long;
`demand:factor=1.5,category=Toys` – half as much again is wanted; `lost:po=PO-17` – a purchase order
never comes. Supplier, category and sku may be left out: then all are meant.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pandas as pd

from stockalert.arrays import BoolArray, FloatArray
from stockalert.errors import UsageError
from stockalert.lead_time import LeadTimes
from stockalert.outlook import Horizons
from stockalert.positions import Arrivals
from stockalert.quantiles import at_horizon, mixture
from stockalert.situation import Situation
from stockalert.thresholds import Supply

__all__ = ["Scenario", "hit_by", "parse_scenario", "stressed"]

Kind = Literal["strike", "lead-time", "demand", "lost"]

_KEYS: dict[Kind, tuple[str, tuple[str, ...]]] = {
    "strike": ("days", ("supplier", "sku")),
    "lead-time": ("factor", ("supplier", "sku")),
    "demand": ("factor", ("category", "supplier", "sku")),
    "lost": ("po", ()),
}
LARGEST = {"days": 365.0, "factor": 100.0}


@dataclass(frozen=True)
class Scenario:
    """One what-if.

    Attributes
    ----------
    text : as it was asked for
    amount : days of a strike, or factor
    where : what it is limited to, by column: supplier, category, sku, po
    """

    text: str
    kind: Kind
    amount: float
    where: dict[str, str]


def parse_scenario(text: str) -> Scenario:
    """Read a scenario.

    Raises
    ------
    UsageError
        It is none of the four, or lacks or has a key too many, or its number is none.

    Examples
    --------
    >>> parse_scenario("strike:supplier=ACME,days=30").amount
    30.0
    """
    name, _, rest = text.partition(":")
    kind = next((known for known in _KEYS if known == name.strip()), None)
    if kind is None:
        raise UsageError(f"scenario {text!r}: expected {', '.join(_KEYS)}, found {name!r}")
    must, may = _KEYS[kind]
    said = dict(_pair(text, part) for part in rest.split(",") if part.strip())
    if must not in said:
        raise UsageError(f"scenario {text!r}: expected {must}=…, as in {kind}:{must}=2")
    if unknown := sorted(set(said) - {must, *may}):
        expected = ", ".join((must, *may))
        raise UsageError(f"scenario {text!r}: expected {expected}, found {unknown[0]}")
    amount = 1.0 if kind == "lost" else _number(text, must, said.pop(must))
    return Scenario(text, kind, amount, said)


def hit_by(
    scenario: Scenario,
    series: pd.DataFrame,
    supplier_id: pd.Series[str],
    products: pd.DataFrame | None,
    purchase_orders: pd.DataFrame | None,
) -> BoolArray:
    """Which series a scenario touches, shape (n,).

    Raises
    ------
    UsageError
        Nothing is of that supplier, category, sku or purchase order.
    """
    hit = np.ones(len(series), bool)
    for column, wanted in scenario.where.items():
        if column == "po":
            found = _of_order(wanted, series, purchase_orders)
        elif column == "supplier":
            found = (supplier_id == wanted).to_numpy(bool)
        elif column == "category" and products is not None and "category" in products:
            category = products.drop_duplicates("sku").set_index("sku")["category"]
            found = (series["sku"].map(category) == wanted).to_numpy(bool)
        else:
            found = (series["sku"] == wanted).to_numpy(bool) & (column == "sku")
        if not found.any():
            raise UsageError(f"scenario {scenario.text!r}: nothing is of {column} {wanted!r}")
        hit &= found
    return hit


def stressed(
    case: Situation, scenario: Scenario, hit: BoolArray, *, arrivals: Arrivals | None = None
) -> Situation:
    """The night's situation as the scenario would have it; rows not hit stay bit for bit.

    Parameters
    ----------
    hit : shape (n,)
    arrivals : what is still under way where a purchase order is lost
    """
    if case.position is None:
        raise UsageError("a stress test needs a stock table: without stock nothing runs out")
    supply, horizons, coming = case.supply, case.horizons, case.position.coming
    if scenario.kind == "strike":
        supply = Supply(_longer(supply.lead_times, hit, 1.0, scenario.amount), supply.review_days)
        late = np.where(coming.days > 0, np.maximum(coming.days, scenario.amount + 1), 0.0)
        coming = Arrivals(np.where(hit[:, None], late, coming.days), coming.units)
    elif scenario.kind == "lead-time":
        supply = Supply(_longer(supply.lead_times, hit, scenario.amount, 0.0), supply.review_days)
        days = np.where(hit[:, None], np.ceil(coming.days * scenario.amount), coming.days)
        coming = Arrivals(days, coming.units)
    elif scenario.kind == "demand":
        factor = np.where(hit, scenario.amount, 1.0)[:, None, None]
        horizons = Horizons(horizons.days, horizons.values * factor, horizons.levels)
    elif arrivals is not None:
        coming = arrivals
    on_order = np.where(hit, coming.units.sum(axis=1), case.position.on_order)
    position = replace(case.position, arrivals=coming, on_order=on_order)
    outlook = replace(case.outlook, values=_over_protection(case, supply, horizons, hit))
    return replace(case, outlook=outlook, horizons=horizons, supply=supply, position=position)


def _over_protection(
    case: Situation, supply: Supply, horizons: Horizons, hit: BoolArray
) -> FloatArray:
    """Demand over the protection interval; of the rows that are hit, in proportion to the change.

    The night's own quantiles were forecast at more horizons than the common ones that are kept, so
    what changes is taken from the latter and applied to the former.
    """
    before = _mixed(case.supply.take(hit), case.horizons, hit)
    after = _mixed(supply.take(hit), horizons, hit)
    known = case.outlook.values[hit]
    ratio = np.divide(after, before, out=np.ones_like(after), where=before > 0)
    values = case.outlook.values.copy()
    values[hit] = np.sort(np.where(before > 0, known * ratio, known + after), axis=1)
    return values


def _mixed(supply: Supply, horizons: Horizons, hit: BoolArray) -> FloatArray:
    """Demand over the protection interval, from the common horizons."""
    days = supply.lead_times.atoms_days + supply.review_days[:, None]
    components = at_horizon(horizons.values[hit], horizons.days, days)
    return mixture(components, supply.lead_times.probabilities, horizons.levels)


def _longer(lead_times: LeadTimes, hit: BoolArray, factor: float, days: float) -> LeadTimes:
    """Lead times of the rows that are hit, times a factor plus some days."""
    atoms = lead_times.atoms_days * factor + days
    return LeadTimes(
        mean_days=np.where(hit, lead_times.mean_days * factor + days, lead_times.mean_days),
        sd_days=np.where(hit, lead_times.sd_days * factor, lead_times.sd_days),
        atoms_days=np.where(hit[:, None], atoms, lead_times.atoms_days),
        probabilities=lead_times.probabilities,
    )


def _of_order(po_id: str, series: pd.DataFrame, purchase_orders: pd.DataFrame | None) -> BoolArray:
    if purchase_orders is None:
        return np.zeros(len(series), bool)
    lines = purchase_orders[purchase_orders["po_id"] == po_id]
    places = pd.MultiIndex.from_arrays([lines["sku"], lines["location"].fillna("default")])
    return np.asarray(pd.MultiIndex.from_frame(series[["sku", "location"]]).isin(places))


def _pair(text: str, part: str) -> tuple[str, str]:
    key, equals, value = part.partition("=")
    if not equals or not value.strip():
        raise UsageError(f"scenario {text!r}: expected KEY=VALUE, found {part!r}")
    return key.strip(), value.strip()


def _number(text: str, key: str, value: str) -> float:
    try:
        number = float(value)
    except ValueError:
        number = np.nan
    if not 0 < number <= LARGEST[key]:
        expected = f"a number above 0, at most {LARGEST[key]:g}"
        raise UsageError(f"scenario {text!r}: expected {key} to be {expected}, found {value!r}")
    return number
