"""What alerts depend on besides the tables of a night: when, for whom, and what was before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import pandas as pd

from stockalert.alerts.silences import Acknowledgement, Silence

__all__ = ["Before", "Circumstances"]


@dataclass(frozen=True)
class Circumstances:
    """When and for whom a night's alerts are decided.

    Attributes
    ----------
    as_of : last day whose sales are known
    today : last day of which stock and orders are known
    now : when the night runs
    episode : names the run
    live : whether the age of the data counts; not when a past night is asked for
    last_stock : latest day in the stock table
    """

    as_of: date
    today: date
    now: datetime
    episode: str
    language: str = "en"
    live: bool = True
    last_stock: date | None = None
    max_stale_days: int = 3
    goodwill_share: float = 0.0
    period_days: int = 1


@dataclass(frozen=True)
class Before:
    """What was there before this night.

    Attributes
    ----------
    alerts : table `alerts` as served so far, or its columns `KEPT`; None = none
    operational : open alerts about the nightly job, as rows of the table
    """

    KEPT = ("fingerprint", "kind", "sku", "location", "supplier_id", "episode", "first_seen")

    alerts: pd.DataFrame | None = None
    operational: Sequence[Mapping[str, Any]] = ()
    silences: Sequence[Silence] = ()
    acknowledged: Mapping[str, Acknowledgement] = field(default_factory=dict)

    def open(self) -> pd.DataFrame:
        """What was open: kind, sku, location, supplier_id, episode, first_seen by fingerprint."""
        names = list(self.KEPT[1:])
        if self.alerts is None or not len(self.alerts):
            empty = pd.DataFrame({name: pd.Series(dtype="str") for name in names[:-1]})
            return empty.assign(first_seen=pd.Series(dtype="datetime64[us]"))
        return self.alerts.set_index("fingerprint")[names]
