"""Texts that settings, names and messages might hold: from plain to hostile."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import strategies as st

from flows.settings import Settings

__all__ = ["ALERTS", "ENVIRONMENTS", "HEADS", "NAMES", "TOML", "spelled"]

_HOSTILE = (
    *("=cmd|' /C calc'!A0", "+1+1", "-2", "@SUM(A1)", "\t=1", "\r=1", "'; DROP TABLE sales; --"),
    *("{{ 7 * 7 }}", "{% for x in y %}", "<script>alert(1)</script>", '" onload="x', "&lt;b&gt;"),
    *("../../etc/passwd", "/etc/passwd", "a\0b", "nul\x00", "line\nbreak", "\r\nBcc: x@y.example"),
    *("\u202eevil", "\ufeffsku", "e\u0301", "ﬁ", "🍏", "İ", "ß", " ", "", "NaN", "null", "None"),
    *("1e999", "-0", "A" * 2000, "${HOME}", "%s%n", "`id`", "$(id)", "\x1b[31m", "]]>", "日本語"),
)

NAMES = st.one_of(
    st.sampled_from(_HOSTILE),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=30),
    st.from_regex(r"[a-z]{1,8}-[0-9]{1,3}", fullmatch=True),
)

_KEYS = sorted(
    {
        *Settings.model_fields,
        *(
            f"{name}.{key}"
            for name, value in Settings.model_construct().model_dump().items()
            if isinstance(value, dict)
            for key in value
        ),
        *(
            "sources.sales.url",
            "sources.sales.query",
            "alerts.routes.a.urls",
            "sources",
            "nonsense",
        ),
        *("service.classes.A.level", "service.classes.Z.level", "model.sed", "guard", "paths.x"),
    }
)

_VALUES = st.one_of(
    st.integers(-(10**20), 10**20),
    st.integers(-3, 400),
    st.floats(allow_nan=True),
    st.booleans(),
    st.sampled_from(["D", "W-MON", "lost", "en", "fr", "local", "target", "json://localhost"]),
    st.sampled_from(["22:00-07:00", "0 2 * * *", "Europe/Paris", "postgresql://u@h/d", "${X}"]),
    NAMES,
    st.lists(st.floats(0, 1), max_size=12),
    st.lists(NAMES, max_size=3),
    st.just([0.05, 0.1, 0.25, 0.5, 0.75, 0.8, 0.9, 0.95, 0.975, 0.99]),
    st.dictionaries(st.sampled_from(["a", "url", "level", "A"]), st.integers(0, 3), max_size=2),
)


def _written(value: Any) -> str:
    """Write a value in TOML, as well as it goes."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {_written(v)}" for key, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_written, value)) + "]"
    if isinstance(value, float):
        return repr(value)
    return json.dumps(value, ensure_ascii=False)


_LINES = st.tuples(st.sampled_from(_KEYS), _VALUES).map(lambda kv: f"{kv[0]} = {_written(kv[1])}")

TOML = st.one_of(
    st.lists(_LINES, max_size=4).map("\n".join),
    st.lists(_LINES, min_size=1, max_size=1).map("\n".join),
    st.lists(st.one_of(_LINES, NAMES), max_size=4).map("\n".join),
    st.binary(max_size=60),
)

ENVIRONMENTS = st.dictionaries(
    st.sampled_from([f"STOCKALERT_{key.upper().replace('.', '__')}" for key in _KEYS]),
    st.one_of(_VALUES.map(lambda v: v if isinstance(v, str) else json.dumps(v)), NAMES).map(
        lambda text: text.replace("\0", "")
    ),
    min_size=1,
    max_size=3,
)

_COLUMNS = st.sampled_from(
    ["sku", "date", "units_sold", "Location", "unit_price", '"a b"', '"', ""]
)

HEADS = st.one_of(
    st.binary(max_size=80),
    st.tuples(st.lists(st.one_of(_COLUMNS, NAMES), max_size=6), st.sampled_from(",;\t|^\r")).map(
        lambda drawn: (drawn[1].join(drawn[0]) + "\n").encode("utf-8", "surrogatepass")
    ),
    st.tuples(st.sampled_from(["utf-16", "utf-32", "utf-8-sig", "latin-1"]), _COLUMNS).map(
        lambda drawn: f"{drawn[1]},date\n".encode(drawn[0])
    ),
)

_AMOUNTS = st.one_of(st.none(), st.floats(0, 1e12), st.just(0.0))

ALERTS = st.fixed_dictionaries(
    {
        "language": st.sampled_from(["en", "fr"]),
        "alerts": st.lists(
            st.fixed_dictionaries(
                {
                    "fingerprint": st.just("0123456789abcdef"),
                    "kind": st.sampled_from(["reorder_now", "stocked_out"]),
                    "severity": st.sampled_from(["critical", "warning", "info"]),
                    **dict.fromkeys(("sku", "name", "location", "message", "to_do"), NAMES),
                    **dict.fromkeys(("on_hand", "on_order", "reorder_point"), _AMOUNTS),
                    **dict.fromkeys(("lead_time_days", "units_at_risk", "money_at_risk"), _AMOUNTS),
                    "order_by_date": st.sampled_from([None, "2024-04-09"]),
                }
            ),
            max_size=3,
        ),
    }
)


def spelled(text: str) -> str:
    """Keep whether a text says anything, and nothing of what it says."""
    kept = {"default": "default", "reorder_now": "reorder_now", "stocked_out": "stocked_out"}
    if text in kept or text in ("critical", "warning", "info") or text[:5] in ("2024-", "01234"):
        return text
    return "word" if text.strip() else text
