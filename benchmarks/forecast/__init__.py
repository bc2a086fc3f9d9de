"""Quantiles of demand over the protection interval, scored beside every peer on real data."""
