from __future__ import annotations

import os

import psycopg2
import pytest

from tests.servers.postgresql import PostgreSQL


def test_a_new_database_takes_tables_and_gives_them_back(postgres: PostgreSQL) -> None:
    shop = postgres.new_database()
    postgres.run("CREATE TABLE products (sku text, unit_cost numeric)", shop)
    postgres.run("INSERT INTO products VALUES (%s, %s), ('salt', 1)", shop, ("pepper", 2))
    assert postgres.run("SELECT sku FROM products ORDER BY sku", shop) == [("pepper",), ("salt",)]


def test_a_wrong_password_is_refused(postgres: PostgreSQL) -> None:
    with pytest.raises(psycopg2.OperationalError, match="authentication failed"):
        psycopg2.connect(postgres.url(password="open barley"))


def test_the_server_does_not_run_as_root(postgres: PostgreSQL) -> None:
    assert postgres.process is not None
    assert os.stat(f"/proc/{postgres.process.pid}").st_uid != 0


def test_a_stopped_server_starts_again_with_its_data(postgres: PostgreSQL) -> None:
    shop = postgres.new_database()
    postgres.run("CREATE TABLE kept (a int)", shop)
    postgres.stop()
    with pytest.raises(psycopg2.OperationalError):
        postgres.connect(shop)
    postgres.start()
    assert postgres.run("SELECT count(*) FROM kept", shop) == [(0,)]
