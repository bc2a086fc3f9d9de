"""What was published: past nights, their thresholds and forecasts, beside a panel's series."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq

from features.panel import Panel
from features.target import demand_after
from stockalert.errors import UsageError
from stockalert.review import coverage_cells
from stockalert.served import Pointer, night_folder, read_pointer, served_nights
from stockalert.stock_outs import Decisions

__all__ = [
    "HORIZONS_DAYS",
    "coverage_of",
    "decisions_of",
    "is_within_a_day",
    "nights_between",
    "remembered_data",
    "spaced",
    "thresholds_at",
]

HORIZONS_DAYS = (7.0, 14.0)
"""Of the forecasts that outcomes are held against: short enough to be over soon."""
_DECIDED = {
    "reorder_point": "reorder_point",
    "order_quantity": "order_quantity",
    "protection_days": "protection_days",
    "lead_time_days": "lead_time_days",
    "review_days": "review_days",
}
_HELD = "held|override|dead"


def remembered_data(out: Path) -> str:
    """Return where the night served now had its input from.

    Raises
    ------
    UsageError
        The night does not say.
    OutputError
        No night has been published.
    """
    night = read_pointer(out)
    file = night_folder(out, night.run_id) / "data.txt"
    if not file.exists():
        raise UsageError(f"night {night.run_id} does not say where its input is; give --data")
    return file.read_text(encoding="utf-8").strip()


def nights_between(out: Path, first: date, last: date) -> list[Pointer]:
    """Return the last night of each as-of date in first … last; no run within a day is one."""
    found: dict[date, Pointer] = {}
    for night in served_nights(out):
        if first <= night.as_of_date <= last and not is_within_a_day(out, night):
            found[night.as_of_date] = night
    return [found[day] for day in sorted(found)]


def spaced(nights: Sequence[Pointer], days: int) -> list[Pointer]:
    """Keep the last night, and before it every one that lies `days` before the one kept."""
    kept: list[Pointer] = []
    for night in reversed(nights):
        if not kept or (kept[-1].as_of_date - night.as_of_date).days >= days:
            kept.append(night)
    return kept[::-1]


def decisions_of(out: Path, nights: Sequence[Pointer], panel: Panel) -> Decisions:
    """Read what every night decided for the panel's series."""
    shape = (len(nights), panel.n_series)
    figures = {name: np.full(shape, np.nan, np.float32) for name in _DECIDED}
    held = np.zeros(shape, dtype=bool)
    for row, night in enumerate(nights):
        table = thresholds_at(out, night, panel)
        for name, column in _DECIDED.items():
            figures[name][row] = table[column].to_numpy(np.float32, na_value=np.nan)
        reason = table["change_reason"].astype("str").str.contains(_HELD, na=False)
        held[row] = table["order_note"].notna() | reason
    days = np.array([night.as_of_date for night in nights], dtype="datetime64[D]")
    return Decisions(as_of=days, held=held, **figures)


def thresholds_at(out: Path, night: Pointer, panel: Panel) -> pd.DataFrame:
    """Read the thresholds of one night, a row per series of the panel; null where it had none."""
    columns = [*_DECIDED, "sku", "location", "abc_class", "method", "calibration_group"]
    columns += ["service_level", "change_reason", "order_note"]
    path = out / night.tables["thresholds"].path
    table = pq.read_table(path, columns=columns, partitioning=None)
    return _aligned(table.to_pandas(date_as_object=False), panel)


def coverage_of(out: Path, nights: Sequence[Pointer], panel: Panel) -> pd.DataFrame:
    """Hold the forecasts of some nights against what came; see `stockalert.review`.

    Returns
    -------
    What `coverage_cells` returns, with `as_of`; empty where nothing is over yet.
    """
    told = [cells for night in nights if (cells := _cells(out, night, panel)) is not None]
    if not told:
        columns = ["grouping", "member", "level", "rows", "below", "at_or_below", "as_of"]
        return pd.DataFrame({name: pd.Series(dtype="float64") for name in columns})
    return pd.concat(told, ignore_index=True)


def _cells(out: Path, night: Pointer, panel: Panel) -> pd.DataFrame | None:
    """Outcomes of one night at the horizons that are over."""
    cutoff = int(np.searchsorted(panel.periods, np.datetime64(night.as_of_date), "right")) - 1
    steps = {days: panel.periods_in(int(days)) for days in HORIZONS_DAYS}
    over = {days: n for days, n in steps.items() if cutoff >= 0 and cutoff + n < panel.n_periods}
    if not over:
        return None
    asked = np.tile(np.array(list(over.values())), (1, panel.n_series, 1))
    demand, weight = demand_after(panel, np.array([cutoff]), asked)
    path = out / night.tables["forecasts"].path
    forecasts = pq.read_table(
        path, filters=[("horizon_days", "in", list(over))], partitioning=None
    ).to_pandas()
    names = [name for name in forecasts if name[0] == "q" and name[1:].isdigit()]
    levels = np.array([int(name[1:]) / 1000.0 for name in names])
    kinds = thresholds_at(out, night, panel)
    parts = []
    for column, days in enumerate(over):
        told = _aligned(forecasts[forecasts["horizon_days"] == days], panel)
        quantiles = told[names].to_numpy(np.float64)
        seen = (weight[0, :, column] > 0) & np.isfinite(quantiles).all(axis=1)
        members = _members(kinds, f"{days:g} days").loc[seen].reset_index(drop=True)
        of = {str(name): members[name] for name in members}
        parts.append(coverage_cells(demand[0, seen, column], quantiles[seen], levels, of))
    key = ["grouping", "member", "level"]
    summed = pd.concat(parts).groupby(key, as_index=False)[["rows", "below", "at_or_below"]].sum()
    return summed.assign(as_of=pd.Timestamp(night.as_of_date))


def _members(kinds: pd.DataFrame, horizon: str) -> pd.DataFrame:
    group = kinds["calibration_group"].where(kinds["calibration_group"] != "")
    return pd.DataFrame(
        {
            "abc_class": kinds["abc_class"],
            "method": kinds["method"],
            "calibration_group": group,
            "horizon": horizon,
        }
    )


def _aligned(frame: pd.DataFrame, panel: Panel) -> pd.DataFrame:
    """Bring rows into the order of the panel's series; null where there is none."""
    names = ["sku", "location"]
    wanted = pd.MultiIndex.from_frame(panel.series[names].astype("str"))
    return frame.set_index(names).reindex(wanted).reset_index()


def is_within_a_day(out: Path, night: Pointer) -> bool:
    """Whether a night is a refresh within a day, which no night of its own follows."""
    file = night_folder(out, night.run_id) / "intake.json"
    if not file.exists():
        return False
    return json.loads(file.read_text(encoding="utf-8")).get("moment") is not None
