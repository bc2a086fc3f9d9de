"""A mail server and a web server in a process of their own; every arrival is one line of a file.

    python -m benchmarks.alerts.receivers ARRIVALS MODES

MODES is a JSON file, `{"mail": "up", "web": "refuses"}`, read before each arrival.
"""

from __future__ import annotations

import json
import os
import sys
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from tests.servers.smtp import MailServer, mail_server
from tests.servers.web import Call, web_server


def main(arrivals: Path, modes: Path) -> None:
    """Serve until standard input ends."""
    file = os.open(arrivals, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def note(line: dict[str, Any]) -> None:
        os.write(file, (json.dumps(line, ensure_ascii=False) + "\n").encode())

    def on_mail(mail: EmailMessage) -> None:
        text = mail.get_body(("plain",)).get_content()  # type: ignore[union-attr]
        note({"channel": "mail", "key": str(mail["Message-ID"]), "text": text})

    def on_call(call: Call) -> None:
        note(
            {"channel": "web", "key": call.headers["Idempotency-Key"], "text": call.body["message"]}
        )

    with mail_server(on_mail) as mail, web_server(on_call) as web:
        _follow(mail, modes, "mail")
        _follow(web, modes, "web")
        print(json.dumps({"mail": mail.port, "web": web.port}), flush=True)
        sys.stdin.read()


def _follow(server: MailServer | Any, modes: Path, name: str) -> None:
    """Let a server read its mode from the file each time it is asked."""
    read = property(lambda self: json.loads(modes.read_text())[name], lambda self, value: None)
    server.__class__ = type(f"Following{name}", (server.__class__,), {"mode": read})


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
