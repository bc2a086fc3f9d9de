"""Reordering rules into a running Odoo 19, over its JSON-2 interface.

After its documentation ("External JSON-2 API"): `POST /json/2/MODEL/METHOD` with named arguments,
`Authorization: bearer KEY` and `X-Odoo-Database`; one call is one transaction. Products are found
by internal reference, warehouses by code or name; a rule's place is its warehouse's stock location.
The key and the database come from `ODOO_API_KEY` and `ODOO_DATABASE`. Packages (`Multiple`) are
left as they are: the file tells them, this does not.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from flows.http_json import check_url, post_json
from flows.order_points import Written, changes
from stockalert.errors import UsageError

__all__ = ["Odoo", "open_odoo", "write_rules"]

_RULE = "stock.warehouse.orderpoint"
_AT_ONCE = 500


@dataclass(frozen=True)
class Odoo:
    """One database behind one key."""

    url: str
    headers: dict[str, str] = field(repr=False)

    def call(self, model: str, method: str, **arguments: Any) -> Any:
        """Call a method of a model."""
        return post_json(f"{self.url}/json/2/{model}/{method}", arguments, self.headers)

    def read(
        self, model: str, names: Sequence[str], *, by: str, values: Sequence[Any]
    ) -> pd.DataFrame:
        """Read the records whose field `by` has one of the values; of links, the id."""
        found: list[dict[str, Any]] = []
        for at in range(0, len(values), _AT_ONCE):
            domain = [[by, "in", list(values[at : at + _AT_ONCE])]]
            found += self.call(model, "search_read", domain=domain, fields=list(names))
        frame = pd.DataFrame(found, columns=["id", *names])
        for name in names:
            frame[name] = [x[0] if isinstance(x, list) else x for x in frame[name]]
        return frame


def open_odoo(url: str, *, insecure: bool = False) -> Odoo:
    """Return the interface of `https://HOST`.

    Raises
    ------
    UsageError
        The address or the key is missing or wrong in form.
    """
    base, key = check_url(url, insecure=insecure), os.environ.get("ODOO_API_KEY")
    if not key:
        raise UsageError("set ODOO_API_KEY (and ODOO_DATABASE where the host has several)")
    headers = {"Authorization": f"bearer {key}"}
    if database := os.environ.get("ODOO_DATABASE"):
        headers["X-Odoo-Database"] = database
    return Odoo(base, headers)


def write_rules(odoo: Odoo, rows: pd.DataFrame, names: pd.DataFrame) -> Written:
    """Create and update reordering rules; one that says the same already is left alone.

    Parameters
    ----------
    rows : as `stockalert.exports.odoo` writes them for Odoo 19
    names : sku and location of each row
    """
    codes = sorted(set(rows["product_id/id"]))
    known = odoo.read("product.product", ["default_code"], by="default_code", values=codes)
    by_code = known.drop_duplicates("default_code", keep=False).set_index("default_code")["id"]
    houses = _warehouses(odoo, sorted(set(rows["warehouse_id/id"])))
    product = rows["product_id/id"].map(by_code)
    place, house = (rows["warehouse_id/id"].map(houses[name]) for name in ("lot_stock_id", "id"))
    reason = pd.Series("", index=rows.index, dtype="str")
    reason = reason.mask(house.isna(), "Odoo has no warehouse of this code or name")
    reason = reason.mask(product.isna(), "Odoo has no product, or several, of this reference")
    go = reason == ""
    wanted = pd.DataFrame(
        {
            "product": product[go].astype("int64"),
            "place": place[go].astype("int64"),
            "house": house[go].astype("int64"),
            "minimum": rows["product_min_qty"][go].astype("float64"),
            "maximum": rows["product_max_qty"][go].astype("float64"),
        }
    )
    done = changes(wanted, _existing(odoo, wanted))
    _create(odoo, done.create)
    _update(odoo, done.update)
    return Written(
        len(done.create), len(done.update), done.unchanged, names.assign(reason=reason)[~go]
    )


def _warehouses(odoo: Odoo, called: list[str]) -> pd.DataFrame:
    """Warehouses and their stock locations, by what we call them: code before name."""
    names = ["code", "name", "lot_stock_id"]
    by_code, by_name = (
        odoo.read("stock.warehouse", names, by=by, values=called) for by in ("code", "name")
    )
    found = pd.concat(
        [by_code.assign(called=by_code["code"]), by_name.assign(called=by_name["name"])]
    )
    return found.drop_duplicates("called").set_index("called")[["id", "lot_stock_id"]]


def _existing(odoo: Odoo, wanted: pd.DataFrame) -> pd.DataFrame:
    names = ["product_id", "location_id", "product_min_qty", "product_max_qty"]
    numbers = sorted({int(number) for number in wanted["product"]})
    found = odoo.read(_RULE, names, by="product_id", values=numbers)
    return found.set_axis(["id", "product", "place", "minimum", "maximum"], axis=1)


def _create(odoo: Odoo, rows: pd.DataFrame) -> None:
    records = [
        {
            "product_id": row.product,
            "warehouse_id": row.house,
            "location_id": row.place,
            "product_min_qty": row.minimum,
            "product_max_qty": row.maximum,
            "trigger": "auto",
        }
        for row in rows.itertuples()
    ]
    for at in range(0, len(records), _AT_ONCE):
        odoo.call(_RULE, "create", vals_list=records[at : at + _AT_ONCE])


def _update(odoo: Odoo, rows: pd.DataFrame) -> None:
    """One call for all rules that get the same figures."""
    for _, same in rows.groupby(["minimum", "maximum"]):
        low, high = float(same["minimum"].iloc[0]), float(same["maximum"].iloc[0])
        values = {"product_min_qty": low, "product_max_qty": high}
        odoo.call(_RULE, "write", ids=[int(number) for number in same["id"]], vals=values)
