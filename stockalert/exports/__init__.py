"""The served thresholds in the form of the systems that order: one file per target.

An exporter's job is that the target places the orders that our table means; copying the number is
not enough. Each target's file holds its form and a small model of its own rule.
"""

from __future__ import annotations

from stockalert.exports.business_central import BUSINESS_CENTRAL
from stockalert.exports.d365 import D365
from stockalert.exports.erpnext import ERPNEXT
from stockalert.exports.export import Export, export
from stockalert.exports.frepple import FREPPLE
from stockalert.exports.netsuite import NETSUITE
from stockalert.exports.odoo import ODOO17, ODOO18, ODOO19
from stockalert.exports.rules import OrderRules, order_rules, quantity_meant
from stockalert.exports.shopify import SHOPIFY
from stockalert.exports.target import Target
from stockalert.exports.tryton import TRYTON
from stockalert.exports.woocommerce import WOOCOMMERCE, WOOCOMMERCE_BATCH

__all__ = [
    "TARGETS",
    "WOOCOMMERCE_BATCH",
    "Export",
    "OrderRules",
    "Target",
    "export",
    "order_rules",
    "quantity_meant",
]

TARGETS = {
    target.name: target
    for target in (
        *(TRYTON, ODOO17, ODOO18, ODOO19, ERPNEXT, NETSUITE, D365, BUSINESS_CENTRAL),
        *(WOOCOMMERCE, SHOPIFY, FREPPLE),
    )
}
