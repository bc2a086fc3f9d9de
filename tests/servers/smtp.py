"""A real mail server for the tests: aiosmtpd on the loopback, which can be told to fail."""

from __future__ import annotations

import email.policy
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from email.parser import BytesParser
from typing import Any

from aiosmtpd.controller import Controller

from tests.servers.programs import free_port

__all__ = ["MailServer", "mail_server"]


class MailServer:
    """What arrived, and how to behave.

    Attributes
    ----------
    mails : accepted, in order
    mode : `up`; `refuses` (451 after the last dot); `loses replies` (accepts, then hangs up)
    """

    def __init__(self, port: int, keep: Callable[[EmailMessage], None] | None = None) -> None:
        self.port, self.mode = port, "up"
        self.mails: list[EmailMessage] = []
        self._keep = keep or self.mails.append

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        if self.mode == "refuses":
            return "451 4.3.0 try again later"
        parser = BytesParser(policy=email.policy.default)
        self._keep(parser.parsebytes(envelope.original_content))
        if self.mode == "loses replies":
            server.transport.abort()
        return "250 2.0.0 kept"

    def address(self, *readers: str, sender: str = "stockalert@shop.example") -> str:
        """Apprise's address of this server."""
        to = ",".join(readers)
        return f"mailto://127.0.0.1:{self.port}/?from={sender}&to={to}&mode=insecure"


@contextmanager
def mail_server(keep: Callable[[EmailMessage], None] | None = None) -> Iterator[MailServer]:
    """Run the server for as long as the block lasts."""
    server = MailServer(free_port(), keep)
    controller = Controller(server, hostname="127.0.0.1", port=server.port)
    controller.start()
    try:
        yield server
    finally:
        controller.stop()
