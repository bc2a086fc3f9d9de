"""JSON as its standard has it: a figure that is none, or without an end, is null."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence

__all__ = ["strict_json"]


def strict_json(value: object, *, indent: int | None = None) -> str:
    """Put plain values into JSON that every program reads; what is no plain value, as its text.

    Examples
    --------
    >>> strict_json({"share": 0.5, "factor": float("inf"), "rows": [(1, float("nan"))]})
    '{"share": 0.5, "factor": null, "rows": [[1, null]]}'
    """
    return json.dumps(
        _finite(value), ensure_ascii=False, default=str, allow_nan=False, indent=indent
    )


def _finite(value: object) -> object:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {key: _finite(inner) for key, inner in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return [_finite(inner) for inner in value]
    return value
