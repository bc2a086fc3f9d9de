"""Who may speak to the server of `serve`: whoever knows its word, and nobody else.

Whoever may start a run chooses what is read and where it is published. So even on 127.0.0.1, which
every user of the machine reaches, Prefect asks for a word: a random one for each start, which only
the owner of OUT can read. A server that other machines reach needs a token of the operator's.
"""

from __future__ import annotations

import ipaddress
import os
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from stockalert.errors import UsageError

__all__ = ["TOKEN_VARIABLE", "address_of", "kept_secret", "word_for"]

TOKEN_VARIABLE = "STOCKALERT_SERVE_TOKEN"  # noqa: S105 - the name of a variable
LEAST_LETTERS = 16
_HOST = re.compile(r"[A-Za-z0-9:][A-Za-z0-9.:-]*")


def word_for(host: str) -> str:
    """Return the word that the server of `serve` will ask for.

    It is the operator's token, or what Prefect's own setting says, or a random one.

    Raises
    ------
    UsageError
        Other machines reach the address and there is no token, or the token is too simple.
    """
    if not _HOST.fullmatch(host):
        raise UsageError(f"--host: expected an address such as 127.0.0.1, found {host!r}")
    token = os.environ.get(TOKEN_VARIABLE, "")
    if token:
        return _checked(token)
    if not _is_loopback(host):
        raise UsageError(
            f"--host {host}: other machines may reach it, so set the environment variable "
            f"{TOKEN_VARIABLE} to a token of at least {LEAST_LETTERS} letters; 127.0.0.1 needs none"
        )
    own = os.environ.get("PREFECT_SERVER_API_AUTH_STRING", "")
    return own or f"stockalert:{secrets.token_urlsafe(32)}"


def address_of(host: str, port: int) -> str:
    """Return the address of the API as this machine reaches it.

    Examples
    --------
    >>> address_of("0.0.0.0", 4200), address_of("::1", 4200)
    ('http://127.0.0.1:4200/api', 'http://[::1]:4200/api')
    """
    place = _ip(host)
    if place is not None and place.is_unspecified:
        host = "127.0.0.1" if place.version == 4 else "::1"
    return f"http://{f'[{host}]' if ':' in host else host}:{port}/api"


@contextmanager
def kept_secret(file: Path, word: str) -> Iterator[None]:
    """Keep the word where only the owner reads it, for as long as it holds."""
    file.unlink(missing_ok=True)
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as opened:
        opened.write(word)
    try:
        yield
    finally:
        file.unlink(missing_ok=True)


def _checked(token: str) -> str:
    """Refuse a token that is soon guessed, or that Prefect could not compare; never repeat it."""
    plain = token.isascii() and token.isprintable() and " " not in token
    if len(token) < LEAST_LETTERS or not plain:
        raise UsageError(
            f"environment variable {TOKEN_VARIABLE}: expected at least {LEAST_LETTERS} plain "
            "letters, digits or signs without spaces"
        )
    return token


def _is_loopback(host: str) -> bool:
    place = _ip(host)
    return host == "localhost" or (place is not None and place.is_loopback)


def _ip(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None
