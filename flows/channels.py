"""Channels: where messages go. Addresses are Apprise's, plus tasks in a project tool.

A channel either delivers, or raises `ChannelError`, which says whether the message certainly did
not arrive. Right before a message leaves, the channel calls `about_to`: what fails or dies before
that moment can be repeated without doubt.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any, Protocol

from flows.channels_apprise import known_schemes, load_apprise
from stockalert.errors import StockalertError, UsageError

__all__ = [
    "Channel",
    "ChannelError",
    "Message",
    "channel_id",
    "channels_of",
    "overheard",
    "redacted",
]


_SHORT = 3
"""Words of an address that are no longer than this are no secret."""


class ChannelError(StockalertError):
    """A message was not delivered.

    Attributes
    ----------
    certain : it did not arrive; False = nobody can know
    status : of the HTTP answer; 0 = there was none
    """

    def __init__(self, reason: str, *, certain: bool = True, status: int = 0) -> None:
        super().__init__(reason)
        self.certain, self.status = certain, status


@dataclass(frozen=True)
class Message:
    """What is sent, in every form a channel may want.

    Attributes
    ----------
    key : names the message; the same when it is sent again
    short : for text messages and pushes
    written_at : when it was put together, local time
    data : for machines
    unsure : it may have arrived already
    """

    key: str
    subject: str
    text: str
    html: str
    short: str
    written_at: datetime
    data: dict[str, Any] = field(default_factory=dict)
    unsure: bool = False


class Channel(Protocol):
    """One address.

    Attributes
    ----------
    id : names it and tells nothing of it
    label : names it for people
    reads : fields of a message that it takes, of subject, text, html and short
    """

    id: str
    label: str
    reads: tuple[str, ...]

    def send(self, message: Message, about_to: Callable[[], None]) -> None:
        """Deliver, or raise `ChannelError`."""

    def arrived(self, key: str) -> bool | None:
        """Ask whether a message has arrived; None = this channel cannot tell."""


def channels_of(url: str) -> list[Channel]:
    """Make the channels of one address; a mail or text message to three people is three channels.

    Raises
    ------
    UsageError
        The scheme is unknown, or something is missing; secrets are not repeated.
    """
    from flows.channels_mail import mail_channels
    from flows.channels_targets import one_by_one
    from flows.channels_tasks import TASK_SCHEMES, task_channel
    from flows.channels_web import apprise_channel, webhook_channel

    scheme = url.partition("://")[0].lower()
    if scheme in TASK_SCHEMES:
        return [task_channel(url)]
    plugin = _plugin(url, scheme)
    if scheme in {"json", "jsons"}:
        return [webhook_channel(plugin)]
    if scheme in {"mailto", "mailtos"}:
        return mail_channels(plugin)
    return [apprise_channel(one) for one in one_by_one(plugin)]


def _plugin(url: str, scheme: str) -> Any:
    """Let Apprise read an address."""
    if "://" not in url:
        raise UsageError("setting alerts.urls: expected SCHEME://…, found no scheme")
    if scheme not in known_schemes():
        import difflib

        near = difflib.get_close_matches(scheme, known_schemes(), n=1)
        hint = f"; did you mean {near[0]}://?" if near else ""
        raise UsageError(f"setting alerts.urls: unknown scheme {scheme}://{hint}")
    with overheard() as reasons:
        plugin = load_apprise().Apprise.instantiate(url, suppress_exceptions=True)
    if plugin is None:
        said = redacted("; ".join(reasons), url.partition("://")[2])
        why = f": {said}" if said else ""
        raise UsageError(f"setting alerts.urls: {scheme}://… lacks something or is malformed{why}")
    return plugin


@contextmanager
def overheard() -> Iterator[list[str]]:
    """Collect why Apprise failed; nothing of it reaches the program's own log."""
    reasons: list[str] = []

    class _Ear(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            said = record.getMessage()
            if record.levelno >= logging.WARNING or said.startswith("Socket Exception"):
                reasons.append(said)

    logger, ear = logging.getLogger("apprise"), _Ear(logging.DEBUG)
    before = logger.propagate, logger.level
    logger.propagate = False
    logger.setLevel(logging.DEBUG)
    logger.addHandler(ear)
    try:
        yield reasons
    finally:
        logger.removeHandler(ear)
        logger.propagate = before[0]
        logger.setLevel(before[1])


def redacted(reason: str, *secrets: str | None) -> str:
    """Take secrets out of a reason, and put it on one line of at most 300 characters.

    Of an address every word goes, since each may be a token.

    Examples
    --------
    >>> redacted("token (abc:hunter2) is wrong", "slack://abc:hunter2")
    'token (abc:***) is wrong'
    """
    words = {word for secret in filter(None, secrets) for word in re.split(r"[:/@?&=,]+", secret)}
    for word in sorted(words, key=len, reverse=True):
        if len(word) > _SHORT:
            reason = reason.replace(word, "***")
    return " ".join(reason.split())[:300]


def channel_id(*words: object) -> str:
    """12 hex digits that name an address and tell nothing of it."""
    return sha256("\x1f".join(str(word) for word in words).encode()).hexdigest()[:12]
