"""A task in a project tool: one per message, written as Jira, Trello and Asana document it.

    task+jira://USER:API_TOKEN@HOST/PROJECT_KEY
    task+trello://API_KEY:TOKEN@LIST_ID
    task+asana://TOKEN@PROJECT_ID

`?host=…` names another server (with `http://` a local one). Unlike mail, these tools can be asked
whether a task with a message's key is there: an interrupted hand-over is looked up, not repeated.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, quote, unquote, urlsplit

from flows.channels import Channel, ChannelError, Message, channel_id
from flows.channels_web import ask, session_for
from stockalert.errors import UsageError

__all__ = ["TASK_SCHEMES", "task_channel"]

_TITLE = 250
_NOT_FOUND = 404


def task_channel(url: str) -> Channel:
    """Make the channel of a task+…:// address.

    Raises
    ------
    UsageError
        Account, token or place is missing.
    """
    parts = urlsplit(url)
    made = TASK_SCHEMES[parts.scheme.lower()]
    host = parse_qs(parts.query).get("host", [""])[0]
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    place = unquote(parts.path.strip("/")) or (parts.hostname or "")
    needs_password = made is not _Asana
    if not user or not place or (needs_password and not password):
        raise UsageError(f"setting alerts.urls: expected {made.form}, found something missing")
    where = host or (parts.hostname or "" if made is _Jira else made.host)
    return made(where if "://" in where else f"https://{where}", user, password, place)


class _Tool(ABC):
    """What the three have in common."""

    form, host, name = "", "", ""

    def __init__(self, base: str, user: str, password: str, place: str) -> None:
        self._base, self._user, self._password, self._place = base, user, password, place
        self._session = session_for(base)
        self.id = channel_id("task", self.name, base, user if self.name == "Jira" else "", place)
        self.label = f"{self.name} tasks in {place}"
        self.reads: tuple[str, ...] = ("subject", "text")

    def send(self, message: Message, about_to: Callable[[], None]) -> None:
        """Create the task.

        Raises
        ------
        ChannelError
            No answer, or a refusal.
        """
        about_to()
        self._create(message)

    def arrived(self, key: str) -> bool | None:
        """Ask whether the task is there; None where the tool does not answer."""
        try:
            return self._find(key)
        except ChannelError:
            return None

    @abstractmethod
    def _create(self, message: Message) -> None:
        """Create the task."""

    @abstractmethod
    def _find(self, key: str) -> bool:
        """Whether a task with the key is there."""


class _Jira(_Tool):
    """POST /rest/api/2/issue; the key is a label, found again by JQL.

    Jira Cloud searches at /rest/api/3/search/jql alone; Data Center, which knows no version 3, at
    /rest/api/2/search.
    """

    form, name = "task+jira://USER:API_TOKEN@HOST/PROJECT_KEY", "Jira"

    def _create(self, message: Message) -> None:
        fields = {
            "project": {"key": self._place},
            "issuetype": {"name": "Task"},
            "summary": message.subject[:_TITLE],
            "description": message.text,
            "labels": ["stockalert", _label(message.key)],
        }
        self._ask("POST", "/rest/api/2/issue", json={"fields": fields})

    def _find(self, key: str) -> bool:
        query = {"jql": f'labels = "{_label(key)}"', "fields": "id", "maxResults": 1}
        try:
            found = self._ask("GET", "/rest/api/3/search/jql", params=query)
        except ChannelError as error:
            if error.status != _NOT_FOUND:
                raise
            found = self._ask("GET", "/rest/api/2/search", params=query)
        return bool(found and found.get("issues"))

    def _ask(self, method: str, path: str, **how: Any) -> Any:
        login = (self._user, self._password)
        return ask(self._session, method, self._base + path, auth=login, **how)


class _Trello(_Tool):
    """POST /1/cards; the key ends the description, found again among the list's cards."""

    form, host, name = "task+trello://API_KEY:TOKEN@LIST_ID", "api.trello.com", "Trello"

    def _create(self, message: Message) -> None:
        card = {
            "idList": self._place,
            "name": message.subject[:_TITLE],
            "desc": f"{message.text}\n\n{_label(message.key)}",
            "pos": "top",
        }
        self._ask("POST", "/1/cards", json=card)

    def _find(self, key: str) -> bool:
        path = f"/1/lists/{quote(self._place, safe='')}/cards"
        cards = self._ask("GET", path, params={"fields": "desc"}) or []
        return any(_label(key) in str(card.get("desc", "")) for card in cards)

    def _ask(self, method: str, path: str, **how: Any) -> Any:
        signed = f'OAuth oauth_consumer_key="{self._user}", oauth_token="{self._password}"'
        headers = {"Authorization": signed}
        return ask(self._session, method, self._base + path, headers=headers, **how)


class _Asana(_Tool):
    """POST /api/1.0/tasks; the key is the task's external id, found again by it."""

    form, host, name = "task+asana://TOKEN@PROJECT_ID", "app.asana.com", "Asana"

    def _create(self, message: Message) -> None:
        task = {
            "name": message.subject[:_TITLE],
            "notes": message.text,
            "projects": [self._place],
            "external": {"gid": _label(message.key)},
        }
        self._ask("POST", "/api/1.0/tasks", json={"data": task})

    def _find(self, key: str) -> bool:
        try:
            self._ask("GET", f"/api/1.0/tasks/external:{_label(key)}")
        except ChannelError as error:
            if error.status == _NOT_FOUND:
                return False
            raise
        return True

    def _ask(self, method: str, path: str, **how: Any) -> Any:
        headers = {"Authorization": f"Bearer {self._user}"}
        return ask(self._session, method, self._base + path, headers=headers, **how)


def _label(key: str) -> str:
    return f"stockalert-{key}"


TASK_SCHEMES: dict[str, type[_Tool]] = {
    "task+jira": _Jira,
    "task+trello": _Trello,
    "task+asana": _Asana,
}
"""Schemes of task addresses."""
