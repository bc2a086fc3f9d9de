"""The replay that proves what a policy is worth: true demand, one world for every policy."""

from __future__ import annotations

from stockalert.simulation.foresight import PerfectForesight, perfect_foresight
from stockalert.simulation.kpis import Costs, Kpis, kpis
from stockalert.simulation.lead_times import draw_lead_times
from stockalert.simulation.pipeline import Pipeline
from stockalert.simulation.policies import BaseStock, FixedQuantity, OrderUpTo
from stockalert.simulation.replay import Outcome, simulate
from stockalert.simulation.rules import OrderRules, lot_rules, review_every
from stockalert.simulation.situation import Policy, Situation
from stockalert.simulation.trace import Totals, Trace
from stockalert.simulation.world import Start, UnmetDemand, World

__all__ = [
    "BaseStock",
    "Costs",
    "FixedQuantity",
    "Kpis",
    "OrderRules",
    "OrderUpTo",
    "Outcome",
    "PerfectForesight",
    "Pipeline",
    "Policy",
    "Situation",
    "Start",
    "Totals",
    "Trace",
    "UnmetDemand",
    "World",
    "draw_lead_times",
    "kpis",
    "lot_rules",
    "perfect_foresight",
    "review_every",
    "simulate",
]
