"""E-mail: plain and HTML, handed over in one SMTP transaction per reader.

Apprise reads the address (host, security, names, copies). The hand-over is this project's own,
because what must be known is how far it came: a server takes a message over when it answers the
last dot, and until that dot is sent, a message that failed has certainly not arrived.
"""

from __future__ import annotations

import re
import smtplib
import ssl
from collections.abc import Callable
from email.message import EmailMessage
from email.utils import format_datetime, formataddr
from typing import Any

from flows.channels import Channel, ChannelError, Message, channel_id, redacted

__all__ = ["MailChannel", "mail_channels", "mail_of"]

_TIMEOUT = 20.0


def mail_channels(plugin: Any) -> list[Channel]:
    """Make one channel per reader of a mailto:// address."""
    return [MailChannel(plugin, name or "", address) for name, address in plugin.targets]


class MailChannel:
    """One reader of mail."""

    def __init__(self, plugin: Any, name: str, address: str) -> None:
        self._plugin, self._name, self._address = plugin, name, address
        place = (plugin.smtp_host, plugin.port, plugin.user)
        self.id = channel_id("mail", *place, plugin.from_addr[1], address)
        self.label = f"mail to {address}"
        self.reads: tuple[str, ...] = ("subject", "text", "html")

    def send(self, message: Message, about_to: Callable[[], None]) -> None:
        """Hand the mail over.

        Raises
        ------
        ChannelError
            The server is not there, or refused; or it died between the last dot and its answer.
        """
        plugin, started = self._plugin, False

        def last_dot() -> None:
            nonlocal started
            about_to()
            started = True

        mail = mail_of(message, plugin, self._name, self._address)
        readers = [self._address, *sorted(plugin.cc | plugin.bcc)]
        try:
            _hand_over(plugin, mail, readers, last_dot)
        except ChannelError:
            raise
        except (OSError, smtplib.SMTPException, ValueError) as error:
            reason = redacted(f"{plugin.smtp_host}: {error}", plugin.password)
            raise ChannelError(reason, certain=not started) from None

    def arrived(self, key: str) -> bool | None:
        """Mail servers do not say."""
        return None


def mail_of(message: Message, plugin: Any, name: str, address: str) -> EmailMessage:
    """Write the mail; its Message-ID and date are the message's, however often it is sent."""
    mail, domain = EmailMessage(), plugin.from_addr[1].rpartition("@")[2]
    mail["Message-ID"] = f"<{message.key}@{domain}>"
    mail["Subject"] = message.subject
    mail["From"] = formataddr((plugin.from_addr[0] or "stockalert", plugin.from_addr[1]))
    mail["To"] = formataddr((name, address))
    if plugin.cc:
        mail["Cc"] = ", ".join(sorted(plugin.cc))
    mail["Date"] = format_datetime(message.written_at.astimezone())
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Stockalert-Key"] = message.key
    if message.unsure:
        mail["X-Stockalert-Repeat"] = "possible"
    mail.set_content(message.text, charset="utf-8", cte="quoted-printable")
    mail.add_alternative(message.html, subtype="html", charset="utf-8", cte="quoted-printable")
    return mail


def _hand_over(
    plugin: Any, mail: EmailMessage, readers: list[str], last_dot: Callable[[], None]
) -> None:
    """Speak SMTP up to the answer to the last dot."""
    context = ssl.create_default_context()
    if not plugin.verify_certificate:
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    server: smtplib.SMTP
    if str(plugin.secure_mode) == "ssl":
        server = smtplib.SMTP_SSL(plugin.smtp_host, plugin.port, timeout=_TIMEOUT, context=context)
    else:
        server = smtplib.SMTP(plugin.smtp_host, plugin.port, timeout=_TIMEOUT)
    try:
        if str(plugin.secure_mode) == "starttls":
            server.starttls(context=context)
        server.ehlo_or_helo_if_needed()
        if plugin.user and plugin.password:
            server.login(plugin.user, plugin.password)
        _expect(server.mail(plugin.from_addr[1]), 250)
        for reader in readers:
            _expect(server.rcpt(reader), 250)
        _expect(server.docmd("DATA"), 354)
        server.send(_on_the_wire(mail.as_bytes()))
        last_dot()
        server.send(b".\r\n")
        _expect(server.getreply(), 250)
    finally:
        server.close()


def _on_the_wire(mail: bytes) -> bytes:
    """End every line with CR LF, and double the dot that a line begins with (RFC 5321, 4.5.2)."""
    lines = re.sub(rb"\r\n|\r|\n", b"\r\n", mail).removesuffix(b"\r\n")
    return re.sub(rb"(?m)^\.", b"..", lines) + b"\r\n"


def _expect(answer: tuple[int, bytes], code: int) -> None:
    """Raise where the server refused: then the mail has certainly not arrived."""
    if answer[0] not in {code, 251}:
        said = answer[1].decode("utf-8", "replace")
        raise ChannelError(redacted(f"the mail server answered {answer[0]} {said}"))
