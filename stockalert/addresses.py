"""Addresses such as postgresql://user:password@host, shown without what is secret in them."""

from __future__ import annotations

import re

__all__ = ["HIDDEN", "without_password", "without_passwords"]

HIDDEN = "**********"
_USER_IN_TEXT = re.compile(r"(?<=://)(?:[^\s\"'/:@]*:[^\s\"']*|[^\s\"'/@]+)@")
_OPTION = re.compile(
    r"(?<=[?&])([a-z_]*(?:password|passfile|token|secret)[a-z_]*=)[^&\s\"']*", re.I
)


def without_password(address: str) -> str:
    """Return one address without user and password, in whatever letters they are written.

    Examples
    --------
    >>> without_password("postgresql://ada:a/b c@db.example:5432/mlflow")
    'postgresql://**********@db.example:5432/mlflow'
    >>> without_password("postgresql://db/mlflow?user=ada&password=hunter2")
    'postgresql://db/mlflow?user=ada&password=**********'
    >>> without_password("sqlite:////srv/a@b/mlflow.db")
    'sqlite:////srv/a@b/mlflow.db'
    """
    scheme, colon, rest = address.partition("://")
    who, at, where = rest.rpartition("@")
    if colon and at and (":" in who or "/" not in who):
        rest = f"{HIDDEN}@{where}"
    return _OPTION.sub(rf"\1{HIDDEN}", f"{scheme}{colon}{rest}")


def without_passwords(text: str) -> str:
    """Return a text without user and password of the addresses in it.

    Examples
    --------
    >>> without_passwords("cannot reach 'http://ada:hunter2@store:5000' tonight")
    "cannot reach 'http://**********@store:5000' tonight"
    """
    return _OPTION.sub(rf"\1{HIDDEN}", _USER_IN_TEXT.sub(f"{HIDDEN}@", text))
