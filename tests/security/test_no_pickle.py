"""Nothing that this product reads can run: no pickle, no code from data, no template from data."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("stockalert", "features", "models", "flows", "apps")
LOADERS = {"pickle", "cloudpickle", "dill", "joblib", "shelve", "marshal", "torch", "skops"}
CALLS = {"eval", "exec", "compile", "read_pickle", "to_pickle", "system", "popen", "__import__"}


def product_files() -> list[Path]:
    return sorted(file for name in PACKAGES for file in (ROOT / name).rglob("*.py"))


def dangers(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [a.name for a in node.names] + [getattr(node, "module", None) or ""]
            yield from (name for name in names if name.split(".")[0] in LOADERS)
        if isinstance(node, ast.Call):
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            of_a_module = getattr(getattr(node.func, "value", None), "id", "")
            if name in CALLS and (name, of_a_module) != ("compile", "re"):
                yield name
            if any(k.arg == "allow_pickle" and _true(k.value) for k in node.keywords):
                yield "allow_pickle"
            if any(k.arg == "shell" and _true(k.value) for k in node.keywords):
                yield "shell"
            if (name, of_a_module) == ("load", "yaml"):
                yield "yaml.load"


def _true(node: ast.expr) -> bool:
    return not (isinstance(node, ast.Constant) and node.value is False)


@pytest.mark.parametrize("file", product_files(), ids=lambda f: str(f.relative_to(ROOT)))
def test_no_file_of_the_product_loads_what_could_run(file: Path) -> None:
    assert list(dangers(file.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize(
    "source",
    [
        "import pickle",
        "from joblib import load",
        "np.load(path, allow_pickle=True)",
        "pd.read_pickle(path)",
        "subprocess.run(text, shell=True)",
        "eval(text)",
        "yaml.load(text)",
    ],
)
def test_the_audit_finds_what_it_looks_for(source: str) -> None:
    assert list(dangers(source))
