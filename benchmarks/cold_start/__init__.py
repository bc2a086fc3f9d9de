"""Forecasts of series in their first weeks, from launches simulated by cutting history."""
