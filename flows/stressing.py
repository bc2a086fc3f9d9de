"""Stress tests: what a strike, a late supplier, a rush or a lost container would do, and when.

The night's forecast is made as `refresh` makes it; nothing is published to the served tables.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from pathlib import Path

import numpy as np
import pandas as pd
from prefect import flow

from flows.clock import now
from flows.decided import DecidedNight
from flows.intake import Intake
from flows.purchasing import lay_open_lines
from flows.refresh import forecast_and_decide
from flows.run import Run, open_run
from flows.settings import load_settings
from flows.steps import read_tables, step
from flows.supply import known_orders, read_table
from models.registry import Champion, champion
from stockalert.arrays import BoolArray, FloatArray
from stockalert.decide import decide
from stockalert.errors import ChampionError, GuardError
from stockalert.guard import Limits, describe
from stockalert.guard_forecasts import on_failures
from stockalert.pipeline import arrivals_of
from stockalert.positions import Arrivals
from stockalert.situation import Situation
from stockalert.stress import Scenario, hit_by, parse_scenario, stressed
from stockalert.stress_replay import Lived, Rule, live_through
from stockalert.thresholds import Decision

__all__ = ["StressTest", "stress"]


@dataclass(frozen=True)
class StressTest:
    """What one scenario would do.

    Attributes
    ----------
    scenario : as it was asked for
    items : the series that it touches, those that lose most first
    days : played forward
    path : the parquet file; the figure lies beside it
    """

    scenario: str
    items: pd.DataFrame
    days: int
    path: Path

    @property
    def figure(self) -> Path:
        """The picture of it."""
        return self.path.with_suffix(".png")


@flow(name="stress", validate_parameters=False)
def stress(
    data: Path | str,
    out: Path,
    scenarios: Sequence[str],
    *,
    as_of: date | None = None,
    config: Path | None = None,
    days: int = 91,
) -> list[StressTest]:
    """Play each scenario beside the normal course of things.

    Raises
    ------
    UsageError
        A scenario cannot be read, or touches nothing.
    """
    wanted = [parse_scenario(text) for text in scenarios]
    settings = load_settings(config)
    with open_run(data, out, settings=settings, as_of=as_of, now=now()) as run:
        intake = read_tables(run)
        lay_open_lines(run, intake)
        decided = forecast_and_decide(run, intake, _champion(run, intake))
        _refuse_failures(run, decided)
        return [play(run, intake, decided, scenario, days) for scenario in wanted]


def _refuse_failures(run: Run, decided: DecidedNight) -> None:
    """Refuse to play with forecasts of which too many are missing, as a night would.

    Raises
    ------
    GuardError
        More than `guard.max_share_missing` of the series could not be forecast.
    """
    limits = Limits(max_share_missing=run.settings.guard.max_share_missing)
    found = on_failures(decided.thresholds, decided.failed, limits)
    if found is not None and found.tripped and run.settings.guard.enabled:
        raise GuardError(describe([found]), [found])


def _champion(run: Run, intake: Intake) -> Champion | None:
    """The version that serves; without one, or with one that knows too much, the formula does."""
    try:
        found = champion(run.workspace.out, tracking_uri=run.settings.paths.tracking_uri)
    except ChampionError:
        return None
    return found if found.trained_until <= intake.as_of else None


@step("play the scenario", io=True)
def play(
    run: Run, intake: Intake, decided: DecidedNight, scenario: Scenario, days: int
) -> StressTest:
    """Play one scenario and keep what it does."""
    case = decided.case
    series = decided.thresholds[["sku", "location"]]
    products = read_table(run.tables, "products")
    orders = known_orders(run.tables, decided.facts.standing, as_of=intake.last_day)
    hit = hit_by(scenario, series, case.items.supplier_id, products, orders)
    left = _without(scenario, series, orders, case, intake.last_day)
    troubled = stressed(case, scenario, hit, arrivals=left)
    decision = _decide(troubled)
    items = _compared(decided, troubled, decision, scenario, hit=hit, days=days)
    path = run.workspace.out / "stress" / f"{_name(scenario)}.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    staged = path.with_name(f".{path.name}.{os.getpid()}")
    items.to_parquet(staged, index=False)
    staged.replace(path)
    done = StressTest(scenario.text, items, days, path)
    from flows.stress_picture import draw

    draw(done)
    return done


def _without(
    scenario: Scenario,
    series: pd.DataFrame,
    orders: pd.DataFrame | None,
    case: Situation,
    day: date,
) -> Arrivals | None:
    """What is still under way when a purchase order is lost."""
    if scenario.kind != "lost" or orders is None:
        return None
    others = orders[orders["po_id"] != scenario.where["po"]]
    return arrivals_of(series, others, case.supply.lead_times.mean_days, as_of=day)


def _decide(case: Situation) -> Decision:
    """Decide a situation as the night does."""
    return decide(
        case.outlook,
        case.horizons,
        case.supply,
        case.items,
        case.past,
        policy=case.policy,
        position=case.position,
        as_of=case.as_of,
    )


def _compared(
    decided: DecidedNight,
    troubled: Situation,
    decision: Decision,
    scenario: Scenario,
    *,
    hit: BoolArray,
    days: int,
) -> pd.DataFrame:
    """Normal course, the scenario, and the scenario with reorder points that follow it."""
    case, table = decided.case, decided.thresholds
    rows = np.flatnonzero(hit)
    point, up_to = (table[n].to_numpy(np.float64) for n in ("reorder_point", "order_up_to_level"))
    strike = int(scenario.amount) if scenario.kind == "strike" else 0
    leads = case.supply.lead_times if strike else troubled.supply.lead_times
    rules = {
        "normal": (case, Rule(point, up_to, case.supply.lead_times)),
        "stress": (troubled, Rule(point, up_to, leads, strike)),
        "adapted": (
            troubled,
            Rule(decision.reorder_point, decision.plan.order_up_to_level, leads, strike),
        ),
    }
    frame = table.loc[hit, ["sku", "location"]].assign(
        supplier_id=case.items.supplier_id.to_numpy()[rows],
        on_hand=table.loc[hit, "on_hand"],
        reorder_point=point[rows],
        stress_reorder_point=decision.reorder_point[rows],
        order_quantity=table.loc[hit, "order_quantity"],
        stress_order_quantity=decision.plan.order_quantity[rows],
    )
    prices = _money(case, rows)
    for name, (situation, rule) in rules.items():
        lived = live_through(situation, rule, rows, days=days)
        frame = frame.assign(**_columns(name, lived, *prices))
    order = ["lost_value_more", "days_to_stockout_stress", "sku", "location"]
    more = frame["lost_value_stress"] - frame["lost_value_normal"]
    frame = frame.assign(lost_value_more=more)
    ranked = frame.sort_values(order, ascending=[False, True, True, True], ignore_index=True)
    return ranked.drop(columns="lost_value_more")


def _money(case: Situation, rows: np.ndarray) -> tuple[FloatArray, FloatArray]:
    """Price asked (the cost where unknown) and cost of a unit; NaN = unknown."""
    cost, price = case.items["unit_cost"][rows], case.items["unit_price"][rows]
    return np.where(np.isnan(price), cost, price), cost


def _columns(name: str, lived: Lived, price: FloatArray, cost: FloatArray) -> dict[str, FloatArray]:
    """Figures of one course of things."""
    return {
        f"days_to_stockout_{name}": lived.days_to_stockout,
        f"stockout_probability_{name}": lived.stockout_probability,
        f"lost_units_{name}": lived.lost_units,
        f"lost_value_{name}": np.nan_to_num(lived.lost_units * price),
        f"orders_{name}": lived.orders,
        f"cash_{name}": np.nan_to_num(lived.ordered_units * cost),
    }


def _name(scenario: Scenario) -> str:
    """Name of the scenario's files."""
    plain = re.sub(r"[^A-Za-z0-9.=_-]+", "_", scenario.text)[:60]
    return f"{plain}-{sha256(scenario.text.encode()).hexdigest()[:6]}"
