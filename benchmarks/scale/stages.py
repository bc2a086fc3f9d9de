"""What the commands of a night cost on a generated shop: training, a first night, one day more.

Every command is the one a user types, in a process of its own, Prefect's temporary server included.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.scale.shop import Shop, write_shop

__all__ = ["Command", "nights_of"]


@dataclass(frozen=True)
class Command:
    """What one command cost.

    Attributes
    ----------
    seconds : by the clock
    cpu_seconds : of the processor, all its processes
    peak_gib : most memory of its largest process
    spent : processor seconds of the command's own process, and those inside LightGBM
    stages : what the command told of its stages: name, seconds by the clock
    """

    seconds: float
    cpu_seconds: float
    peak_gib: float
    spent: dict[str, float]
    stages: list[dict[str, Any]]

    def rounded(self) -> dict[str, Any]:
        """As a dictionary, two decimals."""
        figures = {name: round(getattr(self, name), 2) for name in ("seconds", "cpu_seconds")}
        figures["peak_gib"] = round(self.peak_gib, 2)
        return figures | self.spent | {"stages": self.stages}


def nights_of(shop: Shop, folder: Path, settings: str = "") -> dict[str, Command]:
    """Train on all but the last day, publish, let a day pass, publish again.

    Parameters
    ----------
    folder : scratch; what an earlier measurement left there is removed
    settings : TOML
    """
    shutil.rmtree(folder, ignore_errors=True)
    data, out, new = (folder / name for name in ("data", "out", "new"))
    write_shop(shop, data, new)
    config = folder / "settings.toml"
    config.write_text(settings, encoding="utf-8")
    common = ["--data", str(data), "--out", str(out), "--config", str(config)]
    costs = {"train": _command("train", *common), "first_refresh": _command("refresh", *common)}
    for file in sorted(new.rglob("*.parquet")):
        shutil.move(file, data / file.parent.name / file.name)
    costs["refresh"] = _command("refresh", *common)
    return costs


def _command(*words: str) -> Command:
    folder = Path(words[4]).parent
    log, spent = folder / f"{words[0]}.log", folder / f"{words[0]}.json"
    begun = time.perf_counter()
    with log.open("w") as stream:
        pid = os.posix_spawn(
            sys.executable,
            [sys.executable, "-m", "benchmarks.scale.inside", str(spent), *words],
            os.environ | {"OMP_NUM_THREADS": str(os.cpu_count())},
            file_actions=[
                (os.POSIX_SPAWN_DUP2, stream.fileno(), 1),
                (os.POSIX_SPAWN_DUP2, stream.fileno(), 2),
            ],
        )
        _, status, used = os.wait4(pid, 0)
    if status:
        raise RuntimeError(f"stockalert {words[0]} failed: {log.read_text()[-800:]}")
    return Command(
        time.perf_counter() - begun,
        used.ru_utime + used.ru_stime,
        used.ru_maxrss / 2**20,
        json.loads(spent.read_text()),
        _stages(log.read_text()),
    )


def _stages(log: str) -> list[dict[str, Any]]:
    """Stages that a command said it had done, in order.

    Examples
    --------
    >>> _stages("reading tables: done in 4.4 s\\nrows: 3 of 8\\nrows: done in 62.0 s")
    [{'name': 'reading tables', 'seconds': 4.4}, {'name': 'rows', 'seconds': 62.0}]
    """
    told = re.findall(r"^(.*): done in ([\d.]+) s$", log, re.MULTILINE)
    return [{"name": name, "seconds": float(seconds)} for name, seconds in told]
