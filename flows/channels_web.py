"""Webhooks, and every other service that Apprise knows: chats, pushes, text messages."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import requests

from flows.channels import Channel, ChannelError, Message, channel_id, overheard, redacted
from flows.channels_apprise import load_apprise
from flows.channels_targets import is_single

__all__ = [
    "AppriseChannel",
    "WebhookChannel",
    "apprise_channel",
    "ask",
    "session_for",
    "webhook_channel",
]

_LONG = 2000
"""Services that take fewer characters than this in one message get the short form."""

_NEVER_LEFT = re.compile(
    "refused|resolve|Name or service|unreachable|No route|ConnectTimeout|NewConnection|error=[34]"
)
_MAY_HAVE_LEFT = re.compile("Read timed out|aborted|reset by peer|error=5")
_SERVER_ERROR = 500
_TIMEOUT = (5.0, 20.0)
_CALLS = re.compile("<(?=[!@#])|@(?=everyone|channel|here|all)", re.IGNORECASE)


def webhook_channel(plugin: Any) -> Channel:
    """Make the channel of a json:// address."""
    return WebhookChannel(plugin)


def apprise_channel(plugin: Any) -> Channel:
    """Make the channel of any other address."""
    return AppriseChannel(plugin)


class AppriseChannel:
    """A service that takes a title and a text."""

    def __init__(self, plugin: Any) -> None:
        self._plugin, self._url = plugin, str(plugin.url())
        self.id = channel_id("apprise", self._url)
        self.label = (
            f"{plugin.service_name} ({self.id[:4]})"  # any word of an address may be secret
        )
        self._long_enough = plugin.body_maxlen >= _LONG
        self.reads: tuple[str, ...] = ("subject", "text" if self._long_enough else "short")

    def send(self, message: Message, about_to: Callable[[], None]) -> None:
        """Deliver through Apprise.

        Raises
        ------
        ChannelError
            Apprise reports a failure; unless nobody answered, or the answer was no, the message may
            have arrived. Where it goes to several targets at once, some may have it.
        """
        apprise = load_apprise()
        # Without a title of its own a text message would have it before its few words.
        titled = self._long_enough or self._plugin.title_maxlen > 0
        about_to()
        with overheard() as reasons:
            done = self._plugin.notify(
                body=_defused(message.text if self._long_enough else message.short),
                title=_defused(message.subject) if titled else "",
                notify_type=apprise.NotifyType.WARNING,
                body_format=apprise.NotifyFormat.TEXT,
                interpret_escapes=False,
                overflow="truncate",
            )
        if not done:
            why = "; ".join(reasons)
            never = bool(_NEVER_LEFT.search(why)) and not _MAY_HAVE_LEFT.search(why)
            never = never and is_single(self._plugin)
            said = redacted(why or "it did not say why", self._url.partition("://")[2])
            raise ChannelError(said, certain=never)

    def arrived(self, key: str) -> bool | None:
        """These services do not say."""
        return None


class WebhookChannel:
    """An address that takes JSON: the message, its alerts, and a key to tell repeats by.

    Fields `version`, `title`, `message`, `type` are those of Apprise's own json://; `key`, `kind`,
    `planner`, `as_of`, `alerts` and the counts are added, and header `Idempotency-Key`.
    """

    def __init__(self, plugin: Any) -> None:
        self._plugin = plugin
        self.id = channel_id("json", *plugin.url_identifier[:2], *plugin.url_identifier[3:])
        port = f":{plugin.port}" if plugin.port else ""
        self.label = f"webhook at {plugin.host}{port} ({self.id[:4]})"
        self.reads: tuple[str, ...] = ("subject", "text")
        self._address = f"{'https' if plugin.secure else 'http'}://{plugin.host}{port}"
        self._session = session_for(self._address, verify=plugin.verify_certificate)

    def send(self, message: Message, about_to: Callable[[], None]) -> None:
        """Post the message.

        Raises
        ------
        ChannelError
            No answer, or one that is not 2xx.
        """
        plugin = self._plugin
        body = {"version": "1.0", "title": message.subject, "message": message.text}
        about_to()
        ask(
            self._session,
            plugin.method,
            self._address + plugin.fullpath,
            json={**body, "type": "warning", "key": message.key, **message.data},
            headers={"User-Agent": "stockalert", **plugin.headers, "Idempotency-Key": message.key},
            params=plugin.params,
            auth=(plugin.user, plugin.password) if plugin.user else None,
        )

    def arrived(self, key: str) -> bool | None:
        """A webhook does not say; its receiver can tell a repeat by its key."""
        return None


def _defused(text: str) -> str:
    """Keep a name in the data from calling everybody in a chat.

    Examples
    --------
    >>> "<!channel>" in _defused("Mug <!channel>"), len(_defused("@here")) - len("@here")
    (False, 1)
    """
    return _CALLS.sub("\\g<0>\u200b", text)


def session_for(url: str, *, verify: bool = True) -> requests.Session:
    """Keep a connection to one host; proxies and certificates of the environment are read once."""
    session = requests.Session()
    found = session.merge_environment_settings(url, {}, None, verify, None)
    session.proxies, session.verify = found["proxies"], found["verify"]
    session.trust_env = False
    return session


def ask(session: requests.Session, method: str, url: str, **how: Any) -> Any:
    """Send one HTTP request and return what its answer holds as JSON; None where it is no JSON.

    Raises
    ------
    ChannelError
        No answer, or one that is not 2xx; addresses are not repeated, they may hold secrets. A
        server or a proxy before it that fails (5xx) may have done what it was asked.
    """
    host = urlsplit(url).netloc.rpartition("@")[2]
    try:
        answer = session.request(method, url, timeout=_TIMEOUT, allow_redirects=False, **how)
    except requests.ConnectTimeout:
        raise ChannelError(f"{host}: no connection within {_TIMEOUT[0]:g} s") from None
    except requests.ConnectionError as error:
        never = bool(_NEVER_LEFT.search(repr(error)))
        reason = "no connection" if never else "the connection broke before an answer came"
        raise ChannelError(f"{host}: {reason}", certain=never) from None
    except requests.RequestException as error:
        raise ChannelError(f"{host}: {type(error).__name__}", certain=False) from None
    if not answer.ok or answer.is_redirect:
        status = answer.status_code
        said = redacted(f"{host} answered {status} {answer.reason}")
        raise ChannelError(said, certain=status < _SERVER_ERROR, status=status)
    try:
        return answer.json()
    except ValueError:
        return None
