"""Forecasts of lead-time demand and their proof."""
