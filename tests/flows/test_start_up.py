"""The command line answers at once: nothing heavy is imported before it is needed."""

from __future__ import annotations

import resource
import subprocess
import sys

import pytest

HEAVY = (
    "apprise",
    "dask",
    "distributed",
    "duckdb",
    "fastapi",
    "lightgbm",
    "matplotlib",
    "mlflow",
    "numpy",
    "optuna",
    "pandas",
    "pandera",
    "prefect",
    "pyarrow",
    "scipy",
    "sklearn",
)
SHOW = "import sys; sys.stderr.write(' '.join(m for m in {heavy} if m in sys.modules))"


def _python(code: str) -> tuple[subprocess.CompletedProcess[str], float]:
    """Run code in a process of its own; what came of it, and the seconds of CPU it took."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    took = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return done, took


@pytest.mark.parametrize("command", ["--help", "refresh --help", "nightly --help"])
def test_help_imports_nothing_heavy_and_takes_a_fraction_of_a_second(command: str) -> None:
    words = ["stockalert", *command.split()]
    code = (
        f"import atexit, sys; sys.argv = {words!r}\n"
        f"def told(): {SHOW.format(heavy=HEAVY)}\n"
        "atexit.register(told)\nfrom flows.cli import main\nmain()"
    )
    done, seconds = _python(code)
    assert done.returncode == 0
    assert "Usage" in done.stdout
    assert done.stderr == ""
    assert seconds < 0.7


def test_a_local_night_needs_neither_a_cluster_nor_a_search_nor_pictures() -> None:
    needless = ("dask", "distributed", "matplotlib", "optuna", "prefect_dask")
    done, _ = _python(
        "from flows.environment import prepare_environment; prepare_environment()\n"
        f"import flows.nightly, flows.refresh\n{SHOW.format(heavy=needless)}"
    )
    assert done.returncode == 0
    assert done.stderr == ""


@pytest.mark.parametrize("said", ["", "mimalloc"])
def test_arrow_takes_the_systems_allocator_unless_the_user_says_otherwise(
    said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ARROW_DEFAULT_MEMORY_POOL", raising=False)
    if said:
        monkeypatch.setenv("ARROW_DEFAULT_MEMORY_POOL", said)
    done, _ = _python(
        "import flows.cli\nfrom flows.environment import prepare_environment\n"
        "prepare_environment()\nimport pyarrow\n"
        "print(pyarrow.default_memory_pool().backend_name)"
    )
    assert done.stdout.strip() == (said or "system")
