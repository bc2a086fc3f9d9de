"""Who hears of an alert: routes in order, the first that fits counts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from stockalert.alerts.kinds import OPERATIONAL_KINDS

__all__ = ["Route", "recipients"]


@dataclass(frozen=True)
class Route:
    """What an alert must be to go to some channels; an empty list fits anything.

    Attributes
    ----------
    channels : ids
    tags : one of a product's tags is enough
    immediate_above : currency; money at risk above which an alert goes at once
    go_on : whether later routes hear of it as well
    """

    channels: tuple[str, ...]
    immediate_above: float
    kinds: tuple[str, ...] = ()
    severities: tuple[str, ...] = ()
    planners: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    locations: tuple[str, ...] = ()
    suppliers: tuple[str, ...] = ()
    go_on: bool = False

    def fits(self, alert: Mapping[str, Any]) -> bool:
        """Whether an alert goes this way."""
        asked = (
            (self.kinds, alert.get("kind")),
            (self.severities, alert.get("severity")),
            (self.planners, alert.get("planner")),
            (self.locations, alert.get("location")),
            (self.suppliers, alert.get("supplier_id")),
        )
        tags = {tag.strip() for tag in str(alert.get("tags") or "").replace(";", ",").split(",")}
        own = not self.tags or bool(tags & set(self.tags))
        return own and all(not wanted or value in wanted for wanted, value in asked)


def recipients(
    alert: Mapping[str, Any], routes: Sequence[Route], *, but: Iterable[str] = ()
) -> dict[str, bool]:
    """Channels that hear of an alert, and whether at once.

    What the nightly job says of itself always goes at once, and to every channel when no route
    takes it: somebody must hear of it.

    Parameters
    ----------
    routes : in order; a last one that fits everything is the default
    but : channels left out

    Examples
    --------
    >>> ana = Route(("mail-ana",), 100.0, planners=("Ana",))
    >>> rest = Route(("mail-all",), 100.0)
    >>> late = {"kind": "order_late", "planner": "Ana", "money_at_risk": 90.0}
    >>> recipients(late, [ana, rest])
    {'mail-ana': False}
    """
    operational = alert.get("kind") in OPERATIONAL_KINDS
    skipped, found = set(but), dict[str, bool]()
    for route in routes:
        if not route.fits(alert):
            continue
        at_once = operational or _urgent(alert, route.immediate_above)
        found |= {one: at_once for one in route.channels if one not in skipped and one not in found}
        if not route.go_on and found:
            break
    if operational and not found:
        found = {one: True for route in routes for one in route.channels if one not in skipped}
    return found


def _urgent(alert: Mapping[str, Any], limit: float) -> bool:
    money = alert.get("money_at_risk")
    return alert.get("severity") != "info" and money is not None and float(money) > limit
