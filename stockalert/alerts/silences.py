"""Silences and acknowledgements: who asked not to hear of what, and until when."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from fnmatch import fnmatchcase
from typing import Any

__all__ = ["MATCHED", "Acknowledgement", "Silence", "muted_state"]

MATCHED = ("kind", "severity", "sku", "location", "supplier_id", "planner", "fingerprint")
"""Columns that a silence may ask for."""


@dataclass(frozen=True)
class Silence:
    """Alerts that nobody is told of until a time.

    Attributes
    ----------
    matchers : column -> pattern, where `*` stands for anything; all must fit
    until : first moment at which it no longer holds
    number : 0 = not kept yet
    """

    matchers: Mapping[str, str]
    until: datetime
    number: int = 0
    made_by: str = ""
    comment: str = field(default="")

    def fits(self, alert: Mapping[str, Any]) -> bool:
        """Whether an alert is one of those silenced; a silence of nothing fits nothing.

        Examples
        --------
        >>> quiet = Silence({"supplier_id": "farm", "sku": "mug-*"}, datetime(2026, 5, 1))
        >>> quiet.fits({"supplier_id": "farm", "sku": "mug-blue"})
        True
        >>> quiet.fits({"supplier_id": "farm", "sku": None})
        False
        """
        return bool(self.matchers) and all(
            fnmatchcase(str(alert.get(name) or ""), pattern)
            for name, pattern in self.matchers.items()
        )


@dataclass(frozen=True)
class Acknowledgement:
    """Somebody has an alert in hand until a time."""

    until: datetime
    made_by: str = ""


def muted_state(
    alert: Mapping[str, Any],
    silences: Sequence[Silence],
    acknowledged: Mapping[str, Acknowledgement],
    now: datetime,
) -> str:
    """Where an alert's handling stands: `inhibited`, `acknowledged`, `silenced` or `open`.

    Parameters
    ----------
    alert : a row of table `alerts`; its `inhibited_by` names what mutes it
    acknowledged : by fingerprint
    """
    if alert.get("inhibited_by"):
        return "inhibited"
    mine = acknowledged.get(str(alert["fingerprint"]))
    if mine is not None and now < mine.until:
        return "acknowledged"
    if any(now < silence.until and silence.fits(alert) for silence in silences):
        return "silenced"
    return "open"
