"""What a backtest keeps of each night: reorder points, and every order that followed from them."""

from __future__ import annotations

import numpy as np
import pandas as pd

from flows.contenders import Decisions
from flows.stage import Stage
from stockalert.simulation import simulate
from stockalert.simulation.comparison import Play
from stockalert.simulation.world import World

__all__ = ["orders", "reorder_points"]


def reorder_points(
    stage: Stage, decisions: Decisions, policies: tuple[str, ...], level: float
) -> pd.DataFrame:
    """Reorder points of every policy at the settings' level, night by night."""
    parts = []
    for name in policies:
        for as_of, night in zip(stage.nights, decisions.in_use(name), strict=True):
            points = night.points.get(name)
            if points is None:
                continue
            units = points.get(level, next(iter(points.values())))
            frame = stage.panel.series[["sku", "location"]]
            parts.append(frame.assign(policy=name, as_of_date=as_of, reorder_point=units))
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()


def orders(
    stage: Stage, world: World, plays: dict[str, dict[float, Play]], level: float
) -> pd.DataFrame:
    """Every order of every policy at the settings' level."""
    parts = []
    for name, levels in plays.items():
        play = levels.get(level, next(iter(levels.values())))
        trace = simulate(play.world(world), play.policy, keep_trace=True).trace
        assert trace is not None
        series, night = np.nonzero(trace.ordered > 0)
        frame = stage.panel.series[["sku", "location"]].iloc[series].reset_index(drop=True)
        parts.append(
            frame.assign(
                policy=name,
                night_before=stage.panel.periods[stage.begins + night],
                units=trace.ordered[series, night],
                lead_time_periods=world.lead_times[series, stage.begins + night],
            )
        )
    return pd.concat(parts, ignore_index=True)
