"""Names of frames that kept their contract: what crosses a border says which table it is.

Each is minted by `stockalert.tables.checks`, never by hand elsewhere.
"""

from __future__ import annotations

from typing import NewType

import pandas as pd

__all__ = [
    "Browsing",
    "Classification",
    "Forecasts",
    "OrderProposals",
    "Prices",
    "Products",
    "Promotions",
    "PurchaseOrders",
    "Sales",
    "Stock",
    "SupplierItems",
    "Suppliers",
    "Thresholds",
]

Sales = NewType("Sales", pd.DataFrame)
Products = NewType("Products", pd.DataFrame)
Stock = NewType("Stock", pd.DataFrame)
PurchaseOrders = NewType("PurchaseOrders", pd.DataFrame)
Suppliers = NewType("Suppliers", pd.DataFrame)
SupplierItems = NewType("SupplierItems", pd.DataFrame)
Promotions = NewType("Promotions", pd.DataFrame)
Prices = NewType("Prices", pd.DataFrame)
Browsing = NewType("Browsing", pd.DataFrame)
Thresholds = NewType("Thresholds", pd.DataFrame)
Forecasts = NewType("Forecasts", pd.DataFrame)
OrderProposals = NewType("OrderProposals", pd.DataFrame)
Classification = NewType("Classification", pd.DataFrame)
