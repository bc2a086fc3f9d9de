"""Let days pass in a running Tryton: `python replay.py URL PASSWORD CALENDAR DAYS`; beside proteus.

DAYS is a JSON list of {"day", "receive", "ship"}: units by product code. Each day, over XML-RPC:
planned deliveries of the day arrive, `receive` is found in the store (opening stock), `ship` goes
to customers as one shipment, then Tryton's own supply run raises purchase requests, which become a
purchase that is confirmed and processed. Prints a JSON list of {code: units requested}, by day.
"""

from __future__ import annotations

import datetime as dt
import json
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any


class Shop:
    """What a day needs to know; calls go straight to the server, many records at a time."""

    def __init__(self, config: Any, model: Any, wizard: Any) -> None:
        self.config, self.model, self.wizard = config, model, wizard
        find = lambda name, *where: model.get(name).find(list(where))  # noqa: E731
        (self.warehouse,) = find("stock.location", ("type", "=", "warehouse"))
        (self.suppliers,) = find("stock.location", ("type", "=", "supplier"))
        self.found, *_ = find("stock.location", ("type", "=", "lost_found"))
        (self.out_there,) = find("stock.location", ("type", "=", "customer"))
        (self.customers,) = find("party.party", ("name", "=", "Customers"))
        (self.company,) = find("company.company")
        self.store = self.warehouse.storage_location
        found = self.call("product.product.search_read", [], 0, None, None, ["code", "default_uom"])
        self.products = {row["code"]: row for row in found}

    def call(self, method: str, *arguments: Any) -> Any:
        name, _, method = method.rpartition(".")
        return getattr(self.config.get_proxy(name), method)(*arguments, self.config.context)

    def moves(self, units: dict[str, float], start: Any, end: Any) -> list[dict[str, Any]]:
        price = {"unit_price": Decimal(1), "currency": self.company.currency.id}
        priced = price if end is self.out_there else {}
        return [
            {
                "product": self.products[code]["id"],
                "unit": self.products[code]["default_uom"],
                "quantity": amount,
                "from_location": start.id,
                "to_location": end.id,
                "company": self.company.id,
                **priced,
            }
            for code, amount in units.items()
            if amount
        ]

    def receive(self, units: dict[str, float]) -> None:
        if moves := self.moves(units, self.found, self.store):
            self.call("stock.move.do", self.call("stock.move.create", moves))

    def arrive(self, day: dt.date) -> None:
        planned = [
            ("planned_date", "<=", day),
            ("state", "=", "draft"),
            ("from_location", "=", self.suppliers.id),
        ]
        if moves := self.call("stock.move.search", planned, 0, None, None):
            self.call("stock.move.do", moves)

    def ship(self, day: dt.date, units: dict[str, float]) -> None:
        if not (moves := self.moves(units, self.store, self.out_there)):
            return
        shipment = {
            "company": self.company.id,
            "customer": self.customers.id,
            "delivery_address": self.customers.addresses[0].id,
            "warehouse": self.warehouse.id,
            "warehouse_storage": self.store.id,
            "warehouse_output": self.store.id,
            "planned_date": day,
            "outgoing_moves": [("create", moves)],
        }
        made = self.call("stock.shipment.out.create", [shipment])
        for step in ("wait", "assign_force", "pack", "do"):
            self.call(f"stock.shipment.out.{step}", made)

    def supply(self) -> dict[str, float]:
        """Tryton's supply run; what it requests is bought at once."""
        self.wizard("stock.supply").execute("create_")
        requests = self.model.get("purchase.request").find([("state", "=", "draft")])
        if requests:
            self.buy(requests)
        asked = self.call(
            "purchase.request.read", [r.id for r in requests], ["product.code", "quantity"]
        )
        return {row["product."]["code"]: row["quantity"] for row in asked}

    def buy(self, requests: Any) -> None:
        self.wizard("purchase.request.create_purchase", requests)
        purchases = self.call("purchase.purchase.search", [("state", "=", "draft")], 0, None, None)
        for step in ("quote", "confirm", "process"):
            self.call(f"purchase.purchase.{step}", purchases)


def main(url: str, password: str, calendar: Path, days: Path) -> None:
    from proteus import Model, Wizard
    from proteus.config import set_xmlrpc_session

    told = []
    with set_xmlrpc_session(url, "admin", password) as config:
        shop = Shop(config, Model, Wizard)
        for entry in json.loads(days.read_text()):
            day = dt.date.fromisoformat(entry["day"])
            calendar.write_text(day.isoformat())
            shop.arrive(day)
            shop.receive(entry["receive"])
            shop.ship(day, entry["ship"])
            told.append(shop.supply())
    print(json.dumps(told))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], Path(sys.argv[3]), Path(sys.argv[4]))
