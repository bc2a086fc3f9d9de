"""`benchmarks/results/alerts.json`: several commands measure parts of it, each merges its own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from benchmarks.command import provenance

__all__ = ["RESULTS", "write_results"]

RESULTS = Path(__file__).parents[1] / "results" / "alerts.json"


def write_results(module: str, figures: dict[str, Any], path: Path = RESULTS) -> None:
    """Merge figures by their names; `parts` says which command measured which, at which commit."""
    known = json.loads(path.read_text()) if path.exists() else {"figures": {}}
    how = provenance(module)
    parts = known.get("parts", {}) | {module: how | {"figures": sorted(figures)}}
    commands = " && ".join(part["command"] for _, part in sorted(parts.items()))
    merged = {
        "commit": how["commit"],
        "command": commands,
        "date": how["date"],
        "figures": dict(sorted((known["figures"] | figures).items())),
        "parts": dict(sorted(parts.items())),
    }
    path.write_text(json.dumps(merged, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
