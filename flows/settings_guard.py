"""Section `guard` of the settings: when a night is not published, and the last good one stays."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from flows.settings_sections import Section

__all__ = ["GuardSettings"]

_Share = Annotated[float, Field(ge=0, le=1)]


class GuardSettings(Section):
    """When a night is not published, and the last good one stays served."""

    enabled: bool = Field(default=True, description="Whether the guard may refuse")
    max_share_changed: _Share = Field(
        default=0.5,
        description="Most reorder points in use that may change by more than a tenth (and a unit)",
    )
    max_jump: Annotated[float, Field(ge=1)] = Field(
        default=5.0, description="Factor past which a reorder point counts as having jumped"
    )
    max_share_jumping: _Share = Field(
        default=0.05, description="Most units of all reorder points that jumping ones may hold"
    )
    max_share_missing: _Share = Field(default=0.01, description="Most items that may drop out")
    min_coverage_gap: _Share = Field(
        default=0.05, description="Coverage may miss its level by so much"
    )
    max_volume_change: Annotated[float, Field(ge=0, allow_inf_nan=False)] = Field(
        default=0.5, description="Largest change of input rows, and of the last day's units"
    )
    max_stale_days: Annotated[int, Field(ge=0)] = Field(
        default=3, description="Most days between the last sale or stock and today"
    )
