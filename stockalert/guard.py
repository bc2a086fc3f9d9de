"""What keeps a night from being published: findings on its thresholds and on its input.

A guard protects what is served. So every finding is about a night that would replace another: one
whose thresholds, coverage or input lie further off than the limit allows, and further off than
what is served already. Whoever publishes decides what to do with findings; nothing here does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pandas as pd

__all__ = ["Finding", "Limits", "describe", "worse_than"]

SHOWN_ROWS = 10
_LONGEST_WORD = 40


@dataclass(frozen=True)
class Limits:
    """How far a night may lie from the one it replaces; see the settings' section `guard`.

    Attributes
    ----------
    max_share_changed : share of the thresholds in use
    max_jump : factor, ≥ 1
    max_share_jumping : share of the units in all thresholds
    max_share_missing : share of the thresholds in use
    min_coverage_gap : share by which outcomes may miss the level
    max_volume_change : share of the usual rows and units
    max_stale_days : days
    """

    max_share_changed: float = 0.5
    max_jump: float = 5.0
    max_share_jumping: float = 0.05
    max_share_missing: float = 0.01
    min_coverage_gap: float = 0.05
    max_volume_change: float = 0.5
    max_stale_days: float = 3.0


@dataclass(frozen=True)
class Finding:
    """What one guard found.

    Attributes
    ----------
    guard : its name, as the operations guide lists it
    figure : what was measured
    limit : what it is held against
    tripped : whether it refuses the night
    text : one sentence with both
    remedy : what to look at; empty where nothing tripped
    rows : the rows that matter most, worst first; columns differ by guard
    """

    guard: str
    figure: float
    limit: float
    tripped: bool
    text: str
    remedy: str = ""
    rows: pd.DataFrame = field(default_factory=pd.DataFrame, compare=False)

    def record(self) -> dict[str, Any]:
        """Return plain values for a run's record; at most `SHOWN_ROWS` rows."""
        named = {name: value for name, value in vars(self).items() if name != "rows"}
        shown = self.rows.head(SHOWN_ROWS)
        rows = shown.astype(object).where(shown.notna(), None).to_dict("records")
        return {**named, "rows": rows} if rows else named

    def weakened(self, why: str) -> Finding:
        """Return the finding as one that is told and refuses nothing."""
        return replace(self, tripped=False, remedy="", text=f"{self.text} ({why})")


def worse_than(figure: float, limit: float, served: float | None) -> bool:
    """Whether a figure is beyond its limit, and beyond what is served by as much again.

    Parameters
    ----------
    served : the same figure of what would be replaced; None = nothing is served, so nothing is lost

    Examples
    --------
    >>> worse_than(4.0, 3.0, 0.0), worse_than(4.0, 3.0, 3.5), worse_than(7.0, 3.0, 3.5)
    (True, False, True)
    >>> worse_than(4.0, 3.0, None)
    False
    """
    if served is None:
        return False
    return figure > limit + (served if served > limit else 0.0)


def describe(findings: Sequence[Finding]) -> str:
    """Put what tripped into words: figure, limit, remedy, and the rows that matter most."""
    parts = []
    for finding in findings:
        if finding.tripped:
            parts.append(f"{finding.guard}: {finding.text}\n  {finding.remedy}")
            if len(finding.rows):
                parts.append(_table(finding.rows))
    return "\n".join(parts)


def _table(rows: pd.DataFrame) -> str:
    shown = rows.head(SHOWN_ROWS)
    words = shown.select_dtypes(["str", "object"]).columns
    shown = shown.assign(**{name: shown[name].map(_plain) for name in words})
    lines = shown.to_string(index=False, float_format=lambda x: f"{x:,.6g}").splitlines()
    if len(rows) > SHOWN_ROWS:
        lines.append(f"… and {len(rows) - SHOWN_ROWS} more")
    return "\n".join(f"  {line}" for line in lines)


def _plain(text: object) -> str:
    """Text from a table as a terminal may show it.

    Examples
    --------
    >>> _plain("mug" + chr(27) + "[2J"), _plain(None)
    ('mug?[2J', '')
    """
    if not isinstance(text, str):
        return "" if text is None or str(text) in ("nan", "NaT", "<NA>") else str(text)
    shown = "".join(c if c.isprintable() else "?" for c in text)
    return shown if len(shown) <= _LONGEST_WORD else f"{shown[: _LONGEST_WORD - 1]}…"
