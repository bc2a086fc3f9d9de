"""A real HTTP receiver for the tests, on the loopback, which can be told to fail."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

__all__ = ["Call", "WebServer", "web_server"]


@dataclass(frozen=True)
class Call:
    """One request."""

    method: str
    path: str
    headers: dict[str, str]
    body: Any


@dataclass
class WebServer:
    """What was asked, and what to answer.

    Attributes
    ----------
    calls : taken, in order
    mode : `up`; `refuses` (503); `loses replies` (takes the request, then hangs up)
    answer : from a call to (status, JSON)
    """

    port: int = 0
    mode: str = "up"
    calls: list[Call] = field(default_factory=list)
    answer: Callable[[Call], tuple[int, Any]] = lambda call: (200, {"ok": True})

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def address(self, path: str = "/hook") -> str:
        """Apprise's address of this server."""
        return f"json://127.0.0.1:{self.port}{path}"


@contextmanager
def web_server(keep: Callable[[Call], None] | None = None) -> Iterator[WebServer]:
    """Run the server for as long as the block lasts."""
    server = WebServer()
    http = ThreadingHTTPServer(("127.0.0.1", 0), _handler(server, keep or server.calls.append))
    http.daemon_threads = True
    server.port = http.server_address[1]
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield server
    finally:
        http.shutdown()
        http.server_close()
        thread.join()


def _handler(server: WebServer, keep: Callable[[Call], None]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            self._take()

        def do_POST(self) -> None:
            self._take()

        def _take(self) -> None:
            raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            if server.mode == "refuses":
                self._say(503, {"error": "try again later"})
                return
            body = json.loads(raw) if raw else None
            call = Call(self.command, self.path, dict(self.headers.items()), body)
            keep(call)
            if server.mode == "loses replies":
                self.close_connection = True
                self.connection.close()
                return
            self._say(*server.answer(call))

        def _say(self, status: int, body: Any) -> None:
            text = json.dumps(body).encode()
            head = f"HTTP/1.1 {status} Said\r\nContent-Type: application/json\r\n"
            head += f"Content-Length: {len(text)}\r\n\r\n"
            self.wfile.write(head.encode() + text)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    return Handler
