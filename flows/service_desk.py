"""The service desk: table `availability` with each night, and word to those who wait."""

from __future__ import annotations

import html
import logging
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from urllib.parse import quote

import pandas as pd

from flows.channels import Channel, ChannelError, Message, channels_of
from flows.clock import now
from flows.decided import DecidedNight
from flows.intake import Intake
from flows.run import Run
from flows.settings import Settings
from flows.steps import step
from flows.subscriptions import DESK_FILE, Register, is_mail_address, open_register
from flows.supply import orders_to_come, read_table
from stockalert.availability import DeskTerms, availability_frame, ordered_tonight
from stockalert.errors import StockalertError
from stockalert.restock import next_arrival
from stockalert.served import read_served

__all__ = ["tell", "tell_returned", "with_availability"]

_UNAVAILABLE = 503
_SHOWN = [
    *("sku", "name", "category", "subcategory", "brand", "substitute_group"),
    *("unit_price", "unit_cost"),
]
"""Columns of `products` that table `availability` depends on."""
_TOLD = {
    "en": ("{sku} is back in stock", "{sku} is available again at {location}."),
    "fr": ("{sku} est de nouveau en stock", "{sku} est de nouveau disponible ({location})."),
}


@step("say what can be had")
def with_availability(run: Run, intake: Intake, decided: DecidedNight) -> DecidedNight:
    """Night with table `availability`; without stock nothing is said of it."""
    case, facts = decided.case, decided.facts
    if case.position is None:
        return decided
    series = decided.thresholds[["sku", "location"]]
    lead_times = case.supply.lead_times
    orders = orders_to_come(run.tables, facts.standing, as_of=intake.last_day)
    coming = next_arrival(series, orders, lead_times, as_of=intake.last_day)
    proposals = decided.held("order_proposals")
    tonight = ordered_tonight(series, proposals, lead_times, as_of=intake.last_day)
    frame = availability_frame(
        series,
        case.position,
        coming.earlier_of(tonight),
        read_table(run.tables, "products", _SHOWN),
        units_per_day=case.demand_per_day,
        terms=_terms(run.settings),
        as_of=intake.last_day,
        affinities=decided.held("affinities") if "affinities" in decided.frames else None,
    )
    return replace(decided, frames=decided.frames | {"availability": frame})


@step("tell who waits", io=True)
def tell_returned(run: Run) -> list[str]:
    """Tell those who wait for an item that the night served now has it; what failed, in words."""
    problems = tell(run.workspace.out, run.settings, at=now())
    for problem in problems:
        logging.getLogger(__name__).warning(problem)
    return problems


def tell(out: Path, settings: Settings, *, at: datetime) -> list[str]:
    """Tell those who wait; raises nothing: a subscriber's address must not stop a night."""
    if not (out / DESK_FILE).exists():
        return []
    try:
        with open_register(out) as register:
            lost = register.give_up_unsure(at=at)
            problems = list(_tell_all(register, out, settings, at))
    except StockalertError as error:
        return [f"subscriptions: {error}"]
    if lost:
        problems.append(f"subscriptions: {lost} messages may or may not have arrived")
    return problems


def _tell_all(register: Register, out: Path, settings: Settings, at: datetime) -> Iterator[str]:
    """Tell everyone whose item is there; yields what went wrong."""
    waiting = register.waiting()
    if waiting.empty:
        return
    back = _back(out, waiting)
    for number, row in zip(back["subscription"].tolist(), back.itertuples(), strict=True):
        title, text = (
            said.format(sku=row.sku, location=row.place) for said in _TOLD[settings.language]
        )
        message = Message(
            key=f"back-{number}",
            subject=" ".join(title.split()),
            text=text,
            html=f"<p>{html.escape(text)}</p>",
            short=text,
            written_at=at,
        )
        problem = _tell(register, number, str(row.address), message, settings)
        if problem:
            yield f"subscriptions: {row.sku} for subscriber {number}: {problem}"


def _tell(
    register: Register, subscription: int, address: str, message: Message, settings: Settings
) -> str:
    """Send one message; returns what went wrong, "" = nothing."""
    at = message.written_at
    try:
        channel = _channel(address, settings)
        channel.send(message, lambda: register.mark(subscription, "sending", at=at))
    except ChannelError as error:
        # 503 asks for another try; what else is unsure would tell somebody twice.
        state = "waiting" if error.certain or error.status == _UNAVAILABLE else "unsure"
        register.mark(subscription, state, at=at, problem=str(error))
        return str(error)
    except StockalertError as error:
        register.mark(subscription, "waiting", at=at, problem=str(error))
        return str(error)
    register.mark(subscription, "told", at=at)
    return ""


def _channel(address: str, settings: Settings) -> Channel:
    """Make the channel of an address; plain mail goes through the alerts' mail server.

    Raises
    ------
    StockalertError
        The address is unusable, or no mail server is known.
    """
    if not is_mail_address(address):
        return channels_of(address)[0]
    urls = [url.get_secret_value() for url in settings.alerts.urls]
    servers = [url for url in urls if url.startswith(("mailto://", "mailtos://"))]
    if not servers:
        raise StockalertError("no mailto:// address in alerts.urls to send mail through")
    base, _, query = servers[0].partition("?")
    kept = [part for part in query.split("&") if part and part.split("=")[0] not in _READERS]
    return channels_of(f"{base}?{'&'.join([*kept, f'to={quote(address)}'])}")[0]


_READERS = ("to", "cc", "bcc", "name")


def _back(out: Path, waiting: pd.DataFrame) -> pd.DataFrame:
    """Subscriptions whose item is there, each with the first place that has it."""
    served = read_served(out, "availability", ["sku", "location", "status"]).to_pandas()
    there = served[served["status"] != "out"].sort_values("location")
    found = waiting.merge(there.rename(columns={"location": "place"}), on="sku")
    fits = (found["location"] == "") | (found["location"] == found["place"])
    return found[fits].drop_duplicates("subscription").sort_values("subscription")


def _terms(settings: Settings) -> DeskTerms:
    desk = settings.service_desk
    return DeskTerms(
        low_days=desk.low_days,
        most_substitutes=desk.substitutes,
        voucher_limit=desk.voucher_limit,
        voucher_after_days=desk.voucher_after_days,
        language=settings.language,
    )
