"""Settings of the service desk: what customers are told and offered when something is sold out."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from flows.settings_sections import Section

__all__ = ["ServiceDeskSettings"]

_Amount = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class ServiceDeskSettings(Section):
    """What customers are told and offered when something is sold out."""

    low_days: _Amount = Field(
        default=3.0, description="Stock for fewer days of expected demand is called low"
    )
    substitutes: Annotated[int, Field(ge=0, le=20)] = Field(
        default=3, description="Most substitutes named for one item"
    )
    voucher_limit: _Amount = Field(
        default=0.0, description="Most money of a voucher for a sold-out item; 0 = none"
    )
    voucher_after_days: _Amount = Field(
        default=3.0, description="A voucher is offered where the late bound is farther away"
    )
