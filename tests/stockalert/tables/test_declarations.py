"""The tables promise what their readers rely on: names, never-null columns, keys, levels."""

from __future__ import annotations

import pytest

from stockalert.tables import (
    INPUT_TABLES,
    OUTPUT_TABLES,
    Table,
    forecasts_table,
    quarantine_table,
)

ALL_TABLES = [*INPUT_TABLES.values(), *OUTPUT_TABLES.values()]

PUBLIC_NEVER_NULL = {
    "sales": "sku date units_sold",
    "order_lines": "order_id ordered_at sku units",
    "products": "sku",
    "locations": "location",
    "stock": "sku date",
    "purchase_orders": "po_id sku units_ordered ordered_at",
    "suppliers": "supplier_id",
    "supplier_items": "sku supplier_id",
    "promotions": "start_date end_date",
    "prices": "sku start_date unit_price",
    "browsing": "sku date views",
    "events": "occurred_at session_id event sku",
    "subscriptions": "subscription_id sku units interval_days next_date",
    "covariates": "date name value",
    "customers": "customer_id",
    "ratings": "rated_at score",
    "thresholds": "sku location reorder_point safety_stock expected_demand order_up_to_level "
    "service_level service_level_source lead_time_days review_days protection_days q500 q800 "
    "q900 q950 q975 q990 method static_reorder_point formula_reorder_point",
}

THRESHOLD_COLUMNS = (
    "sku location reorder_point safety_stock expected_demand order_up_to_level order_quantity "
    "service_level service_level_source lead_time_days lead_time_sd_days review_days "
    "protection_days q500 q800 q900 q950 q975 q990 on_hand on_order inventory_position "
    "stockout_probability days_of_cover order_by_date abc_class xyz_class demand_pattern method "
    "model_version static_reorder_point formula_reorder_point previous_reorder_point "
    "change_reason calibration_group coverage_recent "
    "order_note"  # more may follow the promised columns
)


@pytest.mark.parametrize("name", PUBLIC_NEVER_NULL)
def test_exactly_the_promised_columns_are_never_null(name: str) -> None:
    table = (INPUT_TABLES | OUTPUT_TABLES)[name]
    required = [column.name for column in table.columns if column.required]
    assert required == PUBLIC_NEVER_NULL[name].split()


def test_thresholds_have_their_public_columns_in_order() -> None:
    assert OUTPUT_TABLES["thresholds"].names == tuple(THRESHOLD_COLUMNS.split())


@pytest.mark.parametrize("table", ALL_TABLES, ids=lambda table: table.name)
def test_every_table_is_consistent_in_itself(table: Table) -> None:
    assert len(set(table.names)) == len(table.names)
    assert table.columns
    named = {*table.key, *sum(table.rising, ()), *sum(table.any_of, ())}
    assert named <= set(table.names)


@pytest.mark.parametrize("table", ALL_TABLES, ids=lambda table: table.name)
def test_every_number_has_a_unit_and_every_column_a_meaning(table: Table) -> None:
    for column in table.columns:
        assert column.meaning
        assert "|" not in column.meaning
        assert bool(column.unit) == (column.kind in {"number", "integer"}), column.name


def test_keys_of_published_tables_are_never_null_but_for_an_unknown_supplier() -> None:
    nullable = {
        (table.name, name)
        for table in OUTPUT_TABLES.values()
        for name in table.key
        if not table.column(name).required
    }
    assert nullable == {("order_proposals", "supplier_id")}


def test_forecasts_follow_the_levels_of_the_settings() -> None:
    table = forecasts_table((0.99, 0.05, 0.5))
    assert table.names[3:-1] == ("q050", "q500", "q990")
    assert table.rising == (("q050", "q500"), ("q500", "q990"))


def test_quarantine_keeps_every_column_as_text_so_that_nothing_is_lost() -> None:
    table = quarantine_table(INPUT_TABLES["sales"])
    assert table.names == (*INPUT_TABLES["sales"].names, "reason")
    assert {column.kind for column in table.columns} == {"string"}
    assert table.open_text
