"""What kind of series each is, as known at a cutoff."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from features.classes import whole_at
from features.facts import Facts
from features.panel import Panel


def test_a_series_is_sold_in_whole_units_until_it_sells_a_part_of_one(
    daily_shop: tuple[Path, Panel, Facts],
) -> None:
    _, panel, _ = daily_shop
    units = np.rint(panel.units)
    units[1, 30] = 0.5
    units[2, 0] = 1.25
    found = whole_at(replace(panel, units=units), np.array([0, 29, 30, 400]))
    assert found[:, 0].all()
    assert found[:, 1].tolist() == [True, True, False, False]
    assert not found[:, 2].any()
