"""A small shop written as canonical tables, and read back as a panel and its facts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from features.facts import Facts, read_facts
from features.panel import Panel
from features.reading import read_panel

ShopWriter = Callable[..., date]

START = pd.Timestamp("2023-01-02")  # a Monday
SKUS = {
    "coffee": "drinks",
    "tea": "drinks",
    "jam": "breakfast",
    "honey": "breakfast",
    "oats": "breakfast",
}
LOCATIONS = ("north", "south")
WEEKLY = ("sales", "stock", "browsing", "order_sizes", "order_segments", "co_views")


@pytest.fixture
def write_shop() -> ShopWriter:
    """Write every table that features read into a folder; returns the last day of sales."""
    return _write


@pytest.fixture(scope="session", params=["D", "W-MON"])
def any_shop(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, str, Panel, Facts]:
    """The shop with daily and with weekly periods: its tables, period, panel and facts."""
    period = str(request.param)
    tables = tmp_path_factory.mktemp("tables")
    last = _write(tables, period=period)
    panel = read_panel(tables, period=period, as_of=last)
    return tables, period, panel, read_facts(tables, panel, country="GB")


@pytest.fixture(scope="session")
def daily_shop(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Panel, Facts]:
    """The shop with daily periods: its tables, panel and facts."""
    tables = tmp_path_factory.mktemp("tables")
    panel = read_panel(tables, period="D", as_of=_write(tables))
    return tables, panel, read_facts(tables, panel, country="GB")


def _write(
    tables: Path, *, period: str = "D", n_days: int = 504, seed: int = 1, shuffle: int | None = None
) -> date:
    rng = np.random.default_rng(seed)
    dates = START + pd.to_timedelta(np.arange(n_days), unit="D")
    frames = {
        "sales": _sales(rng, dates),
        "stock": _stock(rng, dates),
        "products": pd.DataFrame(
            {
                "sku": list(SKUS),
                "category": list(SKUS.values()),
                "brand": ["a", "b", "b", "a", None],
                "end_date": [dates[300], dates[480], None, dates[-1] + pd.Timedelta(days=9), None],
                "replaces_sku": [None, "coffee", None, None, "honey"],
                "launch_date": [None, dates[20], None, None, dates[40]],
            }
        ),
        "locations": pd.DataFrame({"location": LOCATIONS, "country": ["FR", "GB"]}),
        "promotions": _promotions(rng, dates),
        "prices": _prices(rng, dates),
        "browsing": _browsing(rng, dates),
        "order_sizes": _order_sizes(rng, dates),
        "covariates": _covariates(rng, dates),
        "order_segments": _order_segments(rng, dates),
        "co_views": _co_views(rng, dates),
        "purchase_orders": pd.DataFrame({"sku": ["cocoa"], "location": ["north"]}),
    }
    if period == "W-MON":
        frames |= {name: _weekly(frames[name]) for name in WEEKLY}
    for name, frame in frames.items():
        stored = frame if shuffle is None else frame.sample(frac=1.0, random_state=shuffle)
        stored.to_parquet(tables / f"{name}.parquet", index=False)
    return dates[-1].date()


def _weekly(frame: pd.DataFrame) -> pd.DataFrame:
    monday = frame["date"] - pd.to_timedelta(frame["date"].dt.day_of_week, unit="D")
    keys = [name for name in ("sku", "location", "segment") if name in frame]
    means = {"unit_price": "mean", "on_hand": "last", "in_stock_share": "mean"}
    means["largest_order"] = "max"
    how = {name: means.get(name, "sum") for name in frame.columns if name not in [*keys, "date"]}
    return frame.assign(date=monday).groupby([*keys, "date"], as_index=False).agg(how)


def _sales(rng: np.random.Generator, dates: pd.DatetimeIndex) -> pd.DataFrame:
    frame = _cross(dates)
    rate = np.tile(rng.gamma(1.0, 2.0, len(SKUS) * len(LOCATIONS)), (len(dates), 1)).T.ravel()
    units = rng.poisson(rate * (1 + (frame["date"].dt.day_of_week == 5)))
    frame = frame.assign(
        units_sold=units.astype(float),
        unit_price=np.round(rng.uniform(2, 4, len(frame)), 2),
        promo_units=np.minimum(units, rng.poisson(0.2, len(frame))).astype(float),
    )
    return frame[frame["units_sold"] > 0]


def _stock(rng: np.random.Generator, dates: pd.DatetimeIndex) -> pd.DataFrame:
    share = rng.choice([1.0, 1.0, 1.0, 0.75, 0.25, 0.0], len(dates) * len(SKUS) * len(LOCATIONS))
    return _cross(dates).assign(on_hand=np.nan, in_stock_share=share)


def _promotions(rng: np.random.Generator, dates: pd.DatetimeIndex) -> pd.DataFrame:
    n = 60
    start = dates[0] + pd.to_timedelta(rng.integers(5, len(dates) + 20, n), unit="D")
    return pd.DataFrame(
        {
            "sku": [None if i % 5 == 0 else list(SKUS)[i % 5] for i in range(n)],
            "category": [("drinks", "breakfast")[i % 2] if i % 5 == 0 else None for i in range(n)],
            "location": [None if i % 3 else "north" for i in range(n)],
            "start_date": start,
            "end_date": start + pd.to_timedelta(rng.integers(0, 10, n), unit="D"),
            "discount": rng.uniform(0.1, 0.5, n),
            "channel": rng.choice(["display", "mailer"], n),
            "announced_at": [
                s - pd.Timedelta(days=9) if i % 2 else None for i, s in enumerate(start)
            ],
        }
    )


def _prices(rng: np.random.Generator, dates: pd.DatetimeIndex) -> pd.DataFrame:
    n = 40
    start = dates[0] + pd.to_timedelta(rng.integers(0, len(dates) + 20, n), unit="D")
    frame = pd.DataFrame(
        {
            "sku": [list(SKUS)[i % 5] for i in range(n)],
            "location": [LOCATIONS[i % 2] for i in range(n)],
            "start_date": start,
            "unit_price": rng.uniform(2, 4, n),
            "announced_at": [
                s - pd.Timedelta(days=6) if i % 2 else None for i, s in enumerate(start)
            ],
        }
    )
    return frame.drop_duplicates(["sku", "location", "start_date"])


def _browsing(rng: np.random.Generator, dates: pd.DatetimeIndex) -> pd.DataFrame:
    frame = pd.MultiIndex.from_product([list(SKUS), dates[50:]], names=["sku", "date"])
    frame = frame.to_frame(index=False)
    views = rng.poisson(8, len(frame)).astype(float)
    return frame.assign(
        views=views,
        add_to_carts=rng.binomial(views.astype(int), 0.2).astype(float),
        searches=rng.poisson(2, len(frame)).astype(float),
        unique_visitors=views,
    )


def _order_sizes(rng: np.random.Generator, dates: pd.DatetimeIndex) -> pd.DataFrame:
    frame = _cross(dates)
    frame = frame[rng.random(len(frame)) < 0.4].reset_index(drop=True)
    orders = rng.integers(1, 5, len(frame)).astype(float)
    size = rng.gamma(1.0, 6.0, len(frame)).round() + 1
    return frame.assign(
        orders=orders,
        known_orders=orders,
        repeat_orders=rng.binomial(orders.astype(int), 0.3).astype(float),
        bulk_orders=(size > 20).astype(float),
        usual_units=orders * np.minimum(size, 20),
        largest_order=size,
        squared_units=orders * size**2,
        log_units=orders * np.log(size),
        log_squares=orders * np.log(size) ** 2 * 1.1,
        returned_units=rng.binomial(1, 0.1, len(frame)).astype(float),
    )


def _order_segments(rng: np.random.Generator, dates: pd.DatetimeIndex) -> pd.DataFrame:
    frame = _cross(dates)
    frame = frame[rng.random(len(frame)) < 0.5].reset_index(drop=True)
    segment = rng.choice(["young", "old", "Trade"], len(frame), p=[0.5, 0.3, 0.2])
    return frame.assign(segment=segment, units=rng.integers(1, 9, len(frame)).astype(float))


def _co_views(rng: np.random.Generator, dates: pd.DatetimeIndex) -> pd.DataFrame:
    frame = pd.MultiIndex.from_product([list(SKUS), dates[90:]], names=["sku", "date"])
    frame = frame.to_frame(index=False)
    return frame.assign(companion_views=rng.gamma(2.0, 5.0, len(frame)))


def _covariates(rng: np.random.Generator, dates: pd.DatetimeIndex) -> pd.DataFrame:
    """Temperature as forecast five days ahead and as measured, for the north alone; an index."""
    later = dates.append(dates[-1] + pd.to_timedelta(np.arange(1, 30), unit="D"))
    warm = 10 + 8 * np.sin(np.arange(len(later)) / 58)
    measured = pd.DataFrame({"date": later, "location": "north", "value": warm})
    forecast = measured.assign(
        value=warm + rng.normal(0, 2, len(later)), available_at=later - pd.Timedelta(days=5)
    )
    index = pd.DataFrame({"date": later[::30], "name": "price index", "value": rng.random(18)})
    index["available_at"] = index["date"] + pd.Timedelta(days=15)
    weather = pd.concat([measured, forecast]).assign(name="temperature")
    return pd.concat([weather, index], ignore_index=True)


def _cross(dates: pd.DatetimeIndex) -> pd.DataFrame:
    names = ["sku", "location", "date"]
    return pd.MultiIndex.from_product([list(SKUS), LOCATIONS, dates], names=names).to_frame(
        index=False
    )
