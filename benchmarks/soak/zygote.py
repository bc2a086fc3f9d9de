"""Start commands of the product quickly: one process imports everything and forks each of them.

    python -m benchmarks.soak.zygote

Each line on standard input asks for one run; each line on standard output tells that one has begun
or ended. A run is a real process, leader of a group of its own, with the clock that is asked for;
all it lacks are the seconds that importing takes. It is killed and limited as any other process.
"""

from __future__ import annotations

import json
import os
import resource
import select
import sys
import time
from datetime import datetime, timedelta
from typing import Any

import psutil

import flows.clock

__all__ = ["main", "run"]


def main() -> None:
    """Import what nights need, then fork runs until standard input ends."""
    import mlflow.store.model_registry.sqlalchemy_store
    import mlflow.store.tracking.sqlalchemy_store  # noqa: F401

    import flows.nightly
    import flows.report
    import flows.serve
    import flows.sources  # noqa: F401
    from flows.cli import app  # noqa: F401

    running: dict[int, float] = {}
    _tell({"ready": True})
    while _serve(running) or running:
        pass


def run(asked: dict[str, Any]) -> None:
    """Be the run that was asked for; never returns."""
    os.setsid()
    for stream, name in ((1, "stdout"), (2, "stderr")):
        os.dup2(os.open(asked[name], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644), stream)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.environ.update(asked["environment"])
    if "TZ" in asked["environment"]:
        time.tzset()
    for kind, bytes_ in asked["limits"].items():
        which = getattr(resource, f"RLIMIT_{kind}")
        more = psutil.Process().memory_info().vms if kind == "AS" else 0
        resource.setrlimit(which, (bytes_ + more, resource.getrlimit(which)[1]))
    set_clock(asked["clock"])
    from flows.cli import app

    code = 1
    try:
        app(asked["arguments"], standalone_mode=True)
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else 0 if ended.code is None else 1
    except BaseException:  # what a user would see of it
        import traceback

        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def set_clock(text: str | None) -> None:
    """Let the product's one clock begin at a moment; None leaves it as it is."""
    if text is None:
        return
    began, zero = datetime.fromisoformat(text), time.monotonic()

    def now() -> datetime:
        return (began + timedelta(seconds=time.monotonic() - zero)).replace(microsecond=0)

    flows.clock.now = now
    for module in list(sys.modules.values()):
        if getattr(module, "__name__", "").startswith("flows.") and hasattr(module, "now"):
            module.now = now


def _serve(running: dict[int, float]) -> bool:
    """Begin what is asked for, tell what has ended; False = nothing will be asked any more."""
    if select.select([sys.stdin], [], [], 0.01)[0]:
        line = sys.stdin.readline()
        if not line:
            return False
        pid = os.fork()
        if pid == 0:
            run(json.loads(line))
        running[pid] = time.monotonic()
        _tell({"began": pid})
    if running:
        pid, status, usage = os.wait4(-1, os.WNOHANG)
        if pid:
            seconds = time.monotonic() - running.pop(pid)
            code = os.waitstatus_to_exitcode(status)
            rss = usage.ru_maxrss / 1024
            _tell({"ended": pid, "code": code, "seconds": seconds, "rss_mib": rss})
    return True


def _tell(fact: dict[str, Any]) -> None:
    print(json.dumps(fact), flush=True)


if __name__ == "__main__":
    main()
