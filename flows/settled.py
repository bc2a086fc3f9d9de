"""Whether tonight is decided as the night before was: only then is a change of a threshold news."""

from __future__ import annotations

import tomllib
from datetime import date

from flows.run import Run
from stockalert.served import Pointer, night_folder, previous_night

__all__ = ["dead_band_tonight", "decided_alike"]

DECISIVE = ("period", "unmet_demand", "lead_time", "service", "order", "calendar", "model")
"""Settings that change thresholds on purpose."""


def decided_alike(run: Run, previous: Pointer) -> bool:
    """Whether the settings that thresholds depend on are those of an earlier night."""
    path = night_folder(run.workspace.out, previous.run_id) / "settings.toml"
    try:
        then = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    today = tomllib.loads(run.settings.to_toml())
    return all(then.get(key) == today.get(key) for key in DECISIVE)


def dead_band_tonight(run: Run, as_of: date) -> float:
    """Return the dead-band in force; none holds a threshold that the settings are to change."""
    previous = previous_night(run.workspace.out, as_of)
    if previous is None or not decided_alike(run, previous):
        return 0.0
    return run.settings.service.dead_band
