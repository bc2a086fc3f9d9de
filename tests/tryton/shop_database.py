"""Make the database of a small shop: `python shop_database.py FOLDER`; runs beside trytond.

Modules, a company with a chart of accounts, one supplier with a lead time per product, customers,
and twenty products, every fifth sold by weight. Written as FOLDER/shop.sqlite.
"""

from __future__ import annotations

import datetime as dt
import os
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

PRODUCTS, PASSWORD = 20, "only-for-this-test"


def lead_time_days(number: int) -> int:
    return 2 + number % 7


def main(folder: Path) -> None:
    config, password = folder / "trytond.conf", folder / "password"
    config.write_text(f"[database]\nuri = sqlite://\npath = {folder}\n")
    password.write_text(PASSWORD)
    (folder / "shop.sqlite").touch()
    admin = [str(Path(sys.executable).parent / "trytond-admin"), "-c", str(config), "-d", "shop"]
    options = ["-u", "ir", "res", "stock_supply", "--activate-dependencies", "--email", "a@b.c"]
    environment = os.environ | {"TRYTONPASSFILE": str(password)}
    subprocess.run([*admin, *options], check=True, env=environment, stdout=subprocess.DEVNULL)
    _fill(config)


def _fill(config_file: Path) -> None:
    from proteus import Model, config

    os.environ["TRYTOND_DATABASE_URI"] = "sqlite://"
    session = config.set_trytond("sqlite:///shop", config_file=str(config_file))
    _let_admin_do_all(Model)
    session._context = Model.get("res.user").get_preferences(True, {})
    from trytond.modules.account.tests.tools import create_chart, get_accounts
    from trytond.modules.company.tests.tools import create_company

    create_company()
    create_chart()
    category = Model.get("product.category")(name="goods", accounting=True)
    category.account_expense = get_accounts()["expense"]
    category.save()
    _one_storage_zone(Model)
    purchases = Model.get("purchase.configuration")(1)
    purchases.purchase_invoice_method = "manual"
    purchases.save()
    customers = Model.get("party.party")(name="Customers")
    customers.addresses.new()
    customers.save()
    supplier = Model.get("party.party")(name="Supplier")
    supplier.addresses.new()
    supplier.save()
    _products(Model, category, supplier)


def _let_admin_do_all(model: Any) -> None:
    groups = model.get("res.group").find([])
    (admin,) = model.get("res.user").find([("login", "=", "admin")])
    admin.groups.extend(groups)
    admin.save()


def _one_storage_zone(model: Any) -> None:
    """Goods come to and leave from the same zone, so that a shipment is one move."""
    (warehouse,) = model.get("stock.location").find([("type", "=", "warehouse")])
    warehouse.input_location = warehouse.output_location = warehouse.storage_location
    warehouse.save()


def _products(model: Any, category: Any, supplier: Any) -> None:
    units = {
        name: model.get("product.uom").find([("symbol", "=", name)])[0] for name in ("u", "kg")
    }
    for number in range(PRODUCTS):
        unit = units["kg" if number % 5 == 4 else "u"]
        template = model.get("product.template")(
            name=f"Item {number}", code=f"item {number:02d}", type="goods", default_uom=unit
        )
        template.list_price, template.purchasable = Decimal(2), True
        template.account_category = category
        terms = template.product_suppliers.new(party=supplier)
        terms.lead_time = dt.timedelta(days=lead_time_days(number))
        terms.prices.new(quantity=0, unit_price=Decimal(1))
        template.save()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
