"""Who bought and what was seen together, against a loop over the same lines and events."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date
from itertools import permutations
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from features.build import FAMILIES, build_rows
from features.facts import read_facts
from features.reading import read_panel
from flows.ingest import ingest

TODAY = date(2024, 12, 31)


def _ingested(folder: Path, **frames: pd.DataFrame) -> Path:
    (folder / "data").mkdir(parents=True)
    for name, frame in frames.items():
        frame.to_parquet(folder / "data" / f"{name}.parquet", index=False)
    work = folder / "work"
    ingest(folder / "data", work, period="D", as_of=None, today=TODAY, max_share=0.01)
    return work / "tables"


def _lines(rows: int = 600) -> pd.DataFrame:
    draw = np.random.default_rng(8)
    return pd.DataFrame(
        {
            "order_id": np.arange(rows).astype(str),
            "ordered_at": pd.Timestamp("2024-01-01")
            + pd.to_timedelta(draw.integers(0, 200 * 86_400, rows), unit="s"),
            "sku": draw.choice(["wine", "beer"], rows),
            "location": "bar",
            "units": draw.integers(-1, 9, rows).astype(float),
            "customer_id": draw.choice([None, "ann", "bob", "cy", "new"], rows),
        }
    )


CUSTOMERS = pd.DataFrame({"customer_id": ["ann", "bob", "cy"], "segment": ["old", "young", "old"]})


def test_shares_of_segments_are_those_of_the_orders_whose_customer_has_one(tmp_path: Path) -> None:
    lines = _lines()
    tables = _ingested(tmp_path, order_lines=lines, customers=CUSTOMERS)
    panel = read_panel(tables, period="D", as_of=date(2024, 7, 10))
    rows = build_rows(
        panel,
        read_facts(tables, panel),
        cutoffs=[panel.n_periods - 1],
        horizons=np.full((panel.n_series, 1), 7),
        with_target=False,
        families=FAMILIES,
    )
    bought = lines[lines["units"] > 0].merge(CUSTOMERS, on="customer_id")
    age = (pd.Timestamp("2024-07-10") - bought["ordered_at"].dt.normalize()).dt.days
    for at, sku in enumerate(panel.series["sku"]):
        shares = {}
        for days in (28, 182):
            of = bought[(bought["sku"] == sku) & (age >= 0) & (age < days)]
            shares[days] = of.loc[of["segment"] == "old", "units"].sum() / of["units"].sum()
        found = dict(zip(rows.names, rows.values[at], strict=True))
        assert found["segment_old_share"] == pytest.approx(shares[182], rel=1e-5)
        shift = shares[28] - shares[182]
        assert found["segment_old_shift"] == pytest.approx(shift, rel=1e-4, abs=1e-6)


def test_without_customers_nobody_is_told_apart(tmp_path: Path) -> None:
    tables = _ingested(tmp_path, order_lines=_lines())
    assert not (tables / "order_segments.parquet").exists()


def _shop_window(n_days: int = 200) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Cameras are looked at with bags; in a wave of interest in bags more cameras sell a week on.

    Batteries are seen alone, and sell as ever.
    """
    draw = np.random.default_rng(2)
    events, sales = [], []
    wave = 1.0 + 0.8 * np.sin(np.arange(n_days) / 8.0)
    session = 0
    for at in range(n_days):
        day = pd.Timestamp("2024-01-01") + pd.Timedelta(days=at)
        both, bags = draw.poisson(8), draw.poisson(40 * wave[at])
        seen = [("camera", "bag")] * both + [("bag",)] * bags + [("battery",)] * 10
        for items in seen:
            session += 1
            events += [(day, str(session), "view", sku) for sku in items]
        sales.append(("camera", day, draw.poisson(20 * wave[max(at - 7, 0)])))
        sales.append(("battery", day, draw.poisson(20)))
    columns = ["occurred_at", "session_id", "event", "sku"]
    sold = pd.DataFrame(sales, columns=["sku", "date", "units_sold"])
    return pd.DataFrame(events, columns=columns), sold.astype({"units_sold": float})


def test_companions_are_those_of_the_months_before_weighted_by_shared_sessions(
    tmp_path: Path,
) -> None:
    events, sales = _shop_window()
    tables = _ingested(tmp_path, events=events, sales=sales)
    found = pd.read_parquet(tables / "co_views.parquet").set_index(["sku", "date"])
    sessions: dict[tuple[int, str], Counter[str]] = defaultdict(Counter)
    for (_, day), items in events.groupby(["session_id", "occurred_at"])["sku"]:
        for sku in set(items):
            sessions[day.month, sku][sku] += 1
        for one, other in permutations(set(items), 2):
            sessions[day.month, one][other] += 1
    views = events.groupby(["sku", "occurred_at"]).size()
    for day in pd.to_datetime(["2024-02-05", "2024-04-17", "2024-06-30"]):
        shared: Counter[str] = Counter()
        for month in range(day.month - 3, day.month):
            shared += sessions[month, "camera"]
        expected = shared["bag"] / shared["camera"] * views["bag", day]
        told = found.loc[("camera", day.date()), "companion_views"]
        assert told == pytest.approx(expected, rel=1e-6)
    assert "battery" not in found.index.get_level_values("sku")
    assert min(found.index.get_level_values("date")) == date(2024, 2, 1)


def test_interest_in_a_companion_foretells_the_sales_that_were_planted(tmp_path: Path) -> None:
    events, sales = _shop_window()
    tables = _ingested(tmp_path, events=events, sales=sales)
    panel = read_panel(tables, period="D", as_of=date(2024, 7, 18))
    rows = build_rows(
        panel,
        read_facts(tables, panel),
        cutoffs=np.arange(120, 190),
        horizons=np.full((panel.n_series, 1), 7),
        with_target=True,
        families=FAMILIES,
    )
    trend = rows.values[:, rows.names.index("companion_views_7_28")]
    camera = panel.series["sku"].to_numpy()[rows.series] == "camera"
    assert rows.demand is not None
    own = rows.values[camera, rows.names.index("views_7_28")]
    told, ignorant = (np.corrcoef(x, rows.demand[camera])[0, 1] for x in (trend[camera], own))
    assert told > 0.6
    assert told > abs(ignorant) + 0.3
    assert np.isnan(
        trend[~camera & (panel.series["sku"].to_numpy()[rows.series] == "battery")]
    ).all()
