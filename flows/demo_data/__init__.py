"""Data for the demo: a real grocer's year, with the missing tables generated around it."""

from __future__ import annotations

from flows.demo_data.writing import DemoFacts, DemoTable, write_demo_data

__all__ = ["DemoFacts", "DemoTable", "write_demo_data"]
