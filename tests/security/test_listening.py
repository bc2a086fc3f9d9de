"""What listens, listens on this machine alone."""

from __future__ import annotations

from pathlib import Path

import psutil
import pytest

from benchmarks.soak.lab import free_port
from flows.serve import own_server

pytestmark = pytest.mark.slow


def test_the_server_of_serve_is_reached_from_this_machine_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    monkeypatch.setenv("PREFECT_HOME", str(tmp_path / "prefect"))
    port = free_port()
    with own_server(tmp_path, port):
        mine = psutil.Process().children(recursive=True)
        open_ = [c for child in mine for c in child.net_connections() if c.status == "LISTEN"]
        listening = {(c.laddr.ip, c.laddr.port) for c in open_}
    assert ("127.0.0.1", port) in listening
    assert {place for place, _ in listening} == {"127.0.0.1"}
