"""Settings: defaults hold, the environment wins, mistakes are named, secrets stay secret."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from pydantic import ValidationError

from flows.settings import Settings, default_toml, load_settings
from stockalert.errors import UsageError

CONTRACT_DEFAULTS = """
period = "D"
unmet_demand = "lost"
language = "en"
keep_days = 400
[lead_time]
default_days = 14
review_days = 1
[service]
mode = "target"
level = 0.95
floor = 0.80
cap = 0.995
goodwill_share = 0.0
[model]
levels = [0.05, 0.1, 0.25, 0.5, 0.75, 0.8, 0.9, 0.95, 0.975, 0.99]
seed = 7
retrain_every_days = 7
max_rows = 2_000_000
[order]
policy = "auto"
budget = 0.0
[calendar]
country = ""
[paths]
tracking_uri = ""
[guard]
enabled = true
max_share_changed = 0.5
max_jump = 5.0
max_share_missing = 0.01
min_coverage_gap = 0.05
max_volume_change = 0.5
max_stale_days = 3
[quarantine]
max_share = 0.01
[alerts]
urls = []
min_money_at_risk = 0.0
quiet_hours = ""
[scale]
runner = "local"
address = ""
[sources]
"""


@pytest.fixture
def settings_file(tmp_path: Path):
    def write(text: str) -> Path:
        file = tmp_path / "settings.toml"
        file.write_text(text, encoding="utf-8")
        return file

    return write


def test_the_published_defaults_hold_to_the_fingerprint(settings_file) -> None:
    written = load_settings(settings_file(CONTRACT_DEFAULTS))
    assert written == load_settings()
    assert written.fingerprint() == load_settings().fingerprint()


def test_the_starter_file_is_valid_and_changes_nothing(settings_file) -> None:
    assert load_settings(settings_file(default_toml())) == load_settings()


def test_every_key_of_the_starter_file_says_what_it_means() -> None:
    lines = [line for line in default_toml().splitlines() if line]
    for before, line in pairwise(lines):
        if " = " in line and not line.startswith("#"):
            assert before.startswith("# "), line


def test_settings_in_force_can_be_stored_and_read_again(settings_file) -> None:
    given = load_settings(settings_file('period = "W-MON"\n[order]\nbudget = 12.5'))
    assert load_settings(settings_file(given.to_toml())) == given


def test_the_environment_wins_over_the_file(settings_file, monkeypatch) -> None:
    monkeypatch.setenv("STOCKALERT_MODEL__SEED", "11")
    monkeypatch.setenv("STOCKALERT_KEEP_DAYS", "30")
    monkeypatch.setenv("STOCKALERT_SOURCES__SALES__URL", "postgresql:///shop")
    levels = "[0.5, 0.8, 0.9, 0.95, 0.975, 0.99]"
    monkeypatch.setenv("STOCKALERT_MODEL__LEVELS", levels)
    settings = load_settings(settings_file("keep_days = 5\n[model]\nseed = 9\nnum_leaves = 15"))
    assert (settings.keep_days, settings.model.seed, settings.model.num_leaves) == (30, 11, 15)
    assert settings.model.levels == (0.5, 0.8, 0.9, 0.95, 0.975, 0.99)
    assert settings.sources["sales"].url.get_secret_value() == "postgresql:///shop"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[model]\nsede = 3", "unknown key model.sede; did you mean model.seed?"),
        ("[servce]\nlevel = 0.9", "unknown key servce; did you mean service?"),
        ("level = 0.9", "unknown key level; did you mean service.level?"),
        ("_env_file = 'other.env'", "unknown key _env_file"),
        ("[service]\nlevel = 1.5", "service.level: expected less than 1, found 1.5"),
        ("[service]\nlevel = nan", "service.level: expected"),
        ("[service]\nmode = 'x'", "expected 'target', 'cost' or 'fill_rate', found 'x'"),
        ("[service]\nfloor = 0.9\ncap = 0.8", "service: expected floor at or below cap 0.8"),
        ("[service]\nlevel = 1.0", "service.level: expected less than 1, found 1.0"),
        ("[service.classes.A]\ncap = 0.7", "class A with a floor at or below its cap 0.7"),
        ("[service.classes.D]\ncap = 0.9", "'A', 'B' or 'C'"),
        ("[order]\nbudget = -1", "order.budget: expected greater than or equal to 0, found -1"),
        ("period = 'W'", "period: expected 'D' or 'W-MON', found 'W'"),
        ("keep_days = 'soon'", "keep_days: expected a valid integer, found 'soon'"),
        ("model = 3", "model: expected a section of keys, found 3"),
        ("[model]\nlevels = [0.5]", "levels: expected a list that contains 0.8, 0.9"),
        (
            "[model]\nlevels = [0.5, 0.8, 0.9, 0.975, 0.95, 0.99]",
            "levels: expected a rising list without repeats",
        ),
        (
            "[model]\nlevels = [0.0005, 0.5, 0.8, 0.9, 0.95, 0.975, 0.99]",
            "levels: expected levels of at most three decimals",
        ),
        ("[calendar]\ncountry = 'France'", 'country: expected an ISO code such as "FR"'),
        ("[alerts]\nquiet_hours = 'night'", 'quiet_hours: expected hours such as "22:00-07:00"'),
        (
            "[sources.sale]\nurl = 'postgres:///x'",
            "sources: expected names of input tables, not sale",
        ),
        ("[sources.sales]\nurl = 'x'", "sources.sales.url: expected an address that begins with"),
        ("[sources.sales]\nquery = 'x'", "sources.sales.url: expected a value, found none"),
        ("period =", "settings.toml: not valid TOML"),
    ],
)
def test_a_mistake_is_named_in_plain_words(settings_file, text: str, message: str) -> None:
    with pytest.raises(UsageError) as told:
        load_settings(settings_file(text))
    assert message in str(told.value)


@pytest.mark.parametrize(
    ("variable", "value", "message"),
    [
        ("STOCKALERT_MODLE__SEED", "3", "STOCKALERT_MODLE__SEED: unknown key modle.seed; did you"),
        ("STOCKALERT_MODEL__SEDE", "3", "unknown key model.sede; did you mean model.seed?"),
        ("STOCKALERT_MODEL__SEED", "x", "model.seed: expected a valid integer, found 'x'"),
        ("STOCKALERT_MODEL__LEVELS", "0.5,0.8", "STOCKALERT_MODEL__LEVELS: expected JSON"),
        ("STOCKALERT_SERVICE", "high", "STOCKALERT_SERVICE: expected JSON"),
    ],
)
def test_a_mistake_in_the_environment_is_named_too(
    monkeypatch, variable: str, value: str, message: str
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(UsageError) as told:
        load_settings()
    assert message in str(told.value)


@pytest.mark.parametrize("content", [None, "keep_days = 4".encode("utf-16")])
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "absent.toml"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(UsageError, match=r"settings file .*absent\.toml"):
        load_settings(file)


def test_secrets_are_neither_shown_nor_stored_nor_told(settings_file, monkeypatch) -> None:
    text = """
    paths.tracking_uri = "postgresql://planner:hunter2@store/mlflow"
    alerts.urls = ["mailto://shop:hunter2@example.org"]
    """
    monkeypatch.setenv("STOCKALERT_SOURCES__SALES__URL", "postgresql://shop:hunter2@store/sales")
    settings = load_settings(settings_file(text))
    assert "hunter2" not in settings.to_toml()
    assert "hunter2" not in repr(settings.alerts) + repr(settings.sources)
    assert "hunter2" in settings.alerts.urls[0].get_secret_value()
    monkeypatch.delenv("STOCKALERT_SOURCES__SALES__URL")
    for broken in (
        'sources = { sales = "postgresql://shop:hunter2@store" }',
        'sources = { sale = { url = "postgresql://shop:hunter2@store" } }',
        'sources.sales.url = "postgresql://shop:hunter2@store/sales"',
        'sources.sales.url = "postgresql://shop:hun@ter2@store/sales"',
        'sources.sales.url = "postgresql://store/sales?user=shop&password=hunter2"',
        'sources.sales.url = "postgresql://shop:hunter2${PGPASSWORD}@store/sales"',
        'sources.sales.url = "mysql://shop@hunter2/sales"',
        'alerts.urls = "mailto://shop:hunter2@example.org"',
    ):
        with pytest.raises(UsageError) as told:
            load_settings(settings_file(broken))
        assert "hunter2" not in str(told.value)


def test_settings_never_change_once_read() -> None:
    settings = load_settings()
    with pytest.raises(ValidationError):
        settings.keep_days = 1
    with pytest.raises(ValidationError):
        settings.model.seed = 1


def test_a_fingerprint_of_some_keys_ignores_the_others() -> None:
    calm, alarmed = Settings(), Settings(alerts={"quiet_hours": "22:00-07:00"})
    assert calm.fingerprint() != alarmed.fingerprint()
    assert calm.fingerprint("period", "model") == alarmed.fingerprint("period", "model")


def test_an_abc_class_may_have_its_own_level_floor_and_cap(settings_file) -> None:
    settings = load_settings(settings_file("[service.classes.A]\nlevel = 0.98\nfloor = 0.9"))
    own = settings.service.classes["A"]
    assert (own.level, own.floor, own.cap) == (0.98, 0.9, None)
    assert load_settings(settings_file(settings.to_toml())) == settings
    assert settings.fingerprint("service") != load_settings().fingerprint("service")
