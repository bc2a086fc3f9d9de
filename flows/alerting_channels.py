"""Channels and routes, as the settings name them; an address that cannot be used stops no other."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from pydantic import SecretStr

from flows.alerting_queue import Telling
from flows.channels import Channel, channels_of
from flows.settings import Settings
from stockalert.alerts.routing import Route
from stockalert.errors import UsageError

__all__ = ["Addresses", "addresses_of"]


@dataclass
class Addresses:
    """Where alerts can go.

    Attributes
    ----------
    channels : by id
    routes : in order; the last is the default
    unusable : what is wrong with an address, by its place in the settings
    """

    channels: dict[str, Channel] = field(default_factory=dict)
    routes: list[Route] = field(default_factory=list)
    unusable: dict[str, str] = field(default_factory=dict)

    def telling(self, settings: Settings) -> Telling:
        """Say how alerts become messages."""
        alerts = settings.alerts
        return Telling(
            routes=tuple(self.routes),
            labels={one: channel.label for one, channel in self.channels.items()},
            group_by=alerts.group_by,
            repeat=timedelta(days=alerts.repeat_days),
            send_resolved=alerts.send_resolved,
            quiet_hours=alerts.quiet_hours,
            top=alerts.top,
        )


def addresses_of(settings: Settings) -> Addresses:
    """Make every channel that the settings name."""
    alerts, found = settings.alerts, Addresses()
    for name, route in alerts.routes.items():
        ids = _add(found, f"alerts.routes.{name}", route.urls)
        asked: dict[str, Any] = route.model_dump(exclude={"urls", "immediate_above"})
        limit = route.immediate_above
        above = alerts.immediate_above if limit is None else limit
        found.routes.append(Route(channels=ids, immediate_above=above, **asked))
    ids = _add(found, "alerts.urls", alerts.urls)
    found.routes.append(Route(channels=ids, immediate_above=alerts.immediate_above))
    return found


def _add(found: Addresses, place: str, urls: Iterable[SecretStr]) -> tuple[str, ...]:
    """Make the channels of one list of addresses, and return their ids."""
    ids: list[str] = []
    for at, url in enumerate(urls, start=1):
        try:
            made = channels_of(url.get_secret_value())
        except UsageError as error:
            found.unusable[f"{place}, address {at}"] = str(error)
            continue
        for channel in made:
            found.channels.setdefault(channel.id, channel)
            ids.append(channel.id)
    return tuple(dict.fromkeys(ids))
