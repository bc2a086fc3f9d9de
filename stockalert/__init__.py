"""The domain: tables, quantiles, lead times, service levels, policies and thresholds.

Everything here is pure: no clock, no network, no framework.
"""
