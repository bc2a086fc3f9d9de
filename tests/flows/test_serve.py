"""`stockalert serve` for real: its own server, a night on its schedule, and an orderly end.

Whoever does not know the word of the server is sent away.
"""

from __future__ import annotations

import os
import signal
import stat
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from tests.flows.corner_shop import SETTINGS, corner_shop
from tests.servers.programs import ask, free_port, running, until

EVERY_MINUTE = '[schedule]\nnightly = "* * * * *"\n'


@pytest.mark.slow
def test_a_night_runs_on_schedule_and_a_signal_ends_it_all(tmp_path: Path) -> None:
    data, out, config = corner_shop(tmp_path / "data"), tmp_path / "out", tmp_path / "shop.toml"
    few = SETTINGS.replace("n_estimators = 12", "n_estimators = 4")
    config.write_text(f"{few}\n{EVERY_MINUTE}")
    kept = {name: text for name, text in os.environ.items() if not name.startswith("PREFECT_")}
    kept |= {"PREFECT_HOME": str(tmp_path / "home"), "DO_NOT_TRACK": "true", "OMP_NUM_THREADS": "1"}
    port = free_port()
    api, log = f"http://127.0.0.1:{port}/api", tmp_path / "serve.log"
    words = ["serve", "--data", str(data), "--out", str(out), "--config", str(config)]
    program = [sys.executable, "-c", "from flows.cli import main; main()"]

    wanted = {"deployments": {"name": {"any_": ["nightly"]}}}
    secret = out / "_prefect" / "auth"

    def nights(state: str) -> list[dict[str, Any]]:
        every = ask(api, "/flow_runs/filter", wanted, word=secret.read_text())
        return [run for run in every if run["state_type"] == state]

    with running([*program, *words, "--port", str(port)], kept, log) as serving:
        until(lambda: "scheduled: nightly, train" in log.read_text(), 180, "the schedule")
        assert stat.S_IMODE(secret.stat().st_mode) == 0o600
        word = secret.read_text()
        for wrong in ("", "stockalert:", word[:-1], f"{word}x"):
            with pytest.raises(urllib.error.HTTPError, match="401"):
                ask(api, "/flow_runs/filter", wanted, word=wrong)
        done = until(lambda: nights("COMPLETED") or serving.poll() is not None, 300, "a night")
        assert done is not True, log.read_text()[-4000:]
        assert done[0]["auto_scheduled"]
        serving.send_signal(signal.SIGTERM)
        serving.wait(60)
    with pytest.raises((urllib.error.URLError, ConnectionError)):
        urllib.request.urlopen(f"{api}/health", timeout=2)
    assert "Traceback" not in log.read_text()
    assert not secret.exists()
    for file in (f for f in tmp_path.rglob("*") if f.is_file()):
        assert word.encode() not in file.read_bytes(), file
    assert set(pd.read_parquet(out / "latest" / "thresholds")["model_version"].dropna()) == {"1"}
