"""JSON over HTTP to somebody else's system: credentials stay with the host they are meant for."""

from __future__ import annotations

import ipaddress
import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from http.client import HTTPException
from typing import Any
from urllib.parse import urlsplit

from stockalert.errors import OutputError, UsageError

__all__ = ["check_url", "post_json"]

_TIMEOUT_SECONDS = 120
_LARGEST = 100_000_000


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect would carry the credentials elsewhere."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


_OPENER = urllib.request.build_opener(_NoRedirect)


def check_url(url: str, *, insecure: bool = False) -> str:
    """Accept `https://…`, and `http://…` on this machine; return it without a last slash.

    Raises
    ------
    UsageError
        Another scheme, no host, a password in the address, or credentials in clear to another
        machine without `insecure`.

    Examples
    --------
    >>> check_url("http://127.0.0.1:8000/shop/")
    'http://127.0.0.1:8000/shop'
    """
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise UsageError(f"--url: expected http://HOST… or https://HOST…, found {parts.scheme!r}")
    if parts.username or parts.password:
        raise UsageError("--url: credentials belong into environment variables, not the address")
    if parts.query or parts.fragment:
        raise UsageError("--url: expected an address without ? and #")
    if parts.scheme == "http" and not (insecure or _is_here(parts.hostname)):
        raise UsageError(
            f"--url: http:// would send the credentials to {parts.hostname} in clear; use https://,"
            " or --insecure in a network that you trust"
        )
    return url.rstrip("/")


def post_json(url: str, body: Any, headers: Mapping[str, str]) -> Any:
    """Send a body and return the answer's; redirects are not followed.

    Raises
    ------
    OutputError
        The host cannot be reached, or answers with an error or no JSON.
    """
    request = urllib.request.Request(  # noqa: S310 - check_url has looked at the scheme
        url,
        data=json.dumps(body).encode(),
        headers={"Content-Type": "application/json", "User-Agent": "stockalert", **headers},
        method="POST",
    )
    where = f"{urlsplit(url).hostname}{urlsplit(url).path}"
    try:
        with _OPENER.open(request, timeout=_TIMEOUT_SECONDS) as answer:
            raw = answer.read(_LARGEST)
    except urllib.error.HTTPError as error:
        with error:
            raise OutputError(f"{where} answered {error.code}: {_short(error)}") from None
    except (urllib.error.URLError, HTTPException, OSError) as error:
        reason = getattr(error, "reason", error)
        raise OutputError(f"cannot reach {where}: {reason}") from None
    try:
        return json.loads(raw)
    except ValueError:
        raise OutputError(f"{where}: expected JSON, found {raw[:80]!r}") from None


def _is_here(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _short(error: urllib.error.HTTPError) -> str:
    """Return the message of an error's JSON, the beginning of its text, or a page's status."""
    raw = error.read(20_000).decode("utf-8", "replace")
    try:
        told = json.loads(raw)
        return str(told["message"])[:300]
    except (ValueError, KeyError, TypeError):
        plain = "" if raw.lstrip().startswith("<") else " ".join(raw.split())[:300]
        return plain or str(error.reason)
