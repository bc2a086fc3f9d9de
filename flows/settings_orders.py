"""Settings of orders: how they are sized, put together, approved, and which supplier is down."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from flows.settings_sections import Section

__all__ = ["AutoApproveSettings", "DisruptionSettings", "OrderSettings"]


def _day(text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat() if text else ""
    except ValueError:
        raise ValueError('a day such as "2026-05-31", or ""') from None


_Amount = Annotated[float, Field(ge=0, allow_inf_nan=False)]
_Share = Annotated[float, Field(ge=0, le=1)]
_Days = Annotated[int, Field(ge=0)]
_Day = Annotated[str, AfterValidator(_day)]


class AutoApproveSettings(Section):
    """Which order lines need nobody's yes; every rule must hold, 0 = no such rule."""

    enabled: bool = Field(default=False, description="Whether lines are approved by rule")
    classes: tuple[Literal["A", "B", "C"], ...] = Field(
        default=("A",), description="ABC classes that may be approved by rule"
    )
    formula: bool = Field(
        default=False, description="Whether lines may be that no model has forecast"
    )
    min_units_per_day: _Amount = Field(
        default=0.0, description="Only items expected to sell at least so fast; 0 = any"
    )
    min_service_level: _Share = Field(
        default=0.0, description="Only items whose service level is at least this; 0 = any"
    )
    max_line_value: _Amount = Field(
        default=0.0, description="Most money of one line; 0 = no limit, else a cost must be known"
    )
    max_order_value: _Amount = Field(
        default=0.0, description="Most money of a supplier's whole order; 0 = no limit"
    )


class DisruptionSettings(Section):
    """A supplier that does not deliver, said by hand; goes before the table `suppliers`."""

    since: _Day = Field(default="", description='First day without deliveries; "" = unknown')
    until: _Day = Field(default="", description='Day it delivers again; "" = nobody knows')


class OrderSettings(Section):
    """How an order is sized, put together and approved."""

    policy: Literal["auto", "reorder_point", "fixed_quantity", "base_stock"] = Field(
        default="auto",
        description='"auto", "reorder_point" (s, S), "fixed_quantity" (s, nQ) '
        'or "base_stock" (periodic)',
    )
    budget: _Amount = Field(default=0.0, description="Most money proposed per night; 0 = no limit")
    join: bool = Field(
        default=True,
        description="Order with a due line what would be ordered soon, where that saves an order",
    )
    price_breaks: bool = Field(
        default=True, description="Order more where a price break saves more than holding costs"
    )
    alternatives: bool = Field(
        default=True,
        description="Order elsewhere while a supplier is down and another delivers sooner",
    )
    approved_days: _Days = Field(
        default=7, description="Days an approved line counts as on order before it is seen"
    )
    rejected_days: _Days = Field(
        default=7, description="Days a rejected line is not proposed again"
    )
    auto_approve: AutoApproveSettings = AutoApproveSettings()
    disruptions: dict[str, DisruptionSettings] = Field(
        default={}, description="Suppliers that are down, by supplier_id"
    )
