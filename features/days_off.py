"""National holidays around a panel, from the `holidays` package."""

from __future__ import annotations

import holidays
import numpy as np

from features.panel import Panel
from stockalert.arrays import DateArray
from stockalert.errors import UsageError

__all__ = ["days_off"]


def days_off(country: str, panel: Panel) -> DateArray:
    """Holidays of `country` from the panel's first year to the year after its last.

    Raises
    ------
    UsageError
        The package knows no such country.
    """
    first, last = (int(str(day)[:4]) for day in (panel.periods[0], panel.periods[-1]))
    try:
        found = holidays.country_holidays(country.upper(), years=range(first, last + 2))
    except NotImplementedError:
        raise UsageError(
            f"calendar.country: expected an ISO country code such as GB or FR, found {country!r}"
        ) from None
    return np.sort(np.array(list(found), dtype="datetime64[D]"))
