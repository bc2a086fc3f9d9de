"""An alert in plain words: what is wrong, and what to do about it.

Names come from data and are only ever inserted, never read as a pattern.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from datetime import date
from typing import Any

from stockalert.alerts import words_en, words_fr

__all__ = ["LANGUAGES", "Words", "one_line", "sentences", "words_of"]

LANGUAGES = ("en", "fr")
_WORDS = {"en": words_en.WORDS, "fr": words_fr.WORDS}
_LONGEST_NAME = 80
_UNWANTED = {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}
_JOINS = {"\u200d", "\ufe0f"}


class Words:
    """The words of one language, with its way of writing numbers and days."""

    def __init__(self, language: str) -> None:
        self._words = _WORDS[language]

    def say(self, sentence: str, /, **values: str) -> str:
        """Return a sentence with its values inserted."""
        return self._words[sentence].format_map(values)

    def number(self, value: Any, digits: int = 1) -> str:
        """Write a number as people do, without needless decimals.

        Examples
        --------
        >>> words_of("en").number(1234.0), words_of("fr").number(2.5), words_of("en").number(None)
        ('1,234', '2,5', 'unknown')
        """
        if value is None:
            return self._words["unknown"]
        if value in {float("inf"), float("-inf")}:
            return "∞"
        text = f"{float(value):,.{digits}f}"
        text = text.rstrip("0").rstrip(".") if "." in text else text
        text = "0" if text == "-0" else text
        swapped = {",": self._words["thousands"], ".": self._words["decimal"]}
        return "".join(swapped.get(sign, sign) for sign in text)

    def money(self, value: Any) -> str:
        """Write an amount: with cents below a thousand, without above.

        Examples
        --------
        >>> words_of("en").money(5486.4), words_of("fr").money(12.5)
        ('5,486', '12,50')
        """
        if value is None or abs(float(value)) >= 1000:
            return self.number(value, 0)
        return f"{float(value):.2f}".replace(".", self._words["decimal"])

    def percent(self, share: Any) -> str:
        """Write a share in per cent."""
        if share is None:
            return self._words["unknown"]
        return f"{self.number(100 * float(share), 0)} %"

    def day(self, day: Any) -> str:
        """Write a day; "" where there is none."""
        return "" if day is None else f"{day:{self._words['date']}}"


def words_of(language: str) -> Words:
    """Words of a language, `en` or `fr`."""
    return Words(language)


def one_line(text: Any, longest: int = _LONGEST_NAME) -> str:
    """Make a text from data fit for one line: no control signs, no turning of direction, not long.

    Examples
    --------
    >>> one_line("Mug" + chr(10) + "Bcc: everybody@example.org")
    'Mug Bcc: everybody@example.org'
    """
    line = str(text)
    if not line.isprintable():  # else it holds no space but " ", and nothing unwanted
        line = "".join(
            " "
            if sign.isspace() or (unicodedata.category(sign) in _UNWANTED and sign not in _JOINS)
            else sign
            for sign in line
        )
    line = " ".join(line.split())
    return line if len(line) <= longest else line[: longest - 1] + "…"


def sentences(alert: Mapping[str, Any], language: str) -> tuple[str, str]:
    """Say what is wrong and what to do.

    Parameters
    ----------
    alert : a row of table `alerts` with its facts (`order_quantity`, `chance`, `problem` …)

    Returns
    -------
    message, to_do
    """
    words, kind = words_of(language), str(alert["kind"])
    values = _values(alert, words)
    message = words.say(kind, **values)
    if alert.get("problem") and "{problem}" not in _WORDS[language][kind]:
        message += words.say("problem", problem=str(alert["problem"]))
    quantity = alert.get("order_quantity")
    due = quantity is not None and quantity > 0
    ordered = (alert.get("on_order") or 0) > 0
    step = "order_now" if due else "order_waits" if ordered else "order_nothing"
    values["order_now"] = words.say(step, **values)
    special = {("reorder_now", False): "_none", ("stockout_risk_before_arrival", True): "_order"}
    return message, words.say(f"{kind}.do{special.get((kind, due), '')}", **values)


def _values(alert: Mapping[str, Any], words: Words) -> dict[str, str]:
    """Every value that a sentence may need, as text."""
    sku, location = one_line(alert.get("sku") or ""), alert.get("location")
    name = one_line(alert.get("name") or "")
    supplier = one_line(alert.get("supplier_name") or alert.get("supplier_id") or "")
    email, order_by = alert.get("supplier_email"), alert.get("order_by_date")
    shown = location is not None and location != "default"
    numbers = ("on_hand", "on_order", "reorder_point", "order_quantity", "muted")
    return {
        "product": words.say("product", name=name, sku=sku) if name and name != sku else sku,
        "place": words.say("place", location=one_line(location)) if shown else "",
        "supplier": supplier or words.say("no_supplier"),
        "contact": _contact(supplier, email, words),
        "order_by": words.day(order_by) if isinstance(order_by, date) else words.say("no_date"),
        "lead_time": words.number(alert.get("lead_time_days")),
        "chance": words.percent(alert.get("chance")),
        "cover": words.number(alert.get("days_of_cover"), 0),
        "units": words.number(alert.get("units_at_risk"), 0),
        "problem": str(alert.get("problem") or ""),
        **{number: words.number(alert.get(number)) for number in numbers},
        "state": words.say(
            "state",
            on_hand=words.number(alert.get("on_hand")),
            on_order=words.number(alert.get("on_order")),
            reorder_point=words.number(alert.get("reorder_point")),
            lead_time=words.number(alert.get("lead_time_days")),
        ),
    }


def _contact(supplier: str, email: Any, words: Words) -> str:
    """How to reach a supplier; "" where there is none to reach."""
    if not supplier:
        return ""
    return words.say("contact", email=one_line(email)) if email else words.say("no_contact")
