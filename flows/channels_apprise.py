"""The one door to Apprise, which warns of its own dependencies when it is first imported."""

from __future__ import annotations

import warnings
from functools import cache
from typing import Any

__all__ = ["known_schemes", "load_apprise"]


@cache
def load_apprise() -> Any:
    """Import Apprise and let it find its services, quietly."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        import apprise

        apprise.Apprise().details()
    return apprise


@cache
def known_schemes() -> frozenset[str]:
    """Every scheme that Apprise can read."""
    kinds = load_apprise().Apprise().details()["schemas"]
    names = ("protocols", "secure_protocols")
    return frozenset(one for kind in kinds for name in names for one in kind.get(name) or ())
