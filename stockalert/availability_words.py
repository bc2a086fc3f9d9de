"""What customers and the service desk read about an item, in English and French."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

__all__ = ["Language", "message", "offer", "written_day"]

Language = Literal["en", "fr"]

_MONTHS = {
    "en": (
        *("January", "February", "March", "April", "May", "June", "July"),
        *("August", "September", "October", "November", "December"),
    ),
    "fr": (
        *("janvier", "février", "mars", "avril", "mai", "juin", "juillet"),
        *("août", "septembre", "octobre", "novembre", "décembre"),
    ),
}


@dataclass(frozen=True)
class _Words:
    in_stock: str
    low: str
    out: str
    back: str
    late: str
    more: str
    unknown: str
    instead: str
    substitute: str
    voucher: str


_WORDS = {
    "en": _Words(
        in_stock="In stock.",
        low="Only a few left.",
        out="Sold out.",
        back=" Expected back on {day}",
        late=", by {day} in nine cases out of ten",
        more=" More is expected on {day}.",
        unknown=" No delivery date is known yet.",
        instead=" In stock instead: {names}.",
        substitute="Offer {names} instead",
        voucher="a voucher of up to {money}",
    ),
    "fr": _Words(
        in_stock="En stock.",
        low="Plus que quelques exemplaires.",
        out="Épuisé.",
        back=" Retour prévu le {day}",
        late=", au plus tard le {day} neuf fois sur dix",
        more=" Réassort prévu le {day}.",
        unknown=" Aucune date de livraison n'est encore connue.",
        instead=" En stock à la place : {names}.",
        substitute="Proposer {names} à la place",
        voucher="un bon d'achat de {money} au plus",
    ),
}


def written_day(day: date, language: Language) -> str:
    """Write a day out.

    Examples
    --------
    >>> written_day(date(2026, 4, 1), "en"), written_day(date(2026, 4, 1), "fr")
    ('1 April 2026', '1er avril 2026')
    """
    number = "1er" if language == "fr" and day.day == 1 else str(day.day)
    return f"{number} {_MONTHS[language][day.month - 1]} {day.year}"


def message(
    status: str,
    expected: date | None,
    late: date | None,
    names: Sequence[str],
    language: Language,
) -> str:
    """Tell a customer in a sentence or two whether an item can be had, and when.

    Examples
    --------
    >>> message("out", date(2026, 4, 12), date(2026, 4, 20), ["blue mug"], "en")
    'Sold out. Expected back on 12 April 2026, by 20 April 2026 in nine cases out of ten. \
In stock instead: blue mug.'
    """
    words = _WORDS[language]
    if status == "in_stock":
        return words.in_stock
    told = words.low if status == "low" else words.out
    if expected is None:
        told += "" if status == "low" else words.unknown
    elif status == "low":
        told += words.more.format(day=written_day(expected, language))
    else:
        told += words.back.format(day=written_day(expected, language))
        if late is not None and late > expected:
            told += words.late.format(day=written_day(late, language))
        told += "."
    return told + (words.instead.format(names=", ".join(names)) if names else "")


def offer(names: Sequence[str], voucher: float, language: Language) -> str:
    """Tell the service desk what to offer meanwhile; "" = nothing.

    Examples
    --------
    >>> offer(["blue mug"], 2.5, "en")
    'Offer blue mug instead, a voucher of up to 2.50'
    """
    words = _WORDS[language]
    parts = [words.substitute.format(names=names[0])] if names else []
    parts += [words.voucher.format(money=f"{voucher:.2f}")] if voucher > 0 else []
    return ", ".join(parts)
