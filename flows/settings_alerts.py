"""Section [alerts] of the settings: who hears of what, when, and in whose words."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, SecretStr

from flows.settings_sections import Section
from stockalert.alerts.kinds import KINDS

__all__ = ["AlertSettings", "RouteSettings"]


def _hours(text: str) -> str:
    clock = r"([01]\d|2[0-3]):[0-5]\d"
    if not re.fullmatch(f"({clock}-{clock})?", text):
        raise ValueError('hours such as "22:00-07:00", or ""')
    return text


def _kinds(names: tuple[str, ...]) -> tuple[str, ...]:
    if unknown := [name for name in names if name not in KINDS]:
        raise ValueError(f"kinds of alerts ({', '.join(KINDS)}), not {unknown[0]}")
    return names


def _plain_names(routes: dict[str, RouteSettings]) -> dict[str, RouteSettings]:
    if wrong := [name for name in routes if not re.fullmatch(r"[A-Za-z0-9_-]+", name)]:
        raise ValueError(f"names of letters, digits, '-' and '_', not {wrong[0]!r}")
    return routes


_Amount = Annotated[float, Field(ge=0, allow_inf_nan=False)]
_Share = Annotated[float, Field(ge=0, le=1)]
_Count = Annotated[int, Field(ge=1)]
_Names = tuple[str, ...]
_Kinds = Annotated[_Names, AfterValidator(_kinds)]


class RouteSettings(Section):
    """One route: what an alert must be to go to these addresses; a list left out fits any."""

    urls: tuple[SecretStr, ...] = Field(description="Where these alerts go")
    kinds: _Kinds = Field(default=(), description="Kinds of alerts; none named = any")
    severities: tuple[Literal["info", "warning", "critical"], ...] = Field(
        default=(), description="Severities; none named = any"
    )
    planners: _Names = Field(default=(), description="Planners; none named = any")
    tags: _Names = Field(default=(), description="Tags of the product, one of them is enough")
    locations: _Names = Field(default=(), description="Locations; none named = any")
    suppliers: _Names = Field(default=(), description="Suppliers, by supplier_id")
    immediate_above: _Amount | None = Field(
        default=None, description="Money at risk above which these go at once; unset = likewise"
    )
    go_on: bool = Field(default=False, description="Whether later routes hear of them as well")


class AlertSettings(Section):
    """Who hears of what."""

    urls: tuple[SecretStr, ...] = Field(
        default=(), description="Where alerts go: mailto://, slack://, json://, tgram:// …"
    )
    min_money_at_risk: _Amount = Field(
        default=0.0, description="Less money at risk is not worth an alert"
    )
    quiet_hours: Annotated[str, AfterValidator(_hours)] = Field(
        default="",
        description='Hours without alerts, "22:00-07:00"; "" = none',
    )
    immediate_above: _Amount = Field(
        default=1000.0,
        description="Money at risk above which an alert does not wait for the night's digest",
    )
    group_by: tuple[Literal["supplier_id", "location", "planner", "kind", "sku"], ...] = Field(
        default=("supplier_id", "location", "planner"),
        description="What immediate alerts of one message have in common",
    )
    repeat_days: _Count = Field(
        default=7, description="Days after which an alert that is still open is told again"
    )
    send_resolved: bool = Field(default=True, description="Whether to say that an alert is over")
    top: Annotated[int, Field(ge=1, le=1000)] = Field(
        default=20, description="Most alerts spelled out in one message; the others are counted"
    )
    retry_minutes: _Count = Field(
        default=1, description="Wait after a failed delivery; doubles each time, 6 hours at most"
    )
    templates: str = Field(
        default="", description='Folder of your own message templates; "" = the built-in ones'
    )
    off: _Kinds = Field(default=(), description="Kinds of alerts that are never raised")
    clear_band: _Share = Field(
        default=0.1,
        description="A position must exceed its reorder point by this share for its alert to end",
    )
    stockout_risk: Annotated[float, Field(gt=0, lt=1)] = Field(
        default=0.25, description="Chance to sell out before goods arrive that is worth an alert"
    )
    late_days: Annotated[int, Field(ge=0)] = Field(
        default=1, description="Days past its promise after which an order is late"
    )
    overstock_days: _Count = Field(
        default=180, description="Days of cover that are too many, beyond the order-up-to level"
    )
    spike_factor: Annotated[float, Field(gt=1, allow_inf_nan=False)] = Field(
        default=3.0, description="Three days' sales or views against the usual that are a spike"
    )
    routes: Annotated[dict[str, RouteSettings], AfterValidator(_plain_names)] = Field(
        default={}, description="Who hears of which alerts, by name; the first that fits counts"
    )
