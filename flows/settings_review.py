"""Settings of the schedule and of what looks back: review, drift, the watchdog."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, Field

from flows.settings_sections import Section

__all__ = ["ReviewSettings", "ScheduleSettings"]


def _cron(text: str) -> str:
    from cronsim import CronSim, CronSimError

    try:
        CronSim(text, datetime(2024, 1, 1))
    except CronSimError:
        text = ""
    if len(text.split()) != 5:
        raise ValueError('five fields of cron, such as "0 2 * * *"')
    return text


def _zone(text: str) -> str:
    if text not in available_timezones():
        raise ValueError('a time zone such as "Europe/Paris"')
    return str(ZoneInfo(text))


def _clock(text: str) -> str:
    if not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", text):
        raise ValueError('a time of day such as "06:00"')
    return text


_Cron = Annotated[str, AfterValidator(_cron)]
_Share = Annotated[float, Field(ge=0, le=1)]


class ScheduleSettings(Section):
    """When `serve` and `deploy` run what."""

    time_zone: Annotated[str, AfterValidator(_zone)] = Field(
        default="UTC", description="Zone that the times below are told in"
    )
    nightly: _Cron = Field(default="0 2 * * *", description="Nightly tables")
    train: _Cron = Field(default="0 4 * * 0", description="Training on all data, weekly")
    refresh: _Cron = Field(default="15 7-21 * * *", description="Refresh within the day, hourly")
    review: _Cron = Field(default="0 5 * * *", description="Review of past thresholds, daily")
    quarter: _Cron = Field(
        default="30 5 2 1,4,7,10 *", description="Review of thirteen weeks, each quarter"
    )
    tables_by: Annotated[str, AfterValidator(_clock)] = Field(
        default="06:00", description="The night's tables are missed from then on"
    )

    max_hours: Annotated[float, Field(ge=0, le=1000)] = Field(
        default=4.0,
        description="A nightly, refresh, training or review that is not over by then is ended; 0 = "
        "none is",
    )

    @property
    def tables_after(self) -> timedelta:
        """Time of day from which the night's tables are missed."""
        hours, minutes = self.tables_by.split(":")
        return timedelta(hours=int(hours), minutes=int(minutes))


class ReviewSettings(Section):
    """How far a review looks back, and what makes it ask for a new model."""

    days: Annotated[int, Field(ge=7)] = Field(
        default=28, description="Days of stock-outs and service that a review looks at"
    )
    psi_limit: Annotated[float, Field(gt=0)] = Field(
        default=0.25, description="Population stability index past which a feature has drifted"
    )
    max_share_drifted: _Share = Field(
        default=0.1, description="Most features that may drift before a model is trained anew"
    )
    least_nights: Annotated[int, Field(ge=2)] = Field(
        default=4, description="Weekly nights of outcomes before their coverage may ask for a model"
    )
