"""Ask a public advisory service about every locked dependency; say so where it is not reached.

    python -m tests.security.audit

Exit codes: 0 no advisory, 1 advisories (printed), 2 the service was not reached: nothing is known.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

__all__ = ["main"]

LOCK = Path(__file__).parents[2] / "requirements.lock"


def main() -> int:
    """Run pip-audit and tell its findings from its failures."""
    command = [sys.executable, "-m", "pip_audit", "--requirement", str(LOCK), "--no-deps"]
    command += ["--disable-pip", "--vulnerability-service", "osv", "--timeout", "15"]
    command += ["--format", "json", "--progress-spinner", "off"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=900)
    try:
        told = json.loads(done.stdout)["dependencies"]
    except (ValueError, KeyError):
        last = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        print(f"the advisory service was not reached, so nothing is known: {last}", file=sys.stderr)
        return 2
    found = [(d["name"], d["version"], v) for d in told for v in d.get("vulns", [])]
    for name, version, advisory in found:
        fixed = ", ".join(advisory["fix_versions"]) or "no version yet"
        print(f"{name} {version}: {advisory['id']}, fixed in {fixed}")
    print(f"{len(told)} locked dependencies, {len(found)} advisories")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
