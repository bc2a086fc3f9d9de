"""The reference page is complete and never stale."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from stockalert.tables import INPUT_TABLES, OUTPUT_TABLES
from stockalert.tables.reference import main, reference_page

ROOT = Path(__file__).parents[3]


def test_the_page_in_docs_is_up_to_date() -> None:
    assert main(["--check", str(ROOT / "docs" / "tables.md")]) == 0


def test_every_table_and_column_is_on_the_page() -> None:
    sections = reference_page().split("\n### ")[1:]
    tables = [*INPUT_TABLES.values(), *OUTPUT_TABLES.values()]
    assert len(sections) == len(tables)
    for section, table in zip(sections, tables, strict=True):
        lines = [line for line in section.splitlines() if line.startswith("|")][2:]
        names = [line.split("|")[1].strip().strip("*") for line in lines]
        assert names == list(table.names)
        assert all(line.count("|") == 6 for line in lines)


def test_a_stale_or_missing_page_fails_and_says_what_to_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "tables.md"
    assert main(["--check", str(page)]) == 1
    page.write_text("# Tables\n", encoding="utf-8")
    assert main(["--check", str(page)]) == 1
    told = capsys.readouterr().err
    assert "is missing" in told
    assert f"is stale: run `python -m stockalert.tables.reference {page}`" in told


def test_the_command_writes_the_page_that_it_then_accepts(tmp_path: Path) -> None:
    page = tmp_path / "docs" / "tables.md"
    command = [sys.executable, "-m", "stockalert.tables.reference"]
    subprocess.run([*command, str(page)], check=True, cwd=ROOT)
    subprocess.run([*command, "--check", str(page)], check=True, cwd=ROOT)


def test_declarations_do_not_load_pandera_which_is_slow() -> None:
    code = "import sys, stockalert.tables.checks; sys.exit('pandera' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)
