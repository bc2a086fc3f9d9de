"""Thirty nights, the faults, the kills, the secrets and the fuzz: does anything get through?

    python -m benchmarks.soak.run

Everything is real: processes, signals, a Prefect server, SQLite, the file system; the demo's shop
is cut to a hundred products and its model to twenty trees. Ends with 1 where a promise was broken.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from benchmarks.command import provenance
from benchmarks.soak.faults import FAULTS, Seen, try_fault
from benchmarks.soak.fuzz import Count, fuzz
from benchmarks.soak.kills import Killed, kill_nights
from benchmarks.soak.lab import Lab, Shop, open_lab
from benchmarks.soak.nights import FIRST, PRODUCTS, Nights, demo_shop, live
from benchmarks.soak.planted import files_with_secrets, run_with_secrets

__all__ = ["main"]

RESULT = Path(__file__).parents[1] / "results" / "soak.json"
RETAINED = 10  # nights after which what is kept by keep_days = 7 no longer grows


def main() -> int:
    """Run everything and write the result."""
    asked = _arguments()
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="soak-") as folder:
        root = Path(folder)
        shop, year = demo_shop(root)
        with open_lab(root / "lab") as lab:
            figures, wrong = _on(lab, shop, year, asked)
        secrets = files_with_secrets(shop.out, root / "lab")
    told = Count()
    _say("fuzz")
    fuzz(asked.fuzz, told)
    wrong += [f"secret in {path}" for path in secrets] + told.findings
    figures |= {
        "secrets_found": len(secrets),
        **_fuzz_figures(told),
        "seconds": round(time.monotonic() - began, 1),
        "wrong": wrong,
    }
    result = {**provenance("benchmarks.soak.run"), "figures": figures}
    asked.into.write_text(json.dumps(result, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    print(json.dumps(figures, indent=2, ensure_ascii=False))
    return 1 if wrong else 0


def _on(
    lab: Lab, shop: Shop, year: Path, asked: argparse.Namespace
) -> tuple[dict[str, Any], list[str]]:
    """Live the nights, then break that shop in every way."""
    _say("nights")
    began = time.monotonic()
    nights = live(lab, shop, year, nights=asked.nights)
    seconds = time.monotonic() - began
    clock = f"{FIRST + timedelta(days=asked.nights)}T03:00:00"
    _say("faults")
    seen = [try_fault(lab, shop, fault, clock) for fault in FAULTS]
    _say("kills")
    killed = kill_nights(lab, shop, clock, kills=asked.kills)
    _say("secrets")
    ended = run_with_secrets(lab, shop, clock)
    wrong = nights.wrong + killed.wrong + [f"{s.name}: {w}" for s in seen for w in s.wrong]
    if [run.code for run in ended] != [0, 1]:
        wrong.append(f"nights with secrets ended with {[run.code for run in ended]}")
    return _figures(nights, seen, killed, seconds), wrong


def _figures(
    nights: Nights, seen: Sequence[Seen], killed: Killed, seconds: float
) -> dict[str, Any]:
    planned = sum(fault != "none" for fault in nights.faults)
    broken = [s for s in seen if any(w.startswith("the next run") for w in s.wrong)]
    return {
        "nights": len(nights.published),
        "nights_faulty": planned,
        "nights_without_a_table_of_their_day": nights.published.count(False),
        "nights_lost": nights.lost + killed.lost + len(broken),
        "half_published": nights.half_published + killed.half_published,
        "faults": planned + len(seen) + killed.landed,
        "faults_not_as_promised": sum(bool(s.wrong) for s in seen),
        "kills": killed.landed,
        "kills_after_step": dict(killed.after),
        "products": PRODUCTS,
        "seconds_nights": round(seconds, 1),
        **_flatness(nights),
        "night_faults": {n + 1: f for n, f in enumerate(nights.faults) if f != "none"},
        "faults_seen": [
            {"fault": s.name, "code": s.code, "message": s.message[:200], "served": s.served}
            for s in seen
        ],
    }


def _flatness(nights: Nights) -> dict[str, Any]:
    """Memory and disk of the first nights after retention, and of the last ones."""
    kept = [at for at, good in enumerate(nights.published) if good and at >= RETAINED]
    if len(kept) < 4:
        return {}
    halves = kept[: len(kept) // 2], kept[len(kept) // 2 :]
    memory = [statistics.median(nights.rss_mib[at] for at in half) for half in halves]
    whole = [sum(nights.disk[half[-1]].values()) for half in halves]
    return {
        "memory_mib_median": {"earlier nights": memory[0], "later nights": memory[1]},
        "disk_mib": {
            f"night {halves[0][-1] + 1}": round(whole[0], 1),
            f"night {halves[1][-1] + 1}": round(whole[1], 1),
        },
        "disk_mib_by_folder": {
            f"night {at + 1}": nights.disk[at] for at in (halves[0][0], halves[1][-1])
        },
    }


def _fuzz_figures(told: Count) -> dict[str, Any]:
    return {
        "fuzz_cases": sum(told.cases.values()),
        "fuzz_cases_by_door": dict(told.cases),
        "fuzz_refused_by_door": dict(told.refused),
        "fuzz_tracebacks": told.tracebacks,
        "fuzz_slowest_seconds": round(told.slowest, 2),
    }


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--nights", type=int, default=30)
    parser.add_argument("--kills", type=int, default=36)
    parser.add_argument("--fuzz", type=float, default=1.0, help="share of the 14,000 cases")
    parser.add_argument("--into", type=Path, default=RESULT, help="file to write")
    return parser.parse_args()


def _say(what: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {what}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
