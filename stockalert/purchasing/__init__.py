"""From what is due tonight to purchase orders: per supplier, in lots, within limits."""

from __future__ import annotations
