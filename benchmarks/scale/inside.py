"""A command of `stockalert`, and how much of it was spent inside LightGBM.

    python -m benchmarks.scale.inside FILE COMMAND …

The command runs as it would without this; what it spent is written to FILE as JSON: processor
seconds of this process (Prefect's temporary server is another) and those inside LightGBM.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from flows.environment import prepare_environment

__all__ = ["main"]


def main() -> None:
    """Run the command behind the file's name."""
    prepare_environment()  # as the command does, before LightGBM brings in what it is about
    from benchmarks.forecast.stopwatch import inside_lightgbm
    from flows.cli import main as stockalert

    file = Path(sys.argv.pop(1))
    sys.argv[0] = "stockalert"
    begun = time.process_time()
    with inside_lightgbm() as watch:
        try:
            stockalert()
        finally:
            spent = {
                "own_cpu_seconds": round(time.process_time() - begun, 2),
                "lightgbm_cpu_seconds": round(watch.seconds, 2),
            }
            file.write_text(json.dumps(spent))


if __name__ == "__main__":
    main()
