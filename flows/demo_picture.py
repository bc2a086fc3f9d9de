"""The demo's picture: demand, its forecast, and the reorder point before and after."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from textwrap import shorten
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patheffects import Normal, Stroke

__all__ = ["draw_demo", "telling_skus"]

_EPOCH = date(1970, 1, 1)
_WEEKS_SHOWN, _ROOM_DAYS = 13, 28
_LONGEST_NAME = 30
_BANDS = (("q050", "q990", "#deebf7"), ("q100", "q950", "#9ecae1"), ("q250", "q750", "#4292c6"))
_NIGHT, _ORANGE, _GREY = "#08306b", "#d95f02", "#7a7a7a"
_OUTLINE = [Stroke(linewidth=2.6, foreground=_NIGHT), Normal()]
_LINES = (
    ("formula_reorder_point", _ORANGE, (0, (4, 2)), "reorder point: mean + z·deviation"),
    ("reorder_point", _NIGHT, "solid", "reorder point: quantile"),
)
_STORIES = (
    "best seller",
    "the formula keeps too much",
    "the formula runs short",
    "sells now and then",
)


def telling_skus(thresholds: pd.DataFrame) -> list[str]:
    """Choose up to four SKUs that tell different stories, in the order of the picture.

    The best seller; among the better-selling half the one whose new reorder point falls, and the
    one whose new reorder point rises most, as a share of the formula's; and the best-selling
    intermittent one.
    """
    rows = thresholds[thresholds["method"] == "quantile"].sort_values(
        ["expected_demand", "sku"], ascending=[False, True]
    )
    better = rows.head(max(len(rows) // 8, 4))
    change = better["reorder_point"] / better["formula_reorder_point"].clip(lower=1.0)
    now_and_then = rows[rows["demand_pattern"].isin(["intermittent", "lumpy"])]
    candidates = [
        rows.index,
        change.sort_values(kind="stable").index,
        change.sort_values(kind="stable", ascending=False).index,
        now_and_then.index,
    ]
    chosen: list[str] = []
    for ranked in candidates:
        fresh = [sku for sku in rows.loc[ranked, "sku"] if sku not in chosen]
        chosen += fresh[:1]
    return chosen


def draw_demo(
    path: Path,
    *,
    thresholds: pd.DataFrame,
    forecasts: pd.DataFrame,
    history: pd.DataFrame,
    products: pd.DataFrame,
    as_of: date,
) -> None:
    """Draw four telling SKUs into the PNG file `path`.

    Left of `as_of`: units sold a day (bars) and over as many days as the protection interval
    (line), the sum that a reorder point has to cover. Right of it: the quantiles of the demand
    to come, summed from `as_of` on.

    Parameters
    ----------
    thresholds, forecasts : the published tables (contract §4).
    history : sku, date, units; days without sales may be missing. Days after `as_of` are drawn as
        what happened.
    products : sku, name.
    """
    figure = Figure(figsize=(13, 8.2), dpi=120, layout="constrained")
    FigureCanvasAgg(figure)
    grid = figure.subplots(2, 2).ravel()
    names = products.set_index("sku")["name"]
    rows = thresholds.drop_duplicates("sku").set_index("sku").T
    skus = telling_skus(thresholds)
    for axes, sku, story in zip(grid, skus, _STORIES, strict=False):
        fan = forecasts[forecasts["sku"] == sku].sort_values("horizon_days")
        seen = history[history["sku"] == sku].set_index("date")["units"]
        _draw_one(axes, rows[sku], fan, seen, as_of)
        name = shorten(str(names.get(sku, sku)), _LONGEST_NAME, placeholder=" …")
        axes.set_title(f"{name}: {story}", loc="left", weight="bold", fontsize=10, pad=20)
    for axes in grid[len(skus) :]:
        axes.set_axis_off()
    handles, labels = grid[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=4, frameon=False, fontsize=9)
    figure.suptitle(
        f"Reorder points on the evening of {as_of:%d %B %Y}: demand over the protection interval",
        fontsize=13,
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, metadata={"Software": None})


def _draw_one(
    axes: Axes, row: pd.Series[Any], fan: pd.DataFrame, seen: pd.Series[float], as_of: date
) -> None:
    """Draw one SKU; the horizontal axis counts days as matplotlib does."""
    days = int(np.ceil(row["protection_days"]))
    now = float(as_of.toordinal() - _EPOCH.toordinal())
    start, end = now - 7 * _WEEKS_SHOWN, now + days
    first = pd.Timestamp(as_of) - pd.Timedelta(days=7 * _WEEKS_SHOWN + days)
    past = seen.reindex(pd.date_range(first, as_of), fill_value=0)
    at = now + np.arange(-len(past) + 1, 1)
    axes.bar(at[days:], past[days:], width=1.0, color="#c6c6c6", label="sold a day")
    label = "sold in one protection interval"
    axes.plot(at[days:], past.rolling(days).sum()[days:], color=_GREY, lw=1.4, label=label)
    _draw_fan(axes, fan[fan["horizon_days"] <= row["protection_days"]], now)
    later = seen[seen.index > pd.Timestamp(as_of)]
    if not later.empty:
        ahead = pd.date_range(as_of, periods=days + 1)
        total = later.reindex(ahead, fill_value=0).cumsum()
        axes.plot(now + np.arange(days + 1), total, color="black", lw=1.6, label="sold since")
    for name, colour, style, label in _LINES:
        axes.hlines(row[name], start, end, color=colour, linestyle=style, lw=1.8, label=label)
    _label_ends(axes, row, end)
    _finish(axes, row, now)


def _draw_fan(axes: Axes, fan: pd.DataFrame, now: float) -> None:
    """Draw the quantiles of summed demand, from nothing at `now` on."""
    at = now + np.r_[0.0, fan["horizon_days"]]
    for low, high, colour in _BANDS:
        label = f"forecast, {float(low[1:]) / 10:g}–{float(high[1:]) / 10:g} %"
        lower, upper = np.r_[0.0, fan[low]], np.r_[0.0, fan[high]]
        axes.fill_between(at, lower, upper, color=colour, lw=0, label=label)
    median = np.r_[0.0, fan["q500"]]
    axes.plot(at, median, color="white", lw=1.4, label="forecast, median", path_effects=_OUTLINE)


def _label_ends(axes: Axes, row: pd.Series[Any], end: float) -> None:
    """Write the two reorder points beside their lines, apart where the lines are close."""
    new, old = row["reorder_point"], row["formula_reorder_point"]
    above, below = ("bottom", "top") if new >= old else ("top", "bottom")
    for value, colour, side in ((new, _NIGHT, above), (old, _ORANGE, below)):
        axes.annotate(
            f"{np.ceil(value):,.0f}",
            (end, value),
            xytext=(5, 0),
            textcoords="offset points",
            color=colour,
            va=side,
            weight="bold",
            fontsize=10,
        )


def _finish(axes: Axes, row: pd.Series[Any], now: float) -> None:
    axes.axvline(now, color="black", lw=0.8, linestyle=":")
    start, end = now - 7 * _WEEKS_SHOWN, now + max(_ROOM_DAYS, row["protection_days"] + 8)
    axes.set_xlim(start, end)
    first, last = (pd.Timestamp(day, unit="D") for day in (start, end))
    months = pd.date_range(first, last, freq="MS")
    ticks = (months - pd.Timestamp(_EPOCH)).days
    axes.set_xticks(ticks, [f"{month.day} {month:%b}" for month in months])
    axes.set_ylim(0, 1.04 * axes.get_ylim()[1])
    axes.set_ylabel("units")
    axes.spines[["top", "right"]].set_visible(False)
    axes.text(
        0.0,
        1.02,
        f"protection interval {row['protection_days']:.1f} days · "
        f"service level {row['service_level']:.0%}",
        transform=axes.transAxes,
        fontsize=9,
        color="#555555",
    )
