"""No feature sees past its cutoff: whatever happens later, the features stay the same."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from features.build import FAMILIES, build_rows
from features.covariates import Covariates
from features.customer_units import CompanionViews, SegmentUnits
from features.facts import Facts, read_facts
from features.known_ahead import PriceChanges, PromotionDays, TimedFacts
from features.life_dates import LifeDates
from features.order_days import OrderDays
from features.panel import MEASURES, Panel
from features.reading import read_panel

Shop = tuple[Path, str, Panel, Facts]


def _after(panel: Panel, cutoff: int, seed: int) -> Panel:
    """Change every measure after the cutoff."""
    rng = np.random.default_rng(seed)
    changed = {}
    for name in MEASURES:
        data = getattr(panel, name).copy()
        later = data[:, cutoff + 1 :]
        later[:] = rng.random(later.shape) if name == "observed" else rng.poisson(50, later.shape)
        changed[name] = data
    return replace(panel, **changed)


def _told_later(facts: Facts, panel: Panel, cutoff: int, seed: int) -> Facts:
    """Replace all that was told of after the cutoff by something else."""
    rng, n = np.random.default_rng(seed), 400
    series = np.sort(rng.integers(0, panel.n_series, n))
    period = rng.integers(0, panel.n_periods + 30, n)
    known = rng.integers(cutoff + 1, panel.n_periods + 30, n)
    random = rng.random(n).astype(np.float32)
    promotions = PromotionDays(
        series, period, known, random, random, rng.integers(0, 2, n).astype(np.int16)
    )
    prices = PriceChanges(series, period, known, random)
    orders = OrderDays(series, known, known, *[random * 50] * 10)
    segments = SegmentUnits(series, known, known, rng.integers(0, 3, n), random)
    companions = CompanionViews(series, known, known, random * 90)
    assert facts.promotions is not None
    assert facts.prices is not None
    assert facts.orders is not None
    assert facts.segments is not None
    assert facts.companions is not None
    return replace(
        facts,
        covariates=_measured_later(facts.covariates, cutoff, rng),
        life=_ended_later(facts.life, panel, cutoff),
        promotions=_merged(facts.promotions.until(cutoff), promotions),
        prices=_merged(facts.prices.until(cutoff), prices),
        orders=_merged(facts.orders.until(cutoff), orders),
        segments=_merged(facts.segments.until(cutoff), segments),
        companions=_merged(facts.companions.until(cutoff), companions),
    )


def _measured_later(figures: Covariates | None, cutoff: int, rng: np.random.Generator):
    """Other figures, and other versions of the old ones, told of after the cutoff."""
    assert figures is not None
    told = figures.until(cutoff)
    again = replace(told, known=told.known + cutoff + 1, value=told.value + 50)
    fields = [name for name in vars(told) if name != "places"]
    both = {name: np.concatenate([vars(told)[name], vars(again)[name]]) for name in fields}
    order = np.lexsort([both[name] for name in ("known", "period", "place", "name")])
    return replace(told, **{name: values[order] for name, values in both.items()})


def _ended_later(life: LifeDates | None, panel: Panel, cutoff: int) -> LifeDates:
    """Ends and replacements more than four weeks ahead, on another day or not at all."""
    assert life is not None
    ahead = panel.last_days(np.array([cutoff]))[0] + np.timedelta64(28, "D")
    end = np.where(life.end > ahead, life.end + np.timedelta64(40, "D"), life.end)
    late = np.where(life.successor > ahead, np.datetime64("NaT"), life.successor)
    return LifeDates(end, late)


def _merged(one: TimedFacts, other: TimedFacts):
    fields = {name: np.concatenate([vars(one)[name], vars(other)[name]]) for name in vars(one)}
    order = np.lexsort((fields["known"], fields["period"], fields["series"]))
    return type(one)(**{name: values[order] for name, values in fields.items()})


@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
@pytest.mark.parametrize("family", FAMILIES)
def test_nothing_after_the_cutoff_reaches_a_family(
    any_shop: Shop, family: str, share: float
) -> None:
    _, _, panel, facts = any_shop
    cutoff = int(share * panel.n_periods)
    horizons = np.tile([1, 4, 30], (panel.n_series, 1))

    def built(panel: Panel, facts: Facts):
        only = {family: FAMILIES[family]}
        return build_rows(
            panel, facts, cutoffs=[cutoff], horizons=horizons, with_target=False, families=only
        )

    before = built(panel, facts)
    after = built(_after(panel, cutoff, seed=5), _told_later(facts, panel, cutoff, seed=6))
    np.testing.assert_array_equal(before.values, after.values)
    np.testing.assert_array_equal(before.scale, after.scale)
    np.testing.assert_array_equal(before.abc, after.abc)
    np.testing.assert_array_equal(before.pattern, after.pattern)


def test_a_night_in_the_past_built_the_rows_that_training_sees_today(any_shop: Shop) -> None:
    tables, period, panel, facts = any_shop
    cutoff = int(0.8 * panel.n_periods)
    horizons = np.tile([2, 9], (panel.n_series, 1))
    as_of: date = panel.last_days(np.array([cutoff]))[0].astype(object)
    then = read_panel(tables, period=period, as_of=as_of)
    facts_then = read_facts(tables, then, country="GB", vocabulary=facts.vocabulary)
    today = build_rows(panel, facts, cutoffs=[cutoff], horizons=horizons, with_target=False)
    past = build_rows(
        then, facts_then, cutoffs=[then.n_periods - 1], horizons=horizons, with_target=False
    )
    assert past.names == today.names
    np.testing.assert_array_equal(past.cutoff, today.cutoff)
    np.testing.assert_array_equal(past.values, today.values)
    np.testing.assert_array_equal(past.abc, today.abc)


def test_the_target_does_see_what_comes_after(any_shop: Shop) -> None:
    _, _, panel, facts = any_shop
    cutoff = int(0.5 * panel.n_periods)
    horizons = np.full((panel.n_series, 1), 8)
    changed = _after(panel, cutoff, seed=5)
    before, after = (
        build_rows(p, facts, cutoffs=[cutoff], horizons=horizons, with_target=True)
        for p in (panel, changed)
    )
    assert before.demand is not None
    assert after.demand is not None
    assert not np.array_equal(before.demand, after.demand)
