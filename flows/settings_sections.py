"""The sections of the settings: every key with its type, bounds, default and meaning."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import Annotated, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    field_validator,
    model_validator,
)

from stockalert.addresses import without_password

__all__ = [
    "CalendarSettings",
    "ClassSettings",
    "LeadTimeSettings",
    "ModelSettings",
    "PathSettings",
    "QuarantineSettings",
    "Section",
    "ServiceSettings",
]

_PUBLISHED_LEVELS = (0.5, 0.8, 0.9, 0.95, 0.975, 0.99)


def _country(text: str) -> str:
    if not re.fullmatch(r"([A-Z]{2,3}(-[A-Z0-9]{1,3})?)?", text):
        raise ValueError('an ISO code such as "FR", or ""')
    return text


def _store(address: str) -> str:
    """Refuse user and password in the address of a server, which MLflow repeats in its errors."""
    if address.startswith("http") and without_password(address) != address:
        raise ValueError(
            "an address without user and password, which belong into the environment variables "
            "MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD"
        )
    return address


def _below_out(text: str) -> str:
    """Refuse a file outside OUT, or in the place of one that this product keeps there."""
    path = PurePosixPath(text)
    outside = path.is_absolute() or ".." in path.parts or "\\" in text or not text.isprintable()
    taken = path.parts[:1] == ("latest",) or "".join(path.parts[:1]).startswith("_")
    if text and (outside or taken or path.suffix != ".prom"):
        raise ValueError('a path below OUT without "..", such as "metrics/stockalert.prom"')
    return text


_Level = Annotated[float, Field(gt=0, lt=1)]
_Share = Annotated[float, Field(ge=0, le=1)]
_Count = Annotated[int, Field(ge=1)]
_Whole = Annotated[int, Field(ge=0)]
_Amount = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class Section(BaseModel):
    """A TOML table: frozen, and strict about unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class LeadTimeSettings(Section):
    """What holds where no supplier, item or receipt says more."""

    default_days: _Amount = Field(
        default=14.0, description="Lead time in days, where nothing is declared"
    )
    review_days: _Amount = Field(default=1.0, description="Days between two chances to order")


class ClassSettings(Section):
    """What an ABC class has of its own; what is left out is as in [service]."""

    level: _Level | None = Field(default=None, description="Its level or fill rate")
    floor: _Level | None = Field(default=None, description="Its lowest quantile")
    cap: _Level | None = Field(default=None, description="Its highest quantile")


class ServiceSettings(Section):
    """How sure a reorder point must be."""

    mode: Literal["target", "cost", "fill_rate"] = Field(
        default="target", description='"target" (the level), "cost" (critical ratio) or "fill_rate"'
    )
    level: _Level = Field(
        default=0.95, description="Cycle service level; the fill rate in that mode"
    )
    floor: _Level = Field(
        default=0.80, description="Lowest quantile used, in modes cost and fill_rate"
    )
    cap: _Level = Field(
        default=0.995, description="Highest quantile used, in modes cost and fill_rate"
    )
    goodwill_share: _Amount = Field(
        default=0.0,
        description="Share of the price lost with a customer's trust, added to the margin",
    )
    overage_span: Literal["cycle", "cycle_and_protection"] = Field(
        default="cycle",
        description="Mode cost: days that a unit too many is paid for; the second is for lost "
        "sales with several orders under way",
    )
    dead_band: _Share = Field(
        default=0.02,
        description="A reorder point stays while that raises its expected cost by less than this "
        "share; 0 = it follows every forecast",
    )
    classes: dict[Literal["A", "B", "C"], ClassSettings] = Field(
        default={}, description="Level, floor and cap of an ABC class, by its letter"
    )

    @model_validator(mode="after")
    def _floor_below_cap(self) -> Self:
        if self.floor > self.cap:
            raise ValueError(f"floor at or below cap {self.cap:g}")
        for name, own in self.classes.items():
            floor, cap = own.floor or self.floor, own.cap or self.cap
            if floor > cap:
                raise ValueError(f"class {name} with a floor at or below its cap {cap:g}")
        return self


class ModelSettings(Section):
    """How the forecast is trained."""

    levels: tuple[_Level, ...] = Field(
        default=(0.05, 0.1, 0.25, 0.5, 0.75, 0.8, 0.9, 0.95, 0.975, 0.99),
        description="Quantile levels; 0.5, 0.8, 0.9, 0.95, 0.975 and 0.99 must be there",
    )
    seed: _Whole = Field(default=7, description="Start of every random choice")
    retrain_every_days: _Count = Field(default=7, description="Age at which nightly trains anew")
    max_rows: _Count = Field(default=2_000_000, description="Most training rows; more are sampled")
    cutoff_every_days: _Count = Field(
        default=5, description="Days between two training cutoffs; not 7, so that all weekdays come"
    )
    horizons_per_cutoff: _Count = Field(
        default=2, description="Intervals drawn per item and cutoff"
    )
    history_days: _Whole = Field(default=0, description="Days of history trained on; 0 = all")
    evaluation_days: _Count = Field(
        default=56, description="Last days, kept unseen for the comparison"
    )
    calibration_days: _Count = Field(
        default=56, description="Days of cutoffs that quantiles are shifted on"
    )
    num_leaves: Annotated[int, Field(ge=2)] = Field(default=20, description="Leaves per tree")
    learning_rate: Annotated[float, Field(gt=0, le=1)] | None = Field(
        default=None, description="Weight of each tree; unset = by their number"
    )
    n_estimators: _Count | None = Field(
        default=None, description="Trees per level; unset = by the number of rows"
    )
    min_child_samples: _Count = Field(default=200, description="Fewest rows in a leaf")
    tail_samples: _Count | None = Field(
        default=None, description="Fewest rows beyond the level in a leaf; unset = the model's own"
    )
    feature_fraction: Annotated[float, Field(gt=0, le=1)] | None = Field(
        default=None, description="Share of the features that a tree may use; unset = likewise"
    )
    extra_trees: bool | None = Field(
        default=None, description="Whether thresholds are drawn by chance; unset = likewise"
    )
    n_bags: _Count | None = Field(
        default=None, description="Boosters averaged per level; unset = by the number of rows"
    )
    exposure_power: _Share | None = Field(
        default=None, description="1 = units count, 0 = rows count, when trained; unset = likewise"
    )
    trust_power: Annotated[float, Field(ge=0, le=100)] = Field(
        default=1.0,
        description="Above 1, windows never out of stock teach more than those that were in part",
    )
    early_stopping_rounds: _Whole = Field(
        default=0, description="Trees without gain before training stops; 0 = never"
    )
    families: tuple[str, ...] = Field(
        default=(),
        description="Feature families to learn from; none named = the default ones",
    )
    threads: _Whole = Field(default=0, description="Processor cores used; 0 = all")

    @field_validator("levels")
    @classmethod
    def _levels_as_published(cls, levels: tuple[float, ...]) -> tuple[float, ...]:
        if missing := [at for at in _PUBLISHED_LEVELS if at not in levels]:
            raise ValueError(f"a list that contains {', '.join(f'{at:g}' for at in missing)}")
        if list(levels) != sorted(set(levels)):
            raise ValueError("a rising list without repeats")
        if any(abs(at * 1000 - round(at * 1000)) > 1e-9 for at in levels):
            raise ValueError("levels of at most three decimals")
        return levels


class CalendarSettings(Section):
    """Which holidays count."""

    country: Annotated[str, AfterValidator(_country)] = Field(
        default="",
        description='ISO code such as "FR": its national holidays become features; "" = none',
    )


class PathSettings(Section):
    """Where things are kept besides OUT."""

    tracking_uri: Annotated[str, AfterValidator(_store)] = Field(
        default="", description='MLflow store; "" = an absolute sqlite:///OUT/mlflow.db'
    )
    metrics_file: Annotated[str, AfterValidator(_below_out)] = Field(
        default="",
        description='Prometheus text file of the last run, NAME.prom relative to OUT; "" = none',
    )
    cache: str = Field(
        default="",
        description='Folder for local copies of s3://… and the like; "" = the user\'s cache folder',
    )


class QuarantineSettings(Section):
    """When bad rows stop the run."""

    max_share: _Share = Field(
        default=0.01, description="Most rows of a table that may break the contract"
    )
