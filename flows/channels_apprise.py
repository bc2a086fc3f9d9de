"""The one door to Apprise, which warns of its own dependencies when it is first imported."""

from __future__ import annotations

import warnings
from functools import cache
from typing import Any

__all__ = ["load_apprise"]


@cache
def load_apprise() -> Any:
    """Import Apprise and let it find its services, quietly."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        import apprise

        apprise.Apprise().details()
    return apprise
