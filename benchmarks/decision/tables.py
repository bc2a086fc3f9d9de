"""What a run found, as rows of text: for the screen and for `benchmarks/README.md`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from benchmarks.decision.retail import OURS, RIVALS

__all__ = ["Lines", "tables_of"]

Lines = tuple[str, list[str], list[list[str]]]
"""Title, headings, rows of cells."""

_SHOWN = (0.8, 0.9, 0.95, 0.975, 0.99)
_NAMES = {
    "static": "static",
    "formula": "formula, quarterly",
    "formula_weekly": "formula, weekly",
    "empirical": "empirical",
    "quantile": "ours, one level",
    "quantile_g0": "ours, γ = 0",
    "quantile_g05": "ours, γ = ½",
    "quantile_g075": "ours, γ = ¾",
    "quantile_g1": "ours, γ = 1",
    "formula_g05": "formula, quarterly, γ = ½",
    "formula_weekly_g05": "formula, weekly, γ = ½",
    "empirical_g05": "empirical, γ = ½",
    "perfect": "perfect foresight",
}


def tables_of(name: str, result: Mapping[str, Any]) -> Iterator[Lines]:
    """Yield the tables of one set."""
    if name == "simulator":
        yield _simulator(result)
    elif name == "vn2_windows":
        yield _windows(result)
        yield _imputation(result)
    else:
        yield _equal(name, result)
        yield _board(name, result)
        yield _cost(name, result)


def _equal(name: str, result: Mapping[str, Any]) -> Lines:
    title = f"{name}: change at the average stock value that the rival holds aimed at 0.95"
    columns = ["ours", "rival", "lost units", "90 %", "lost value", "90 %", "gap closed"]
    rows = []
    for ours in OURS:
        found = result["equal_stock"][ours]
        for rival in (*RIVALS, *(f"{rival}_g05" for rival in RIVALS)):
            units, value = (found[rival][figure] for figure in ("lost_units", "lost_value"))
            rows.append(
                [_NAMES[ours], _NAMES[rival], _percent(units["change"]), _interval(units),
                 _percent(value["change"]), _interval(value), _percent(units["gap_closed"])]
            )  # fmt: skip
    return title, columns, rows


def _board(name: str, result: Mapping[str, Any]) -> Lines:
    facts = result["facts"]
    title = f"{name}: {facts['series']:,} SKUs, {facts['scored_from']} to {facts['scored_to']}"
    columns = ["policy", "level", "units not served", "stock value", "turnover", "orders"]
    rows = []
    for row in result["board"]:
        level = row["level"]
        if level is None or np.isclose(level, _SHOWN).any():
            stock, orders = f"{row['average_stock_value']:,.0f}", f"{row['orders']:,.0f}"
            rows.append(
                [_NAMES[row["policy"]], "" if level is None else f"{level:g}",
                 _percent(row["stockout_rate"]), stock, f"{row['turnover']:.1f}", orders]
            )  # fmt: skip
    return title, columns, rows


def _cost(name: str, result: Mapping[str, Any]) -> Lines:
    cost, at_once = result["cost_mode"], result["at_once"]
    rows = [
        ["mode cost, total cost", f"{cost['cost']:,.0f}"],
        [f"best fixed level, {cost['best_fixed_level']:g}", f"{cost['best_fixed_cost']:,.0f}"],
        ["change", _percent(cost["change_vs_best_fixed"])],
        ["change with `overage_span` at its default", _percent(cost["change_over_a_cycle"])],
        ["perfect foresight", f"{cost['perfect_cost']:,.0f}"],
    ]
    for ours in OURS:
        both = (at_once[ours][figure] for figure in ("stockouts", "stock_value", "lost_value"))
        words = "{}: stock-outs, stock value, lost value beside the formula at 0.95"
        rows.append([words.format(_NAMES[ours]), ", ".join(_percent(x) for x in both)])
    return f"{name}: mode cost, and both at once", ["", ""], rows


def _windows(result: Mapping[str, Any]) -> Lines:
    mean = result["mean_cost"]
    title = (
        f"VN2 windows: mean cost {mean['ours']:,.0f} against {mean['benchmark']:,.0f}, "
        f"{_percent(result['change'])} (sd {_percent(result['sd'])}, "
        f"n {result['scored_windows']})"
    )
    columns = ["week 1", "level", "benchmark", "ours", "at 1 ÷ 1.2", "perfect", "change"]
    rows = []
    for place, window in enumerate(result["windows"]):
        tuning = place < len(result["windows"]) - result["scored_windows"]
        costs = (window[key] for key in ("benchmark", "ours", "ours_at_ratio", "perfect"))
        change = _percent(window["ours"] / window["benchmark"] - 1)
        rows.append(
            [window["first_week"], f"{window['level']:.3f}", *(f"{x:,.0f}" for x in costs),
             "tuning" if tuning else change]
        )  # fmt: skip
    return title, columns, rows


def _imputation(result: Mapping[str, Any]) -> Lines:
    rows = [["neighbours (as stated)", _percent(result["change_at_ratio"])]]
    rows += [[rule, _percent(change)] for rule, change in result["imputed_otherwise"].items()]
    best, change = result["best_fixed_level"], _percent(result["cost_mode_change"])
    rows.append([f"against ordering up to the best fixed level, {best}", change])
    share = _percent(result["imputed_share"])
    title = f"VN2 at the ratio 1 ÷ 1.2: cost by how hidden demand ({share} of weeks) is imputed"
    return title, ["imputed by", "change"], rows


def _simulator(result: Mapping[str, Any]) -> Lines:
    rows = [[key.replace("_", " "), f"{value:g}"] for key, value in result["speed"].items()]
    return "simulator: 30,000 SKUs × 365 days of one policy", ["figure", "value"], rows


def _interval(figure: Mapping[str, Any]) -> str:
    if figure.get("interval") is None:
        return ""
    low, high = figure["interval"]
    return f"{_percent(low)} … {_percent(high)}"


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.1f} %".replace("-", "−")
