"""The one place that reads the clock."""

from __future__ import annotations

from datetime import datetime

__all__ = ["now"]


def now() -> datetime:
    """Return the local time without a zone, to the second."""
    return datetime.now().replace(microsecond=0)
