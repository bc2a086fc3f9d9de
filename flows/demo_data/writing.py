"""The demo's data directory: real Complete Journey tables beside generated ones."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Literal, NamedTuple

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from flows.demo_data.journey import (
    CHOOSING_ENDS,
    FIRST_DAY,
    LAST_DAY,
    Dropped,
    keep_products,
    open_journey,
    read_customers,
    read_demand_lines,
    read_drops,
    read_products,
    read_weekly_prices,
)
from flows.demo_data.plans import read_promotions, shelf_price_moves
from flows.demo_data.replenishment import Replenishment, simulate
from flows.demo_data.shoppers import Sold, browse, serve, subscribe
from flows.demo_data.supply import Supply, draw_supply
from flows.progress import report
from stockalert.arrays import DateArray, FloatArray, IntArray
from stockalert.errors import OutputError

__all__ = ["DemoFacts", "DemoTable", "write_demo_data"]

_STAGE = "write the demo data"
Origin = Literal["real", "generated", "real, cut by generated stock-outs", "real and generated"]
_Tables = dict[str, tuple[pa.Table, Origin]]


class DemoTable(NamedTuple):
    """One written table: its name, its rows, and where its figures come from."""

    name: str
    rows: int
    origin: Origin


@dataclass(frozen=True)
class DemoFacts:
    """What the demo's data are, for the reader of its results.

    Attributes
    ----------
    skus : products kept
    first_day, last_day : the days of the sales
    lines : demand lines kept
    dropped : lines left out, by reason
    units_wanted, units_sold : real demand, and what the generated stock-outs left of it
    tables : the tables written
    truth : file with the demand that the tables do not show
    """

    skus: int
    first_day: date
    last_day: date
    lines: int
    dropped: tuple[Dropped, ...]
    units_wanted: int
    units_sold: int
    tables: tuple[DemoTable, ...]
    truth: Path

    @property
    def share_lost(self) -> float:
        """Share of the demand that met an empty shelf, 0..1."""
        return 1 - self.units_sold / self.units_wanted


@dataclass(frozen=True)
class _Shop:
    """Everything the tables are written from; arrays have one row per product."""

    products: pd.DataFrame
    sku: pa.Array
    days: DateArray
    lines: pd.DataFrame
    demand: IntArray
    daily: FloatArray
    supply: Supply
    stock: Replenishment
    sold: Sold


def write_demo_data(data: Path, *, seed: int = 7, max_products: int | None = None) -> DemoFacts:
    """Write the demo's input tables into the directory `data`; the same seed, the same bytes.

    Parameters
    ----------
    data : created where missing; tables of an earlier demo are replaced one by one.
    seed : of everything generated.
    max_products : keep only this many products, from the best to the slowest seller.

    Raises
    ------
    OutputError
        The directory cannot be written.
    """
    report(_STAGE, 0, 4)
    connection = open_journey()
    keep_products(connection, most=max_products)
    report(_STAGE, 1, 4)
    shop = _open_shop(read_products(connection), read_demand_lines(connection), seed)
    report(_STAGE, 2, 4)
    tables = _real_tables(connection, shop) | _shop_tables(shop, np.random.default_rng([seed, 2]))
    report(_STAGE, 3, 4)
    truth = data / "_truth" / "true_demand.parquet"
    _write(truth, _true_demand(shop))
    for name, (table, _) in tables.items():
        _write(data / f"{name}.parquet", table)
    report(_STAGE, 4, 4)
    return _facts(shop, tables, dropped=read_drops(connection), truth=truth)


def _facts(shop: _Shop, tables: _Tables, *, dropped: tuple[Dropped, ...], truth: Path) -> DemoFacts:
    return DemoFacts(
        skus=len(shop.products),
        first_day=FIRST_DAY,
        last_day=LAST_DAY,
        lines=len(shop.lines),
        dropped=dropped,
        units_wanted=int(shop.demand.sum()),
        units_sold=int(shop.sold.units.sum()),
        tables=tuple(
            DemoTable(name, table.num_rows, origin) for name, (table, origin) in tables.items()
        ),
        truth=truth,
    )


def _open_shop(products: pd.DataFrame, lines: pd.DataFrame, seed: int) -> _Shop:
    days = np.arange(np.datetime64(FIRST_DAY), np.datetime64(LAST_DAY) + 1)
    known = (CHOOSING_ENDS - FIRST_DAY).days
    demand = np.zeros((len(products), len(days)), dtype=np.int32)
    np.add.at(demand, (lines["item"], lines["day"]), lines["units"])
    daily = demand[:, :known].mean(axis=1)
    supply = draw_supply(products, daily, np.random.default_rng([seed, 0]))
    stock = simulate(demand, daily, supply, np.random.default_rng([seed, 1]))
    sku = pa.array(products["sku"], pa.string())
    sold = serve(lines, stock.opening)
    return _Shop(products, sku, days, lines, demand, daily, supply, stock, sold)


def _real_tables(connection: duckdb.DuckDBPyConnection, shop: _Shop) -> _Tables:
    prices = shelf_price_moves(read_weekly_prices(connection), shop.products["sku"])
    return {
        "promotions": (read_promotions(connection), "real"),
        "prices": (prices, "real"),
        "customers": (read_customers(connection), "real"),
    }


def _shop_tables(shop: _Shop, random: np.random.Generator) -> _Tables:
    start = (CHOOSING_ENDS - FIRST_DAY).days
    subscriptions, owner = subscribe(shop.lines, shop.sku, shop.days, start=start)
    share = shop.sold.in_stock_share
    browsing = browse(shop.demand, share, shop.daily, sku=shop.sku, days=shop.days, random=random)
    orders = shop.stock.orders.table(shop.sku, shop.supply, shop.days)
    return {
        "order_lines": (_order_lines(shop, owner), "real, cut by generated stock-outs"),
        "products": (_products(shop), "real and generated"),
        "suppliers": (shop.supply.suppliers_table(), "generated"),
        "stock": (_stock(shop), "generated"),
        "purchase_orders": (orders, "generated"),
        "browsing": (browsing, "generated"),
        "subscriptions": (subscriptions, "generated"),
    }


def _order_lines(shop: _Shop, owner: pd.Series) -> pa.Table:
    lines = shop.lines.assign(served=shop.sold.units, subscription_id=owner)
    lines = lines[lines["served"] > 0].sort_values(["sold_at", "order_id", "item"])
    return pa.table(
        {
            "order_id": pa.array(lines["order_id"]).cast(pa.string()),
            "ordered_at": pa.array(lines["sold_at"], pa.timestamp("us")),
            "sku": shop.sku.take(pa.array(lines["item"])),
            "units": lines["served"].to_numpy(),
            "customer_id": pa.array(lines["customer_id"]).cast(pa.string()),
            "unit_price": lines["unit_price"].to_numpy(),
            "subscription_id": pa.array(lines["subscription_id"], pa.string()),
        }
    )


def _products(shop: _Shop) -> pa.Table:
    frame = shop.products.drop(columns="manufacturer_id")
    table = pa.Table.from_pandas(frame, preserve_index=False).replace_schema_metadata(None)
    supply = shop.supply
    generated = {
        "supplier_id": supply.supplier_id.take(pa.array(supply.supplier)),
        "unit_cost": supply.unit_cost,
        "holding_rate": np.full(len(frame), 0.25),
        "moq": supply.moq,
        "case_pack": supply.case_pack,
    }
    for name, values in generated.items():
        table = table.append_column(name, pa.array(values))
    return table


def _stock(shop: _Shop) -> pa.Table:
    n, days = shop.stock.closing.shape
    return pa.table(
        {
            "sku": shop.sku.take(pa.array(np.repeat(np.arange(n), days))),
            "date": np.tile(shop.days, n),
            "on_hand": shop.stock.closing.ravel(),
            "in_stock_share": shop.sold.in_stock_share.ravel(),
        }
    )


def _true_demand(shop: _Shop) -> pa.Table:
    item, day = np.nonzero(shop.demand)
    return pa.table(
        {
            "sku": shop.sku.take(pa.array(item)),
            "date": shop.days[day],
            "units": shop.demand[item, day],
        }
    )


def _write(path: Path, table: pa.Table) -> None:
    partial = path.with_name(f".{path.name}.partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(table, partial, compression="zstd")
        os.replace(partial, path)
    except OSError as error:
        raise OutputError(f"cannot write {path}: {error.strerror or error}") from None
