"""Families against an independent computation: pandas, or a loop over days."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from features.browsing import browsing
from features.censoring import LEAST_SHARE
from features.demand_history import demand_history
from features.facts import Facts
from features.groups import group_totals
from features.history import Block, History
from features.horizon_calendar import horizon_calendar
from features.known_ahead import PromotionDays
from features.panel import Panel
from features.past_totals import past_totals
from features.prices import prices
from features.promotions import promotions
from features.seasonality import seasonality

DailyShop = tuple[Path, Panel, Facts]
CUTOFF = 470
HORIZONS = (1, 9, 40)


@pytest.fixture(scope="module")
def history(daily_shop: DailyShop) -> History:
    _, panel, facts = daily_shop
    whole = slice(0, panel.n_series)
    return Block(panel, facts, group_totals(panel, facts, [whole]), whole).until(CUTOFF)


@pytest.fixture(scope="module")
def horizons(history: History) -> np.ndarray:
    return np.tile(HORIZONS, (history.n_series, 1))


@pytest.fixture(scope="module")
def seen(history: History) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Units and share in stock by (series, day), masked days missing, days before the start 0."""
    units, share = pd.DataFrame(history.panel.units), pd.DataFrame(history.panel.observed)
    return units.where(share >= LEAST_SHARE, 0.0), share.where(share >= LEAST_SHARE, 0.0)


def _close(found: np.ndarray, expected: object) -> None:
    np.testing.assert_allclose(found, np.asarray(expected, dtype=float), rtol=1e-5, atol=1e-9)


@pytest.mark.parametrize("days", [7, 28, 91, 364])
def test_levels_are_units_over_time_in_stock(history, horizons, seen, days: int) -> None:
    units, share = (part.T.rolling(days, min_periods=1).sum().T[CUTOFF] for part in seen)
    found = demand_history(history, horizons)
    _close(found[f"level_{days}d"] * history.scale, units / share.where(share > 0))


def test_smoothed_levels_agree_with_pandas_ewm(history, horizons, seen) -> None:
    units, share = seen
    demand = (units / share.where(share > 0)).T
    expected = demand.apply(
        lambda days: days.dropna().ewm(span=28, adjust=False).mean().reindex(days.index).ffill()
    )
    found = demand_history(history, horizons)["smooth_28d"]
    _close(found * history.scale, expected.iloc[-1])


def test_largest_order_and_silence_are_those_of_the_record(history, horizons) -> None:
    found = demand_history(history, horizons)
    units = pd.DataFrame(history.panel.units)
    _close(found["largest_91d"] * history.scale, units.iloc[:, -91:].max(axis=1))
    visible = units.where(history.panel.observed >= LEAST_SHARE, 0)
    last = visible.apply(lambda row: row[row > 0].index.max(), axis=1)
    _close(np.expm1(found["silence"]), CUTOFF - last)


def test_interval_and_size_variation_are_those_of_visible_orders(daily_shop) -> None:
    _, panel, facts = daily_shop
    in_stock = replace(panel, observed=np.ones_like(panel.observed))
    whole = slice(0, panel.n_series)
    groups = group_totals(in_stock, facts, [whole])
    history = Block(in_stock, facts, groups, whole).until(CUTOFF)
    found = demand_history(history, np.ones((panel.n_series, 1), int))
    year = pd.DataFrame(panel.units[:, CUTOFF - 363 : CUTOFF + 1])
    orders = year.where(year > 0)
    _close(found["order_interval"], 364 / orders.count(axis=1).replace(0, np.nan))
    _close(found["size_variation"], orders.var(axis=1, ddof=0) / orders.mean(axis=1) ** 2)
    weekly = year.T[-182:].groupby(np.arange(182) // 7).sum() / 7
    _close(found["spread_weekly"] * history.scale, weekly.std(ddof=0))


@pytest.mark.parametrize(("column", "horizon"), list(enumerate(HORIZONS)))
def test_past_totals_are_quantiles_of_rolling_sums(
    history, horizons, seen, column: int, horizon: int
) -> None:
    units, share = (part.T.rolling(horizon).sum() for part in seen)
    totals = (units * horizon / share).where(share >= horizon / 2)
    found = past_totals(history, horizons)
    unit = horizon * history.scale
    for days, step in ((182, 2), (364, 4)):
        chosen = totals.iloc[CUTOFF::-step].iloc[: days // step]
        _close(found[f"total_mean_{days}d"][:, column] * unit, chosen.mean())
        _close(found[f"total_spread_{days}d"][:, column] * unit, chosen.std(ddof=0))
        _close(found[f"total_q900_{days}d"][:, column] * unit, chosen.quantile(0.9))
        _close(found[f"total_q500_{days}d"][:, column] * unit, chosen.median())
    _close(found["last_total"][:, column] * unit, totals.iloc[-1])


def test_last_years_window_starts_fifty_two_weeks_ago(history, horizons, seen) -> None:
    units, share = seen
    found = seasonality(history, horizons)
    for column, horizon in enumerate(HORIZONS):
        days = range(CUTOFF + 1 - 364, CUTOFF + 1 - 364 + horizon)
        rate = units[days].sum(axis=1) / share[days].sum(axis=1).where(
            lambda total, h=horizon: total >= h / 2
        )
        _close(found["last_year"][:, column] * history.scale, rate)
        before = units[range(days[0] - 56, days[0])].sum().sum() / 56
        _close(found["season_shop"][:, column], [units[days].sum().sum() / horizon / before] * 11)


def test_planned_promotions_are_those_announced_by_the_cutoff(
    daily_shop, history, horizons
) -> None:
    tables, panel, _ = daily_shop
    table = pd.read_parquet(tables / "promotions.parquet")
    categories = pd.read_parquet(tables / "products.parquet").set_index("sku")["category"]
    today = pd.Timestamp(panel.periods[CUTOFF])
    found = promotions(history, horizons)
    for (at, series), (column, horizon) in (
        (pair, one) for pair in panel.series.iterrows() for one in enumerate(HORIZONS)
    ):
        depths = []
        for ahead in range(1, horizon + 1):
            day = today + pd.Timedelta(days=ahead)
            running = table[
                (table["start_date"] <= day)
                & (day <= table["end_date"])
                & (table["announced_at"].fillna(table["start_date"]) <= today)
                & (table["location"].isna() | (table["location"] == series["location"]))
                & (
                    (table["sku"] == series["sku"])
                    | (table["sku"].isna() & (table["category"] == categories.get(series["sku"])))
                )
            ]
            depths.append(running["discount"].max() if len(running) else np.nan)
        assert found["promo_ahead"][at, column] == pytest.approx(np.isfinite(depths).mean())
        expected = np.nan_to_num(depths)
        assert found["promo_depth_max"][at, column] == pytest.approx(expected.max(), rel=1e-5)
        assert found["promo_depth_mean"][at, column] == pytest.approx(expected.mean(), rel=1e-5)


def test_the_planned_price_follows_the_announced_changes(daily_shop, history, horizons) -> None:
    tables, panel, _ = daily_shop
    table = pd.read_parquet(tables / "prices.parquet").sort_values("start_date")
    today = pd.Timestamp(panel.periods[CUTOFF])
    known = table[table["announced_at"].fillna(table["start_date"]) <= today]
    found = prices(history, horizons)["price_ahead"]
    for at, (sku, location) in enumerate(panel.series.itertuples(index=False)):
        own = known[(known["sku"] == sku) & (known["location"] == location)]
        listed = own.set_index("start_date")["unit_price"]
        for column, horizon in enumerate(HORIZONS):
            days = today + pd.to_timedelta(np.arange(horizon + 1), unit="D")
            plan = listed.reindex(listed.index.union(days)).ffill().reindex(days).to_numpy()
            _close(found[at, column], plan[1:].mean() / plan[0])


def test_a_promotion_that_doubles_sales_shows_as_an_uplift_of_two() -> None:
    n_periods, on = 400, np.arange(400) % 10 == 9
    units = np.tile(np.where(on, 20.0, 10.0), (4, 1)).astype(np.float32)
    panel = Panel(
        series=pd.DataFrame({"sku": list("abcd"), "location": "default"}),
        periods=np.datetime64("2023-01-01") + np.arange(n_periods),
        period_days=1,
        first=np.zeros(4, dtype=np.int32),
        units=units,
        observed=np.ones_like(units),
    )
    facts = Facts(groupings={"shop": np.zeros(4, int)}, promotions=_promotion_days(4, on))
    whole = slice(0, 4)
    history = Block(panel, facts, group_totals(panel, facts, [whole]), whole).until(380)
    found = promotions(history, np.full((4, 1), 10))
    assert found["promo_uplift"] == pytest.approx(np.full(4, 2.0), rel=0.1)
    assert found["promo_base"] * history.scale == pytest.approx(np.full(4, 10.0))
    assert found["promo_ahead"] == pytest.approx(np.full((4, 1), 0.1))


def _promotion_days(n_series: int, on: np.ndarray):
    day = np.flatnonzero(on)
    period = np.tile(day, n_series)
    ones = np.ones(len(period), dtype=np.float32)
    series = np.repeat(np.arange(n_series), len(day))
    return PromotionDays(series, period, period - 30, ones, ones / 4, ones.astype(np.int16) - 1)


def test_browsing_trends_are_ratios_of_daily_means(history, horizons) -> None:
    views = pd.DataFrame(history.panel.views)
    carts = pd.DataFrame(history.panel.carts)
    found = browsing(history, horizons)
    _close(
        found["views_7_28"],
        views.iloc[:, -7:].mean(axis=1) / views.iloc[:, -28:].mean(axis=1).replace(0, np.nan),
    )
    _close(
        found["cart_rate"],
        carts.iloc[:, -28:].sum(axis=1) / views.iloc[:, -28:].sum(axis=1).replace(0, np.nan),
    )


def test_weekday_mix_is_one_over_whole_weeks_and_knows_the_busy_saturday(history) -> None:
    weeks = np.tile([7, 28], (history.n_series, 1))
    _close(horizon_calendar(history, weeks)["weekday_mix"], np.ones(weeks.shape))
    tomorrow_is = [
        (history.panel.periods[CUTOFF].astype(int) + 3 + ahead) % 7 for ahead in range(1, 8)
    ]
    saturday = tomorrow_is.index(5) + 1
    one_day = horizon_calendar(history, np.tile(np.arange(1, 8), (history.n_series, 1)))
    mix = one_day["weekday_mix"] * np.arange(1, 8)
    daily = np.diff(mix, axis=1, prepend=0)
    selling = history.total("units", 182) > 50
    assert (daily[selling].argmax(axis=1) == saturday - 1).mean() > 0.8


def test_calendar_counts_the_holidays_of_the_country(history, horizons) -> None:
    found = horizon_calendar(history, horizons)
    last = history.panel.last_days(np.array([CUTOFF]))[0]
    assert str(last) == "2024-04-16"
    # England's early May bank holiday 2024 fell on Monday 6 May, twenty days later.
    assert found["holiday_next"].tolist() == [20.0] * history.n_series
    assert found["holidays"][0].tolist() == [0.0, 0.0, 1.0]
    assert found["weekday"][0] == 1.0
    assert found["month"][0] == 4.0
