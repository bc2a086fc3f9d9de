"""Attributes of the product and the location, as category codes.

Codes are positions in a `Vocabulary` that is learned once, when a model is trained, and stored
with it: a name that comes up later is unknown to the model, and no code ever changes its meaning.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from features.panel import Panel
from features.tables import read_table
from stockalert.arrays import FloatArray, IntArray

if TYPE_CHECKING:
    from features.history import History

__all__ = ["Vocabulary", "attribute_codes", "attribute_features", "learn", "read_attributes"]

Vocabulary = dict[str, list[str]]
"""Names of each categorical fact, most frequent first; a code is a position in the list."""

MOST_NAMES = 200
MOST_ATTRIBUTES = 12
NOT_ATTRIBUTES = frozenset(
    {"sku", "location", "name", "planner", "tags", "replaces_sku", "substitute_group"}
)


def read_attributes(tables: Path, panel: Panel) -> pd.DataFrame:
    """Read the text columns of products and locations, one row per series of the panel.

    Columns of locations are named `location_…`. Dates and numbers are no attributes.
    """
    columns: dict[str, pd.Series] = {}
    for name, key, prefix in (("products", "sku", ""), ("locations", "location", "location_")):
        table = read_table(tables, name)
        if not len(table):
            continue
        row = pd.Index(table[key].astype("str")).get_indexer(pd.Index(panel.series[key]))
        for column in table.columns.difference(list(NOT_ATTRIBUTES)):
            if isinstance(table[column].dtype, pd.CategoricalDtype):
                values = table[column].reindex(row).reset_index(drop=True)
                columns[prefix + column] = values.where(values != "")
    return pd.DataFrame(columns, index=range(panel.n_series))


def learn(attributes: pd.DataFrame) -> Vocabulary:
    """List the names of each attribute that tells series apart, most frequent first.

    Examples
    --------
    >>> learn(pd.DataFrame({"category": ["tea", "jam", "tea"], "unit": ["g", "g", "g"]}))
    {'category': ['tea', 'jam']}
    """
    counts = {column: attributes[column].value_counts() for column in sorted(map(str, attributes))}
    telling = [column for column, count in counts.items() if (count > 0).sum() > 1]
    return {column: _most_frequent(counts[column]) for column in telling[:MOST_ATTRIBUTES]}


def attribute_codes(attributes: pd.DataFrame, vocabulary: Vocabulary) -> dict[str, IntArray]:
    """Code of each series' attributes, int32 (n_series,); -1 = unknown to the vocabulary."""
    codes = {}
    for column, names in vocabulary.items():
        held = attributes.get(column, pd.Series(pd.NA, index=attributes.index, dtype="str"))
        codes[column] = pd.Index(names).get_indexer(pd.Index(held.astype("object")))
    return {column: found.astype(np.int32) for column, found in codes.items()}


def attribute_features(history: History, horizons: IntArray) -> dict[str, FloatArray]:
    """Family: the codes themselves; unknown becomes NaN."""
    codes = history.facts.attributes
    return {name: np.where(code < 0, np.nan, code) for name, code in codes.items()}


def _most_frequent(count: pd.Series) -> list[str]:
    named = count[count > 0].rename_axis("name").rename("count").reset_index()
    named["name"] = named["name"].astype("str")
    ordered = named.sort_values(["count", "name"], ascending=[False, True])
    return [str(name) for name in ordered["name"].head(MOST_NAMES)]
