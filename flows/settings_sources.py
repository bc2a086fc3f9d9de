"""The settings of tables that are read from a database, and how their secrets stay outside."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import Annotated, Any
from urllib.parse import parse_qsl, quote, urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr

from stockalert.errors import UsageError

__all__ = ["SOURCES_EXAMPLE", "SourceSettings", "filled_in", "refuse_passwords"]

SOURCES_EXAMPLE = """
# Tables read from PostgreSQL instead of the data directory, by name. A password never stands in
# this file: write ${NAME} for the value of an environment variable, or leave user and password out
# and set PGUSER and PGPASSWORD (or PGPASSFILE, PGSERVICE), which PostgreSQL's own tools read too.
# [sources.sales]
# url = "postgresql://reader:${SHOP_PASSWORD}@db.example/shop"
# query = "SELECT sku, date, units_sold FROM sales"   # left out: the whole table of that name
# timeout_minutes = 30.0
"""

_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_SCHEMES = ("postgresql://", "postgres://")
_SECRET_OPTIONS = ("password", "sslpassword")


def _address(url: SecretStr) -> SecretStr:
    text = url.get_secret_value()
    if not text.startswith(_SCHEMES) and not _VARIABLE.fullmatch(text):
        raise ValueError("an address that begins with postgresql://, or ${NAME}")
    return url


class SourceSettings(BaseModel):
    """A table read from a database instead of the data directory."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: Annotated[SecretStr, AfterValidator(_address)] = Field(
        description="Address, such as postgresql://user:${NAME}@host/shop; ${NAME} = environment"
    )
    query: str = Field(
        default="", description='SQL that yields the table\'s columns; "" = the whole table'
    )
    timeout_minutes: Annotated[float, Field(gt=0, le=24 * 60)] = Field(
        default=30.0, description="The database ends a query that takes longer"
    )


def refuse_passwords(values: Mapping[str, Any], where: str) -> None:
    """Refuse a settings file that holds a password of a database.

    Raises
    ------
    UsageError
        Some `sources.TABLE.url` has one.
    """
    sources = values.get("sources")
    for table, source in (sources if isinstance(sources, dict) else {}).items():
        url = source.get("url") if isinstance(source, dict) else source
        if isinstance(url, str) and any(map(_is_literal, _passwords(url))):
            raise UsageError(
                f"{where}: sources.{table}.url holds a password; write ${{NAME}} in its place and "
                "set that environment variable, or leave it out and set PGPASSWORD"
            )


def filled_in(url: str, key: str) -> str:
    """Return an address with its `${NAME}` replaced from the environment.

    A value that is a part of the address is escaped, so that a password may hold any letter; an
    address that is nothing but `${NAME}` is taken as it is.

    Raises
    ------
    UsageError
        A variable is not set, or what it holds is no address.
    """

    def value(match: re.Match[str]) -> str:
        name = match.group(1)
        if name not in os.environ:
            raise UsageError(f"setting {key}: the environment variable {name} is not set")
        return os.environ[name] if match.group() == url else quote(os.environ[name], safe="")

    address = _VARIABLE.sub(value, url)
    if not address.startswith(_SCHEMES):
        raise UsageError(f"setting {key}: expected an address that begins with postgresql://")
    return address


def _passwords(url: str) -> list[str]:
    """Find what stands in the places of passwords, also where an address is spelled badly."""
    user, found = url.partition("://")[2].rpartition("@")[0], []
    if ":" in user:
        found.append(user.partition(":")[2])
    options = parse_qsl(urlsplit(url.replace("[", "").replace("]", "")).query)
    return [*found, *(value for name, value in options if name.lower() in _SECRET_OPTIONS)]


def _is_literal(password: str) -> bool:
    return bool(password) and not _VARIABLE.fullmatch(password)
