"""A table as the contract types it, beside what its files say: the view `typed_NAME`."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass

import duckdb

from flows.cutoff import TIMED, time_of
from flows.loading import Raw
from flows.sql import identifier, literal, scalar
from stockalert.errors import ContractError
from stockalert.tables.declaration import Column, Table

__all__ = ["LARGEST", "Reading", "read_typed"]

LARGEST = 1e12
"""A number of this size or beyond is taken for a mistake."""

_FACTS = ("sales", "order_lines", "stock", "purchase_orders", "subscriptions")
_SPACE = literal(" \t\r\n")
_NUMERIC = re.compile(r"U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|DOUBLE|FLOAT|BOOLEAN|DECIMAL\(.*\)")


@dataclass(frozen=True)
class Reading:
    """One table, typed.

    Attributes
    ----------
    table : what the contract declares.
    raw : what the files hold.
    given : SQL of each contract column that the files have, blank texts and NaN as null.
    typed : SQL of each contract column, typed; null where the text is no such value.
    attributes : further text columns that are kept, where the table takes them.
    extra : further columns that are left out.
    missing : contract columns that the files lack.
    """

    table: Table
    raw: Raw
    given: dict[str, str]
    typed: dict[str, str]
    attributes: tuple[str, ...]
    extra: tuple[str, ...]
    missing: tuple[str, ...]

    @property
    def view(self) -> str:
        """The view of typed rows, with the row's number as `__row`, quoted."""
        return identifier(f"typed_{self.table.name}")

    @property
    def clean(self) -> str:
        """The view of the rows that keep the contract, quoted."""
        return identifier(f"clean_{self.table.name}")


def read_typed(con: duckdb.DuckDBPyConnection, raw: Raw, table: Table) -> Reading:
    """Match columns by name, ignoring case and blanks around it, and create `typed_NAME`.

    Numbers are finite and below `LARGEST`; times lose their offset: what the clock on the wall
    showed stays; identifiers are texts, `7` and `7.0` both `"7"`; a null location of a fact is
    `"default"`.

    Raises
    ------
    ContractError
        A required column is missing.
    """
    matched = _matched(raw, table)
    given = {name: _given(raw, matched[name]) for name in table.names if name in matched}
    typed = {
        column.name: _typed(raw, matched[column.name], column, given[column.name])
        if column.name in given
        else f"CAST(NULL AS {_TYPES[column.kind]})"
        for column in table.columns
    }
    if table.name in _FACTS and "location" in typed:
        typed["location"] = f"coalesce({typed['location']}, 'default')"
    left = [name for name in raw.columns if name not in matched.values()]
    attributes = [n for n in left if table.open_text and _is_text(con, raw, n)]
    reading = Reading(
        table,
        raw,
        given,
        typed,
        tuple(attributes),
        tuple(name for name in left if name not in attributes),
        tuple(name for name in table.names if name not in given),
    )
    kept = [f"{sql} AS {identifier(name)}" for name, sql in typed.items()]
    kept += [f"{_given(raw, name)} AS {identifier(name)}" for name in attributes]
    kept += [
        f"{_time(raw, matched, name, typed[name])} AS {time_of(name)}"
        for name in TIMED.get(table.name, ())
    ]
    con.execute(
        f"CREATE OR REPLACE VIEW {reading.view} AS SELECT __row, {', '.join(kept)} FROM {raw.name}"
    )
    return reading


_TYPES = {"string": "VARCHAR", "number": "DOUBLE", "date": "DATE", "timestamp": "TIMESTAMP"}


def _matched(raw: Raw, table: Table) -> dict[str, str]:
    """Map contract columns to the files' own spelling of them."""
    spelled = {name.strip().casefold(): name for name in reversed(raw.columns)}
    matched = {name: spelled[name] for name in table.names if name in spelled}
    for column in table.columns:
        if column.required and column.name not in matched:
            near = difflib.get_close_matches(column.name, list(raw.columns), n=1)
            hint = f" (is it {near[0]!r}?)" if near else ""
            found = f"the columns {', '.join(map(repr, raw.columns))}{hint}"
            expected = f"the column, {column.expected}"
            raise ContractError.of(table.name, column.name, expected=expected, found=found)
    return matched


def _given(raw: Raw, name: str) -> str:
    kind, quoted = raw.columns[name], identifier(name)
    if kind == "VARCHAR":
        return f"nullif(trim({quoted}, {_SPACE}), '')"
    if kind.endswith("[]"):
        return f"nullif(array_to_string({quoted}, ', '), '')"
    if kind == "TIMESTAMP WITH TIME ZONE":
        return _wall_clock(quoted, raw.zones.get(name, "UTC"))
    return f"nullif({quoted}, 'NaN'::{kind})" if kind in {"DOUBLE", "FLOAT"} else quoted


def _wall_clock(quoted: str, zone: str) -> str:
    """Return SQL of the local time of a point in time."""
    offset = re.fullmatch(r"([+-])(\d\d):?(\d\d)", zone)
    if not offset:
        return f"timezone({literal(zone)}, {quoted})"
    sign, hours, minutes = offset.groups()
    shift = int(f"{sign}{int(hours) * 60 + int(minutes)}")
    return f"(timezone('UTC', {quoted}) + INTERVAL ({shift}) MINUTE)"


def _typed(raw: Raw, name: str, column: Column, given: str) -> str:
    kind = raw.columns[name]
    text = given if kind == "VARCHAR" else f"CAST({given} AS VARCHAR)"
    if column.kind == "string":
        return _text(kind, given, text)
    if column.kind == "number":
        return _number(column, kind, given, text)
    dated = f"CASE WHEN regexp_matches({text}, '^[0-9]{{4}}[-/]') THEN {text} END"
    source = given if kind.startswith(("DATE", "TIMESTAMP")) else dated
    return _day(source, text) if column.kind == "date" else _moment(source)


def _text(kind: str, given: str, text: str) -> str:
    if not kind.startswith(("DOUBLE", "FLOAT", "DECIMAL")):
        return text
    whole = f"{given} = floor({given}) AND abs({given}) < 1e15"
    return f"CASE WHEN {whole} THEN CAST(CAST({given} AS BIGINT) AS VARCHAR) ELSE {text} END"


def _number(column: Column, kind: str, given: str, text: str) -> str:
    value = f"TRY_CAST({given if _NUMERIC.fullmatch(kind) else text} AS DOUBLE)"
    if column.name == "in_stock_share":
        truth = f"CASE lower({text}) WHEN 'true' THEN 1.0 WHEN 'false' THEN 0.0 END"
        value = f"coalesce({truth}, {value})"
    return f"CASE WHEN abs({value}) < {LARGEST} THEN {value} END"


def _day(source: str, text: str) -> str:
    digits = f"CASE WHEN regexp_full_match({text}, '[0-9]{{8}}') THEN {text} END"
    plain = f"coalesce(TRY_CAST({source} AS DATE), CAST(try_strptime({digits}, '%Y%m%d') AS DATE))"
    return _in_calendar(plain, "DATE")


def _time(raw: Raw, matched: dict[str, str], name: str, day: str) -> str:
    """Return SQL of the time that a column of days tells; the beginning of the day otherwise."""
    if name not in matched:
        return f"CAST({day} AS TIMESTAMP)"
    told = f"CAST({_given(raw, matched[name])} AS VARCHAR)"
    dated = f"CASE WHEN regexp_matches({told}, '^[0-9]{{4}}[-/]') THEN {told} END"
    return f"coalesce({_moment(dated)}, CAST({day} AS TIMESTAMP))"


def _moment(source: str) -> str:
    return _in_calendar(f"TRY_CAST({source} AS TIMESTAMP)", "TIMESTAMP")


def _in_calendar(value: str, kind: str) -> str:
    bounds = f"{kind} '0001-01-01' AND {kind} '9999-12-31'"
    return f"CASE WHEN {value} BETWEEN {bounds} THEN {value} END"


def _is_text(con: duckdb.DuckDBPyConnection, raw: Raw, name: str) -> bool:
    """Tell a text from a number; a CSV column of nothing but numbers is a number."""
    given = _given(raw, name)
    numbers = f"SELECT bool_and(TRY_CAST({given} AS DOUBLE) IS NOT NULL) FROM {raw.name}"
    return raw.columns[name] == "VARCHAR" and not scalar(
        con, f"{numbers} WHERE {given} IS NOT NULL"
    )
