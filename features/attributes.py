"""Attributes of the product and the location, as category codes.

Codes are positions in a `Vocabulary` that is learned once, when a model is trained, and stored
with it: a name that comes up later is unknown to the model, and no code ever changes its meaning.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from features.panel import Panel
from features.tables import Tables, read_table
from stockalert.arrays import FloatArray, IntArray

if TYPE_CHECKING:
    from features.history import History

__all__ = [
    "Vocabulary",
    "attribute_codes",
    "attribute_features",
    "learn",
    "most_frequent",
    "read_attributes",
    "snake_case",
]

Vocabulary = dict[str, list[str]]
"""Names of each categorical fact, most frequent first; a code is a position in the list."""

MOST_NAMES = 200
MOST_ATTRIBUTES = 12
NOT_ATTRIBUTES = frozenset(
    {"sku", "location", "name", "planner", "tags", "replaces_sku", "substitute_group"}
)


def read_attributes(tables: Tables, panel: Panel) -> pd.DataFrame:
    """Read the text columns of products and locations, one row per series of the panel.

    Columns are named `attribute_…`, those of locations `attribute_location_…`. Dates and numbers
    are no attributes.
    """
    columns: dict[str, pd.Series] = {}
    for name, key, prefix in (("products", "sku", ""), ("locations", "location", "location_")):
        table = read_table(tables, name)
        if not len(table.columns):
            continue
        row = pd.Index(table[key].astype("str")).get_indexer(pd.Index(panel.series[key]))
        for column in table.columns.difference(list(NOT_ATTRIBUTES)):
            if isinstance(table[column].dtype, pd.CategoricalDtype):
                values = table[column].reindex(row).reset_index(drop=True)
                columns[f"attribute_{prefix}{snake_case(column)}"] = values.where(values != "")
    return pd.DataFrame(columns, index=range(panel.n_series))


def learn(attributes: pd.DataFrame) -> Vocabulary:
    """List the names of each attribute that tells series apart, most frequent first.

    Examples
    --------
    >>> learn(pd.DataFrame({"category": ["tea", "jam", "tea"], "unit": ["g", "g", "g"]}))
    {'category': ['tea', 'jam']}
    """
    names = {column: most_frequent(attributes[column]) for column in sorted(map(str, attributes))}
    telling = [column for column, found in names.items() if len(found) > 1]
    return {column: names[column][:MOST_NAMES] for column in telling[:MOST_ATTRIBUTES]}


def most_frequent(names: pd.Series) -> list[str]:
    """List the names that occur, most frequent first, ties in order of name.

    Examples
    --------
    >>> most_frequent(pd.Series(["tea", "jam", None, "tea", "ale"]))
    ['tea', 'ale', 'jam']
    """
    count = names.dropna().astype("str").value_counts()
    return sorted(map(str, count.index), key=lambda name: (-int(count[name]), name))


def snake_case(name: str) -> str:
    """Spell a free text as part of a feature name.

    Examples
    --------
    >>> snake_case("In-store Display")
    'in_store_display'
    """
    return re.sub(r"\W+", "_", name.strip().lower())


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
