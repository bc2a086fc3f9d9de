"""The settings: one TOML file, every key also an environment variable, all with defaults.

Secrets (addresses of alerts and data bases) are shown and stored as `**********`.
"""

from __future__ import annotations

import difflib
import json
import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
)

from flows.run_log import LOG_VARIABLE
from flows.serve_auth import TOKEN_VARIABLE
from flows.settings_alerts import AlertSettings
from flows.settings_guard import GuardSettings
from flows.settings_orders import OrderSettings
from flows.settings_review import ReviewSettings, ScheduleSettings
from flows.settings_scale import ScaleSettings
from flows.settings_sections import (
    CalendarSettings,
    LeadTimeSettings,
    ModelSettings,
    PathSettings,
    QuarantineSettings,
    ServiceSettings,
)
from flows.settings_service_desk import ServiceDeskSettings
from flows.settings_sources import SOURCES_EXAMPLE, SourceSettings, refuse_passwords
from flows.settings_text import write_toml
from stockalert.errors import UsageError
from stockalert.tables import INPUT_TABLES

__all__ = ["Settings", "default_toml", "load_settings"]

_PREFIX = "STOCKALERT_"
_NO_SETTINGS = (LOG_VARIABLE, TOKEN_VARIABLE)

_STARTER = """\
# Settings of stockalert, at their defaults. Keep the lines you change and pass the file with
# --config. Every key is also an environment variable, which wins over the file: model.seed is
# STOCKALERT_MODEL__SEED. Lists are written as in JSON there.

"""

_CLASSES = """
# Level, floor and cap of one ABC class (A earns the first 80 % of revenue, B the next 15 %); what a
# class leaves out is as in [service]. A product's own target_service_level goes before its class.
# [service.classes.A]
# level = 0.97
# floor = 0.90
# cap = 0.999
"""


class Settings(BaseSettings):
    """Every setting; sections are attributes. Made by `load_settings`."""

    model_config = SettingsConfigDict(
        frozen=True,
        extra="forbid",
        env_prefix="STOCKALERT_",
        env_nested_delimiter="__",
    )

    period: Literal["D", "W-MON"] = Field(default="D", description='"D" (days) or "W-MON" (weeks)')
    unmet_demand: Literal["lost", "backordered"] = Field(
        default="lost",
        description='What a customer does when it is sold out: "lost" or "backordered"',
    )
    language: Literal["en", "fr"] = Field(
        default="en", description='Of messages, mails and dashboard: "en" or "fr"'
    )
    keep_days: Annotated[int, Field(ge=1)] = Field(default=400, description="Published nights kept")
    lead_time: LeadTimeSettings = LeadTimeSettings()
    service: ServiceSettings = ServiceSettings()
    model: ModelSettings = ModelSettings()
    order: OrderSettings = OrderSettings()
    service_desk: ServiceDeskSettings = ServiceDeskSettings()
    calendar: CalendarSettings = CalendarSettings()
    paths: PathSettings = PathSettings()
    guard: GuardSettings = GuardSettings()
    quarantine: QuarantineSettings = QuarantineSettings()
    alerts: AlertSettings = AlertSettings()
    scale: ScaleSettings = ScaleSettings()
    schedule: ScheduleSettings = ScheduleSettings()
    review: ReviewSettings = ReviewSettings()
    sources: dict[str, SourceSettings] = Field(
        default={}, description="Tables read from a data base, by name"
    )

    @field_validator("sources")
    @classmethod
    def _sources_are_tables(cls, sources: dict[str, SourceSettings]) -> dict[str, SourceSettings]:
        if unknown := sorted(set(sources) - set(INPUT_TABLES)):
            raise ValueError(f"names of input tables, not {unknown[0]}")
        return sources

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Let the environment win over the file; nothing else is read."""
        return env_settings, init_settings

    def to_toml(self) -> str:
        """Return the settings in force as TOML, secrets hidden."""
        return write_toml(self)

    def fingerprint(self, *keys: str) -> str:
        """Return 16 hex digits of the settings, or of the named top keys alone; no secrets.

        Examples
        --------
        >>> settings, other = Settings(keep_days=9), Settings(keep_days=10)
        >>> settings.fingerprint() == other.fingerprint()
        False
        >>> settings.fingerprint("period", "model") == other.fingerprint("period", "model")
        True
        """
        values = self.model_dump(mode="json", include=set(keys) or None)
        return sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()[:16]


def load_settings(path: Path | None = None) -> Settings:
    """Read the settings file, then the environment; what neither names has its default.

    Raises
    ------
    UsageError
        The file cannot be read, a key is unknown (the nearest known one is named), or a value
        is not what its key expects.
    """
    values = _read(path) if path is not None else {}
    for key in values:
        _refuse_unknown(key, f"settings file {path}")
    refuse_passwords(values, f"settings file {path}")
    for variable in sorted(os.environ):
        _refuse_unknown(_key(variable), f"environment variable {variable}")
    try:
        return Settings(**values)
    except ValidationError as error:
        lines = [_explained(problem) for problem in error.errors(include_url=False)]
        raise UsageError("\n".join(dict.fromkeys(lines))) from None
    except SettingsError:
        raise UsageError(_not_json(os.environ)) from None


def default_toml() -> str:
    """Return a settings file with every key, its default and, as a comment, its meaning."""
    return (
        _STARTER
        + write_toml(Settings.model_construct(), comments=True)
        + _CLASSES
        + SOURCES_EXAMPLE
    )


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise UsageError(f"settings file {path}: {error.strerror or error}") from None
    except UnicodeDecodeError:
        raise UsageError(f"settings file {path}: expected UTF-8 text") from None
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"settings file {path}: not valid TOML: {error}") from None


def _refuse_unknown(key: str, where: str) -> None:
    """Refuse an unknown first word, which pydantic would pass over; it finds those below."""
    if key and key.split(".", maxsplit=1)[0] not in Settings.model_fields:
        raise UsageError(f"{where}: {_unknown(key)}")


def _key(variable: str) -> str:
    """Turn STOCKALERT_MODEL__SEED into model.seed; empty for other programs' variables."""
    if not variable.upper().startswith(_PREFIX) or variable.upper() in _NO_SETTINGS:
        return ""
    return variable[len(_PREFIX) :].lower().replace("__", ".")


def _not_json(environment: Mapping[str, str]) -> str:
    """Name the variables whose list or section is not written as JSON."""
    structured = {key for key, value in _defaults() if isinstance(value, dict | tuple)}
    broken = [name for name in environment if _key(name) in structured]
    names = ", ".join(sorted(name for name in broken if not _is_json(environment[name])))
    return f"environment variable {names}: expected JSON, such as [0.5, 0.95]"


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


def _explained(problem: Mapping[str, Any]) -> str:
    """Say in plain words what pydantic found: key, expected, found."""
    place = [str(part) for part in problem["loc"]]
    key = ".".join(place)
    if problem["type"] == "extra_forbidden":
        return f"settings: {_unknown(key)}"
    if problem["type"] == "missing":
        return f"setting {key}: expected a value, found none"
    if problem["type"] == "model_type":
        expected = "a section of keys"
    else:
        expected = re.sub("^(Input should be|Value error,|Input should) ", "", problem["msg"])
    secret = place[0] == "sources" or "urls" in place or "tracking_uri" in place
    found = "a hidden value" if secret else repr(problem["input"])
    return f"setting {key}: expected {expected.split(', unable')[0]}, found {found}"


def _unknown(key: str) -> str:
    """Name an unknown key and the nearest known one, by its last word or its spelling."""
    known = list(_known_keys(Settings))
    word = key.rpartition(".")[2]
    same_word = [name for name in known if name.rpartition(".")[2] == word]
    near = same_word or difflib.get_close_matches(key, known, n=1, cutoff=0.4)
    return f"unknown key {key}" + (f"; did you mean {near[0]}?" if near else "")


def _known_keys(section: type[BaseModel], path: str = "") -> Iterator[str]:
    for name, field in section.model_fields.items():
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            yield from _known_keys(inner, f"{path}{name}.")
        yield f"{path}{name}"


def _defaults() -> Iterator[tuple[str, object]]:
    for name, value in Settings.model_construct().model_dump().items():
        yield name, value
        if isinstance(value, dict):
            yield from ((f"{name}.{key}", inner) for key, inner in value.items())
