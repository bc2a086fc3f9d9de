"""One season of a corner shop, shared by all tests of the flows."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest

from flows.nightly import NightlyOutcome
from flows.promotion import Outcome
from flows.refresh import Night
from tests.flows.corner_shop import FIRST_NIGHT, SECOND_NIGHT, SETTINGS, corner_shop


@dataclass(frozen=True)
class Season:
    """What happened in one output directory, in this order; the tables were read after each step.

    Attributes
    ----------
    first : the first training, on the first night
    night, again : the first night, published twice
    shuffled, retold : the same, trained and published again from other files
    second : `nightly`, a week later
    """

    data: Path
    config: Path
    out: Path
    first: Outcome
    night: Night
    thresholds: pd.DataFrame
    again: pd.DataFrame
    shuffled: pd.DataFrame
    retold: pd.DataFrame
    judged: Outcome
    second: NightlyOutcome


@pytest.fixture(scope="session")
def season(prefect_server: None, tmp_path_factory: pytest.TempPathFactory) -> Season:
    from flows.nightly import nightly
    from flows.refresh import refresh
    from flows.train import train

    folder = tmp_path_factory.mktemp("season")
    data, out, config = corner_shop(folder / "data"), folder / "out", folder / "settings.toml"
    config.write_text(SETTINGS)
    first = train(data, out, FIRST_NIGHT, config)
    night = refresh(data, out, FIRST_NIGHT, config)
    thresholds = served(out)
    refresh(data, out, FIRST_NIGHT, config)
    again = served(out)
    others, judged = {}, None
    for name, how in {"shuffled": {"shuffle": 5}, "retold": {"retold": True}}.items():
        other = corner_shop(folder / name, **how)
        judged = train(other, out, FIRST_NIGHT, config)
        refresh(other, out, FIRST_NIGHT, config)
        others[name] = served(out)
    second = nightly(data, out, SECOND_NIGHT, config)
    return Season(
        data=data,
        config=config,
        out=out,
        first=first,
        night=night,
        thresholds=thresholds,
        again=again,
        judged=judged,
        second=second,
        **others,
    )


def served(out: Path, table: str = "thresholds") -> pd.DataFrame:
    return pd.read_parquet(out / "latest" / table)
