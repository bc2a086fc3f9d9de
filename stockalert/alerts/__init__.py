"""What needs somebody: which alerts are open, how bad they are, whom they concern."""

from __future__ import annotations

__all__: list[str] = []
