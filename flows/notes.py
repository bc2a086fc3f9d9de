"""What a run should say about its input: what is switched off, left out or suspicious."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import duckdb

from flows.intake import TableReport

__all__ = ["notes_on"]

_WITHOUT = {
    "stock": "sales are taken for demand, and order quantities stay empty",
    "products": "no costs, order sizes or attributes are known",
    "promotions": "promotions are not forecast",
    "prices": "price changes are not forecast",
    "browsing": "views and carts are not used",
    "purchase_orders": "lead times are as declared, and nothing counts as on order",
    "suppliers": "lead times and review days come from products or the settings",
}

_REFERENCES = {
    "supplier_id": ("suppliers", ("products", "purchase_orders", "supplier_items")),
    "sku": ("products", ("sales", "order_lines", "stock", "promotions", "prices")),
}


def notes_on(
    con: duckdb.DuckDBPyConnection,
    clean: Mapping[str, str],
    reports: Mapping[str, TableReport],
    *,
    returns: int,
) -> tuple[str, ...]:
    """Collect the notes on tables that were read, in the order of the contract.

    Parameters
    ----------
    clean : SQL of the rows that keep the contract, or of their skus, by table.
    returns : order lines of negative units.
    """
    found: list[str] = []
    for name, report in reports.items():
        found.extend(_on_table(name, report))
    for name, effect in _WITHOUT.items():
        if name not in reports or reports[name].path is None:
            found.append(f"without a usable table {name}: {effect}")
    if returns and "sales" in reports and reports["sales"].derived_from:
        found.append(
            f"order_lines: {returns} returns or cancellations are not counted as negative demand"
        )
    found.extend(_unknown(con, clean))
    return tuple(found)


def _on_table(name: str, report: TableReport) -> Iterator[str]:
    if report.derived_from:
        return
    if not report.rows_read:
        yield f"{name}: the table is empty and counts as missing"
    if report.rows_quarantined:
        yield f"{name}: {report.rows_quarantined} of {report.rows_read} rows went to quarantine"
    if report.rows_set_aside:
        yield f"{name}: {report.rows_set_aside} rows were not yet known and are set aside"
    if report.extra_columns:
        yield f"{name}: columns left out: {', '.join(report.extra_columns)}"
    if report.missing_columns:
        yield f"{name}: columns not there, what needs them is off: " + ", ".join(
            report.missing_columns
        )


def _unknown(con: duckdb.DuckDBPyConnection, clean: Mapping[str, str]) -> Iterator[str]:
    """Name what other tables refer to and the table of it does not hold."""
    for column, (home, others) in _REFERENCES.items():
        for other in others:
            if home not in clean or other not in clean:
                continue
            count, example = con.execute(
                f"SELECT count(DISTINCT {column}), min({column}) FROM {clean[other]} "
                f"WHERE {column} IS NOT NULL "
                f"AND {column} NOT IN (SELECT {column} FROM {clean[home]})"
            ).fetchall()[0]
            if count:
                yield f"{other}: {count} values of {column} are not in {home}, such as {example!r}"
