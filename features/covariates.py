"""Outside figures — weather, economy, footfall — each with the period in which it was known.

They hold for a location or everywhere, so they are kept per place, not per series. Of several
versions of one figure (a forecast, then the measurement) the last one known at the cutoff counts.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np
import pandas as pd

from features.panel import Panel
from features.tables import Tables, days, period_index, read_table
from stockalert.arrays import BoolArray, FloatArray, IntArray

__all__ = ["COVARIATES", "MOST_COVARIATES", "Covariates", "read_covariates"]

COVARIATES = "covariates"
MOST_COVARIATES = 8


@dataclass(frozen=True)
class Covariates:
    """Figures in the order of name, place, period, known.

    Attributes
    ----------
    places : int64, shape (n_series,), place of each series
    name, place, period, known : int32, shape (n_figures,); name is a position in the vocabulary's
        list, period and known count from the panel's first
    value : float32, shape (n_figures,), in the figure's own unit
    """

    places: IntArray
    name: IntArray
    place: IntArray
    period: IntArray
    known: IntArray
    value: FloatArray

    def block(self, which: slice) -> Covariates:
        """The same figures, for the series in `which`."""
        return replace(self, places=self.places[which])

    def until(self, cutoff: int) -> Covariates:
        """Figures known by the end of period `cutoff`, the last version of each."""
        told = self._take(self.known <= cutoff)
        last = np.ones(len(told.name), dtype=np.bool_)
        last[:-1] = False
        for column in (told.name, told.place, told.period):
            last[:-1] |= np.diff(column) != 0
        return told._take(last)

    def dense(self, name: int, begin: int, end: int, n_places: int) -> FloatArray:
        """Values of one figure over periods [begin, end), (n_places, end − begin); NaN = unknown.

        Call it on what `until` returns.
        """
        out = np.full((n_places, end - begin), np.nan)
        at = (self.name == name) & (self.period >= begin) & (self.period < end)
        at &= self.place < n_places
        out[self.place[at], self.period[at] - begin] = self.value[at]
        return out

    def _take(self, which: BoolArray) -> Covariates:
        figures = {f.name: getattr(self, f.name) for f in fields(self) if f.name != "places"}
        return replace(self, **{key: column[which] for key, column in figures.items()})


def read_covariates(tables: Tables, panel: Panel, names: list[str]) -> Covariates | None:
    """Read the figures called `names`, one per place and period; None where there are none.

    Days of a week are averaged. A figure without a location holds at every place.
    """
    table = read_table(tables, "covariates")
    if not len(table) or not names:
        return None
    frame = _placed(table, panel, names)
    keys = ["name", "place", "period", "known"]
    frame = frame.groupby(keys).agg({"value": "mean"}).reset_index()
    return Covariates(
        places=panel.index.location,
        value=frame.pop("value").to_numpy(np.float32),
        **{name: frame[name].to_numpy(np.int32) for name in ("name", "place", "period", "known")},
    )


def _placed(table: pd.DataFrame, panel: Panel, names: list[str]) -> pd.DataFrame:
    """Figures within reach, with numbers for names, places and periods."""
    dates = days(table["date"])
    told = dates
    if "available_at" in table:
        given = days(table["available_at"])
        told = np.where(np.isnat(given), dates, given)
    where = table.get("location", pd.Series(pd.NA, index=table.index)).astype("object")
    places = panel.index.locations
    frame = pd.DataFrame(
        {
            "name": pd.Index(names).get_indexer(pd.Index(table["name"].astype("object"))),
            "place": places.get_indexer(pd.Index(where)),
            "period": period_index(dates, panel.periods[0], panel.period_days),
            "known": period_index(told, panel.periods[0], panel.period_days),
            "value": table["value"].to_numpy(np.float64),
            "everywhere": (where.isna() | (where == "default")).to_numpy(),
        }
    )
    frame = frame[(frame["name"] >= 0) & frame["value"].notna() & (frame["period"] >= 0)]
    wide = frame[frame["everywhere"]].drop(columns="place")
    wide = wide.merge(pd.DataFrame({"place": np.arange(len(places))}), how="cross")
    here = frame[~frame["everywhere"] & (frame["place"] >= 0)]
    return pd.concat([here, wide], ignore_index=True)
