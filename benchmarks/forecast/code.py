"""A name for the code that a forecast depends on, so that a stored one is used while it holds."""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

__all__ = ["code_fingerprint", "imported_files"]

_ROOT = Path(__file__).parents[2]
_PRODUCT = ("features", "flows", "models", "stockalert")
_LIBRARIES = ("lightgbm", "numpy", "pandas")


def code_fingerprint(start: Path = _ROOT / "benchmarks" / "forecast" / "ours.py") -> str:
    """Return 16 hex digits of a file, the product's modules it imports, and the libraries.

    Comments, docstrings and layout do not count.
    """
    digest = hashlib.sha256("\n".join(f"{name} {version(name)}" for name in _LIBRARIES).encode())
    for file in sorted(imported_files(start)):
        digest.update(f"{file.relative_to(_ROOT)}\n{_meaning(file)}\n".encode())
    return digest.hexdigest()[:16]


def imported_files(start: Path) -> set[Path]:
    """Find a file and all of the product's modules that it imports, at whatever remove."""
    found, waiting = set(), [start]
    while waiting:
        file = waiting.pop()
        if file not in found:
            found.add(file)
            waiting.extend(_imports(file))
    return found


def _imports(file: Path) -> Iterator[Path]:
    for node in ast.walk(ast.parse(file.read_bytes())):
        names = []
        if isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        for name in names:
            if name.partition(".")[0] in _PRODUCT:
                path = _ROOT.joinpath(*name.split("."))
                choices = (path.with_suffix(".py"), path / "__init__.py")
                yield from (choice for choice in choices if choice.is_file())


def _meaning(file: Path) -> str:
    """Return the syntax tree without docstrings, as text."""
    tree = ast.parse(file.read_bytes())
    for node in ast.walk(tree):
        match getattr(node, "body", None):
            case [ast.Expr(ast.Constant(str())), *rest]:
                node.body = rest
    return ast.dump(tree)
