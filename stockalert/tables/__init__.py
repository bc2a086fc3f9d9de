"""The contract: every table that comes in or goes out, declared once."""

from __future__ import annotations

from stockalert.tables.columns import quantile_column
from stockalert.tables.declaration import Column, Table
from stockalert.tables.inputs import INPUT_TABLES
from stockalert.tables.outputs import OUTPUT_TABLES, forecasts_table, quarantine_table

__all__ = [
    "INPUT_TABLES",
    "OUTPUT_TABLES",
    "Column",
    "Table",
    "forecasts_table",
    "quantile_column",
    "quarantine_table",
]
