"""Tryton's own environment, and the database of a small shop made in it once.

    python -m tests.tryton.environment

makes `tests/tryton/.venv` from `requirements.lock`, and in it the shop's database; both are kept
until the lock or the recipe changes. Tests call the same.
"""

from __future__ import annotations

import fcntl
import shutil
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

__all__ = ["HERE", "python", "shop_database"]

HERE = Path(__file__).parent
_VENV = HERE / ".venv"
_LOCK = HERE / "requirements.lock"


def python() -> Path:
    """Interpreter beside trytond and proteus; installed where it is missing or of another lock."""
    found, stamp = _VENV / "bin" / "python", _VENV / ".ready"
    with _alone():
        wanted = _digest(_LOCK)
        if not stamp.exists() or stamp.read_text() != wanted:
            subprocess.run([sys.executable, "-m", "venv", "--clear", str(_VENV)], check=True)
            _install(found)
            stamp.write_text(wanted)
    return found


def shop_database() -> Path:
    """File with the shop's database; copy it, never use it."""
    interpreter, recipe = python(), HERE / "shop_database.py"
    ready = _VENV / f"shop-{_digest(_LOCK, recipe)[:16]}.sqlite"
    with _alone():
        if not ready.exists():
            folder = _VENV / "shop"
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            subprocess.run([str(interpreter), str(recipe), str(folder)], check=True, timeout=600)
            (folder / "shop.sqlite").replace(ready)
            shutil.rmtree(folder)
    return ready


def _install(interpreter: Path) -> None:
    uv = Path(sys.executable).parent / "uv"
    if uv.exists():
        command = [str(uv), "pip", "install", "--quiet", "--python", str(interpreter)]
    else:
        command = [str(interpreter), "-m", "pip", "install", "--quiet", "--no-deps"]
    subprocess.run([*command, "-r", str(_LOCK)], check=True, timeout=600)


class _alone:
    """One at a time, also where tests run in several processes."""

    def __enter__(self) -> None:
        self.file = (HERE / ".lock").open("a")
        fcntl.flock(self.file, fcntl.LOCK_EX)

    def __exit__(self, *_: object) -> None:
        self.file.close()


def _digest(*files: Path) -> str:
    return sha256(b"".join(file.read_bytes() for file in files)).hexdigest()


if __name__ == "__main__":
    print(shop_database())
