"""The server of `serve` has a word; one that other machines reach has one of the operator's."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from typer.testing import CliRunner

from flows.cli import app
from flows.serve_auth import TOKEN_VARIABLE, kept_secret, word_for
from flows.settings import load_settings
from stockalert.errors import UsageError
from tests.flows.grocery_shop import healthy_shop

TOKEN = "long-enough-and-plain"


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (TOKEN_VARIABLE, "PREFECT_SERVER_API_AUTH_STRING", "PREFECT_API_URL"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "localhost"])
def test_every_start_has_a_word_of_its_own(host: str) -> None:
    first, second = word_for(host), word_for(host)
    assert first != second
    assert len(first.partition(":")[2]) >= 40


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "shop.example", "127.0.0.1.evil"])
def test_what_other_machines_reach_needs_a_token(
    host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(UsageError, match=TOKEN_VARIABLE):
        word_for(host)
    monkeypatch.setenv(TOKEN_VARIABLE, TOKEN)
    assert word_for(host) == TOKEN
    assert load_settings().keep_days == 400, "the token is no setting"


@pytest.mark.parametrize(
    "token", ["short", "x" * 15, "long enough but spaced", "läng-enough-words"]
)
def test_a_weak_token_is_refused_and_not_repeated(
    token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(TOKEN_VARIABLE, token)
    with pytest.raises(UsageError, match="at least 16") as told:
        word_for("127.0.0.1")
    assert token not in str(told.value)


@pytest.mark.parametrize("host", ["--reload", "a b", ""])
def test_what_is_no_address_is_refused(host: str) -> None:
    with pytest.raises(UsageError, match="expected an address"):
        word_for(host)


def test_the_word_is_read_by_its_owner_alone_and_goes_with_the_server(tmp_path: Path) -> None:
    file = tmp_path / "auth"
    file.write_text("left by a server that was killed")
    file.chmod(0o644)
    with kept_secret(file, "the word"):
        assert file.read_text() == "the word"
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert not file.exists()


def test_serve_says_what_is_missing_before_anything_listens(tmp_path: Path) -> None:
    data, out = tmp_path / "data", tmp_path / "out"
    data.mkdir()
    healthy_shop(data)
    words = ["serve", "--data", str(data), "--out", str(out), "--host", "0.0.0.0"]
    told = CliRunner().invoke(app, words)
    assert told.exit_code == 2
    assert f"set the environment variable {TOKEN_VARIABLE}" in told.output
    assert not (out / "_prefect").exists()
