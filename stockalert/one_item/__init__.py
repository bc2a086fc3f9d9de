"""Ordering for one item, for a shop without history or infrastructure."""

from stockalert.one_item.item import OneItem, Outlook

__all__ = ["OneItem", "Outlook"]
