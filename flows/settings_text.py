"""Settings as TOML text; what is secret in them is hidden."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from pydantic import BaseModel, SecretStr

from stockalert.addresses import HIDDEN, without_password, without_passwords

__all__ = ["write_toml"]


def write_toml(section: BaseModel, *, comments: bool = False) -> str:
    """Return a settings section and those below it as TOML.

    Parameters
    ----------
    comments : put each key's meaning above it.
    """
    return without_passwords("\n".join(_lines(section, "", comments)) + "\n")


def _lines(section: BaseModel, path: str, comments: bool) -> Iterator[str]:
    """Yield plain keys first, then one table per section: TOML's own order."""
    below: dict[str, BaseModel] = {}
    for name, field in type(section).model_fields.items():
        value = getattr(section, name)
        if isinstance(value, BaseModel):
            below[name] = value
        elif isinstance(value, Mapping):
            below |= {f"{name}.{key}": inner for key, inner in value.items()}
        elif value is not None:
            if comments and field.description:
                yield f"# {field.description}"
            if value is not None:  # TOML has no word for what is not set
                yield f"{name} = {_value(value)}"
            elif comments:
                yield f"# {name} = …"
    for name, inner in below.items():
        full = f"{path}{name}"
        yield from ("", f"[{full}]", *_lines(inner, f"{full}.", comments))


def _value(value: object) -> str:
    """Write one value; JSON's notation of texts, numbers and truth is TOML's as well.

    Examples
    --------
    >>> _value(("a", 0.5, True))
    '["a", 0.5, true]'
    """
    if isinstance(value, tuple):
        return f"[{', '.join(map(_value, value))}]"
    if isinstance(value, SecretStr):
        return json.dumps(HIDDEN)
    shown = without_password(value) if isinstance(value, str) else value
    return json.dumps(shown, ensure_ascii=False)
