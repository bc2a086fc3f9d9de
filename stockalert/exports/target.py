"""What all targets share: how one is declared, and how its numbers are written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from stockalert.arrays import BoolArray, FloatArray, NumberArray
from stockalert.exports.rules import OrderRules

__all__ = ["Target", "days_up", "nothing_to_hold", "number", "text", "whole_up"]

TINY = 1e-6


def _nothing_refused(rules: OrderRules, ids: pd.DataFrame) -> pd.Series[str]:
    return text("", rules)


@dataclass(frozen=True)
class Target:
    """One system, as a list of order rules sees it.

    Attributes
    ----------
    name : of the format, as on the command line
    title : of the system
    identifiers : columns that the target matches, each with what stands in when no file of
        identifiers says otherwise: `sku`, `location`, `optional` (nothing), or `required` (a row
        without one cannot be exported)
    key : the columns of `identifiers` that make a record one of its own
    form : (rules, identifiers) → the rows of the file, every value as text, exact headers
    ordered : (rows as a program reads them, position) → units the target orders; None where it
        orders nothing by itself
    refused : (rules, identifiers) → why a row cannot be exported, "" where it can
    lots : which of `moq` and `case_pack` the target can be told
    together : identifier whose rows are exported all or none; "" = each for itself
    """

    name: str
    title: str
    identifiers: Mapping[str, str]
    key: tuple[str, ...]
    form: Callable[[OrderRules, pd.DataFrame], pd.DataFrame]
    ordered: Callable[[pd.DataFrame, NumberArray], FloatArray] | None = None
    refused: Callable[[OrderRules, pd.DataFrame], pd.Series[str]] = _nothing_refused
    lots: tuple[str, ...] = ()
    together: str = ""


def number(values: NumberArray) -> pd.Series[str]:
    """Write numbers the shortest way, without exponent or thousands mark; NaN as nothing.

    Examples
    --------
    >>> number(np.array([21.0, 7.25, np.nan, 1e7])).tolist()
    ['21', '7.25', '', '10000000']
    """
    figures = np.asarray(values, np.float64)
    written = [
        "" if np.isnan(x) else np.format_float_positional(x, precision=6, trim="-") for x in figures
    ]
    return pd.Series(written, dtype="str")


def whole_up(values: NumberArray) -> FloatArray:
    """Round up to whole units, for fields that refuse fractions: never later, never less.

    Examples
    --------
    >>> whole_up([7.25, 8.0]).tolist()
    [8.0, 8.0]
    """
    return np.asarray(np.ceil(np.asarray(values, np.float64) - TINY) + 0.0)


def days_up(days: NumberArray) -> FloatArray:
    """Round days up to whole ones, not below 0."""
    return np.clip(whole_up(days), 0.0, None)


def text(word: str, rules: OrderRules) -> pd.Series[str]:
    """Repeat one word for every rule."""
    return pd.Series([word] * len(rules), dtype="str")


def nothing_to_hold(rules: OrderRules) -> BoolArray:
    """Rows whose order-up-to level is 0 or less: nobody restocks them."""
    return np.asarray(rules.up_to <= TINY)
