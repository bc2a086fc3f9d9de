"""Kinds of alerts, and the fingerprint that names one from night to night."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256

__all__ = ["KINDS", "OPERATIONAL_KINDS", "SEVERITIES", "SKU_KINDS", "fingerprint", "fingerprints"]

SEVERITIES = ("info", "warning", "critical")
"""How bad an alert is, the mildest first."""

SKU_KINDS = (
    "stocked_out",
    "stockout_risk_before_arrival",
    "reorder_now",
    "order_late",
    "demand_spike",
    "overstock",
    "obsolescence_risk",
)
"""About one sku at one location, the most urgent first."""

OPERATIONAL_KINDS = (
    "data_stale",
    "model_degraded",
    "publish_refused",
    "night_missing",
    "night_failed",
    "channel_down",
)
"""About the nightly job itself."""

KINDS = (*SKU_KINDS, "supplier_disrupted", *OPERATIONAL_KINDS)


def fingerprint(kind: str, *names: str | None) -> str:
    """Name an alert by what it is about: 16 hex digits, the same every night.

    Examples
    --------
    >>> fingerprint("reorder_now", "mug", "north") == fingerprint("reorder_now", "mug", "north")
    True
    >>> fingerprint("reorder_now", "mug", "north") == fingerprint("reorder_now", "mugnorth", "")
    False
    """
    words = "\x1f".join([kind, *("\x00" if name is None else name for name in names)])
    return sha256(words.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def fingerprints(
    kinds: Iterable[str], skus: Iterable[str | None], locations: Iterable[str | None]
) -> list[str]:
    """Name many alerts, one per row."""
    rows = zip(kinds, skus, locations, strict=True)
    return [fingerprint(kind, sku, location) for kind, sku, location in rows]
