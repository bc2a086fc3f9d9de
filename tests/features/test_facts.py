"""Codes keep their meaning from training to prediction, and bad settings say so."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from features.attributes import attribute_codes, learn
from features.facts import read_facts
from features.reading import read_panel
from stockalert.errors import UsageError


def test_a_category_first_seen_at_prediction_is_unknown_and_shifts_no_code() -> None:
    then = pd.DataFrame({"category": ["tea", "jam", "tea", "oats"]})
    vocabulary = learn(then)
    now = pd.DataFrame({"category": ["apples", "oats", None, "tea"]})
    assert vocabulary == {"category": ["tea", "jam", "oats"]}
    assert attribute_codes(now, vocabulary)["category"].tolist() == [-1, 2, -1, 0]
    assert attribute_codes(now.iloc[:0], vocabulary)["category"].tolist() == []
    assert attribute_codes(pd.DataFrame(index=range(2)), vocabulary)["category"].tolist() == [
        -1,
        -1,
    ]


def test_attributes_are_joined_to_series_and_spelled_as_names(write_shop, tmp_path: Path) -> None:
    panel = read_panel(tmp_path, period="D", as_of=write_shop(tmp_path))
    products = pd.read_parquet(tmp_path / "products.parquet")
    products.assign(**{"Age band": ["old", "new", "", "old", "new"]}).to_parquet(
        tmp_path / "products.parquet", index=False
    )
    facts = read_facts(tmp_path, panel)
    assert set(facts.attributes) == {
        "attribute_age_band",
        "attribute_brand",
        "attribute_category",
        "attribute_location_country",
    }
    names = facts.vocabulary["attribute_age_band"]
    bands = [names[code] if code >= 0 else None for code in facts.attributes["attribute_age_band"]]
    by_sku = dict(zip(panel.series["sku"], bands, strict=True))
    assert by_sku == {
        "coffee": "old", "tea": "new", "jam": None, "honey": "old", "oats": "new", "cocoa": None
    }  # fmt: skip


def test_a_promotion_counts_in_every_period_that_it_touches(tmp_path: Path) -> None:
    mondays = pd.to_datetime(["2024-03-04", "2024-03-11", "2024-03-18"])
    pd.DataFrame({"sku": "tea", "location": "a", "date": mondays, "units_sold": 1.0}).to_parquet(
        tmp_path / "sales.parquet"
    )
    pd.DataFrame(
        {
            "sku": ["tea"],
            "start_date": pd.to_datetime(["2024-03-09"]),
            "end_date": pd.to_datetime(["2024-03-13"]),
            "discount": [0.2],
            "channel": ["In-store Display"],
            "announced_at": pd.to_datetime(["2024-03-01"]),
        }
    ).to_parquet(tmp_path / "promotions.parquet")
    panel = read_panel(tmp_path, period="W-MON", as_of=pd.Timestamp("2024-03-24").date())
    facts = read_facts(tmp_path, panel)
    assert facts.promotions is not None
    assert facts.promotions.period.tolist() == [0, 1]
    np.testing.assert_allclose(facts.promotions.share, [2 / 7, 3 / 7])
    assert facts.promotions.known.tolist() == [-1, -1]
    assert facts.vocabulary["promotion_channel"] == ["in_store_display"]


def test_an_unknown_country_is_a_usage_error(daily_shop) -> None:
    tables, panel, _ = daily_shop
    with pytest.raises(UsageError, match=r"calendar\.country: expected an ISO country code"):
        read_facts(tables, panel, country="Atlantis")
