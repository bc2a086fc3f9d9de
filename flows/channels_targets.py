"""One address of Apprise may name several targets: each becomes an address of its own.

Otherwise a target that fails would have the message sent again to those that it has reached.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from itertools import chain
from typing import Any

from flows.channels import overheard
from flows.channels_apprise import load_apprise

__all__ = ["is_single", "one_by_one"]


def is_single(plugin: Any) -> bool:
    """Whether a message to it is one request, retries of Apprise's own left aside."""
    return bool(len(plugin) <= _tries(plugin))


def one_by_one(plugin: Any) -> list[Any]:
    """Take an address apart; one that cannot be stays whole.

    Apprise tells how many requests a message takes (`len`), not by which of its lists: those are
    found by emptying them. Each target's address is then read anew, and must come to one request.
    """
    if is_single(plugin):
        return [plugin]
    try:
        found = _apart(plugin)
    except Exception:  # what a service's own code does with a shorter list is not known
        return [plugin]
    whole = sum(map(len, found)) == len(plugin) and all(map(is_single, found))
    by_url = {str(one.url()): one for one in found}
    return list(by_url.values()) if whole and by_url else [plugin]


def _apart(plugin: Any) -> list[Any]:
    lists = {
        name: value
        for name, value in vars(plugin).items()
        if isinstance(value, list) and value and len(_but(plugin, {name: []})) < len(plugin)
    }
    none: dict[str, list[Any]] = {name: [] for name in lists}
    alone = ([_but(plugin, {**none, name: [one]}) for one in lists[name]] for name in lists)
    with overheard():
        read = load_apprise().Apprise.instantiate
        found = [read(one.url(), suppress_exceptions=True) for one in chain.from_iterable(alone)]
    return found if None not in found else []


def _but(plugin: Any, lists: Mapping[str, list[Any]]) -> Any:
    """Copy an address with other targets."""
    other = copy.copy(plugin)
    vars(other).update(lists)
    return other


def _tries(plugin: Any) -> int:
    return int(getattr(plugin, "retry", 0)) + 1
