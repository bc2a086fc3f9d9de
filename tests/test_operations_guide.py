"""docs/operations.md names what there is: codes, guards, runs, commands and their options."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import typer
import yaml

from flows.cli import app
from flows.settings import Settings
from stockalert import errors

ROOT = Path(__file__).parents[1]
GUIDE = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
COMMANDS = typer.main.get_command(app).commands  # type: ignore[attr-defined]


def test_every_exit_code_has_a_remedy() -> None:
    kinds = [getattr(errors, name) for name in errors.__all__]
    codes = {kind.exit_code for kind in kinds} | {0}
    told = {int(code) for code in re.findall(r"^\| (\d) \|", GUIDE, re.MULTILINE)}
    assert told == codes


def test_every_guard_has_a_remedy() -> None:
    table = GUIDE.partition("## Guards")[2].partition("## The schedule")[0]
    assert set(Settings().guard.model_dump()) == {
        name for name in Settings().guard.model_dump() if f"`{name}`" in table or name == "enabled"
    }
    assert "guard.enabled = false" in table


def test_every_scheduled_run_is_listed() -> None:
    deployments = yaml.safe_load((ROOT / "prefect.yaml").read_text())["deployments"]
    for one in deployments:
        assert f"| `{one['name']}` |" in GUIDE


def test_every_command_and_option_exists() -> None:
    lines = re.findall(r"(?:^|/|\s)stockalert ([a-z]+)(.*)$", GUIDE, re.MULTILINE)
    used = [(name, rest) for name, rest in lines if name in COMMANDS]
    assert {name for name, _ in used} >= {"nightly", "serve", "watchdog", "review", "rollback"}
    for name, rest in used:
        known = {option for parameter in COMMANDS[name].params for option in parameter.opts}
        assert set(re.findall(r"(?<=\s)--[a-z-]+", re.split("`|&&|#", rest)[0])) <= known, name


@pytest.mark.parametrize("link", sorted(set(re.findall(r"\]\(#([a-z-]+)\)", GUIDE))))
def test_every_link_leads_somewhere(link: str) -> None:
    headings = re.findall(r"^## (.+)$", GUIDE, re.MULTILINE)
    assert link in {re.sub(r"[^a-z -]", "", title.lower()).replace(" ", "-") for title in headings}
