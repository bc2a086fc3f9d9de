"""Tables from a real PostgreSQL: the same figures as from files, and every fault in plain words."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

import adbc_driver_postgresql.dbapi as adbc
import pandas as pd
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.databases import fetch_tables
from flows.ingest import ingest
from flows.refresh import refresh
from flows.settings_sources import SourceSettings, filled_in
from flows.sources import InputPlace, find_sources
from flows.validate import validate
from stockalert.errors import ContractError, SourceError, StockalertError, UsageError
from tests.flows.conftest import Season, served
from tests.flows.corner_shop import SECOND_NIGHT, SETTINGS, corner_shop
from tests.servers.postgresql import PASSWORD, PostgreSQL, postgresql

TABLES = ("sales", "stock", "browsing", "products", "suppliers", "purchase_orders", "promotions")
OPTIONS = {"period": "D", "as_of": SECOND_NIGHT, "today": SECOND_NIGHT, "max_share": 0.01}
SECRET = "pepper/42@%:mill"
ONE_SALE = "SELECT 'salt' AS sku, date '2024-03-01' AS date, 2 AS units_sold"

# As a shop would declare it: exact prices, dates without a time, moments with their zone.
SHOP_TYPES = """
ALTER TABLE sales ALTER date TYPE date, ALTER units_sold TYPE numeric(12, 3);
ALTER TABLE sales ALTER unit_price TYPE numeric;
ALTER TABLE stock ALTER date TYPE date, ALTER on_hand TYPE integer;
ALTER TABLE products ALTER unit_cost TYPE numeric(10, 4), ALTER sku TYPE varchar(40);
ALTER TABLE purchase_orders ALTER ordered_at TYPE timestamptz, ALTER received_at TYPE timestamp;
"""


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return corner_shop(tmp_path_factory.mktemp("files") / "data")


@pytest.fixture(scope="module")
def shop(postgres: PostgreSQL, files: Path) -> str:
    """A database with the corner shop's tables; its reader `till` may read, and has a password."""
    name = postgres.new_database()
    with adbc.connect(postgres.url(name)) as connection, connection.cursor() as cursor:
        for table in TABLES:
            cursor.adbc_ingest(table, pq.read_table(files / f"{table}.parquet"))
        connection.commit()
    postgres.run(SHOP_TYPES, name)
    postgres.run("DROP ROLE IF EXISTS till")
    postgres.run("CREATE ROLE till LOGIN PASSWORD %s", rows=(SECRET,))
    postgres.run("GRANT SELECT ON ALL TABLES IN SCHEMA public TO till", name)
    return name


@pytest.fixture
def fetch(postgres: PostgreSQL, shop: str, tmp_path: Path):
    """Read one table by a query, without patience."""

    def read(query: str = "", table: str = "sales", **options: object) -> pd.DataFrame:
        url = options.pop("url", postgres.url(shop))
        waits = options.pop("waits", (0.05,))
        source = SourceSettings(url=url, query=query, **options)
        return pd.read_parquet(fetch_tables({table: source}, tmp_path, waits=waits)[table])

    return read


def sources(postgres: PostgreSQL, shop: str) -> dict[str, SourceSettings]:
    return {table: SourceSettings(url=postgres.url(shop)) for table in TABLES}


def test_canonical_tables_are_the_same_to_the_bit_as_from_files(
    postgres: PostgreSQL, shop: str, files: Path, tmp_path: Path
) -> None:
    alike = tmp_path / "files"
    alike.mkdir()
    for table in TABLES:
        (alike / f"{table}.parquet").symlink_to(files / f"{table}.parquet")
    here = ingest(alike, tmp_path / "a", **OPTIONS)
    place = InputPlace(tmp_path / "nothing here", sources(postgres, shop))
    there = ingest(place, tmp_path / "b", **OPTIONS)
    for table in TABLES:
        told = pq.read_table(there.tables[table].path)
        assert told.equals(pq.read_table(here.tables[table].path)), table
        assert told.num_rows, table
    assert any("every table comes from a database" in note for note in there.notes)


@pytest.mark.slow
def test_a_night_from_the_database_is_the_night_from_files_and_keeps_no_password(
    *,
    season: Season,
    postgres: PostgreSQL,
    shop: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    store = f'{SETTINGS}\n[paths]\ntracking_uri = "sqlite:///{season.out}/mlflow.db"\n'
    (tmp_path / "files.toml").write_text(store)
    address = f"postgresql://till:${{TILL_PASSWORD}}@127.0.0.1:{postgres.port}/{shop}"
    lines = [f'[sources.{table}]\nurl = "{address}"\n' for table in TABLES]
    (tmp_path / "database.toml").write_text(store + "".join(lines))
    monkeypatch.setenv("TILL_PASSWORD", SECRET)
    rest = tmp_path / "rest"
    rest.mkdir()
    (rest / "prices.parquet").symlink_to(season.data / "prices.parquet")

    refresh(season.data, tmp_path / "a", SECOND_NIGHT, tmp_path / "files.toml")
    refresh(rest, tmp_path / "b", SECOND_NIGHT, tmp_path / "database.toml")

    for table in ("thresholds", "forecasts", "order_proposals"):
        a, b = served(tmp_path / "a", table), served(tmp_path / "b", table)
        pd.testing.assert_frame_equal(a, b, check_exact=True)
    assert len(served(tmp_path / "b")) > 20
    kept = [path for path in (tmp_path / "b").rglob("*") if path.is_file()]
    assert any(path.name == "settings.toml" for path in kept)
    told = "".join(capfd.readouterr()).encode()
    for secret in (SECRET, quote(SECRET, safe="")):
        assert secret.encode() not in told
        assert not [path for path in kept if secret.encode() in path.read_bytes()]


def test_types_of_a_real_shop_arrive_as_what_they_mean(
    postgres: PostgreSQL, shop: str, tmp_path: Path
) -> None:
    postgres.run(
        "CREATE TYPE channel AS ENUM ('shop', 'web');"
        "CREATE TABLE order_lines (order_id uuid, ordered_at timestamptz, sku bpchar(8), "
        "units numeric, unit_price money, channel channel, gift boolean, note jsonb, ip inet);"
        "INSERT INTO order_lines VALUES ('8b7f2f0c-0000-4000-8000-00000000000a', "
        "'2024-03-01 23:30+00', 'salt', 2.50, 3, 'web', true, '{}', '10.0.0.1'),"
        "('8b7f2f0c-0000-4000-8000-00000000000b', '2024-03-02 12:00+00', 'salt', 'NaN', 3, 'web', "
        "false, '{}', null)",
        shop,
    )
    query = "SELECT *, unit_price::numeric AS unit_price FROM order_lines"
    columns = "order_id, ordered_at, sku, units, channel, gift, note, ip, unit_price::numeric"
    url = f"{postgres.url(shop)}?options=-c%20TimeZone%3DEurope/Paris"
    source = {"order_lines": SourceSettings(url=url, query=f"SELECT {columns} FROM order_lines")}
    day = date(2024, 3, 2)
    options = {**OPTIONS, "as_of": day, "max_share": 0.6}
    intake = ingest(InputPlace(tmp_path / "none", source), tmp_path / "work", **options)
    line = pd.read_parquet(intake.tables["order_lines"].path).iloc[0]
    assert line["order_id"] == "8b7f2f0c-0000-4000-8000-00000000000a"
    assert (line["sku"], line["units"], line["unit_price"]) == ("salt", 2.5, 3.0)
    assert str(line["ordered_at"]) == "2024-03-02 00:30:00", "what the clock showed in Paris"
    report = intake.tables["order_lines"]
    assert (report.rows_kept, report.rows_quarantined) == (1, 1), "NaN units are no units"
    assert set(report.extra_columns) == {"channel", "gift", "note", "ip"}
    with pytest.raises(UsageError, match="'unit_price' 2 times"):
        ingest(
            InputPlace(tmp_path, {"order_lines": SourceSettings(url=url, query=query)}),
            tmp_path / "work",
            **options,
        )


@pytest.mark.parametrize(
    ("query", "kind", "words"),
    [
        ("SELECT nope FROM sales", UsageError, 'refuses it: column "nope" does not exist'),
        ("SELECT * FROM nowhere", UsageError, 'refuses it: relation "nowhere" does not exist'),
        ("SELECT sku, date AS SKU FROM sales", UsageError, "yields the column 'sku' 2 times"),
        ("SELECT 1; DELETE FROM sales", UsageError, "cannot insert multiple commands"),
        ("WITH gone AS (DELETE FROM sales RETURNING *) TABLE gone", UsageError, "read-only"),
        ("DELETE FROM sales RETURNING *", UsageError, "expected one query that reads"),
        ("/* a */ -- b\nCOMMIT", UsageError, "expected one query that reads"),
        ("-- nothing", UsageError, "expected one query that reads"),
        ("SELECT FROM sales", UsageError, "sources.sales.query: it yields no column"),
        (f"{ONE_SALE}, 1 / (1 - g) AS x FROM generate_series(0, 1) g", UsageError, "division by"),
        ("SELECT row(1, 2) AS sku", ContractError, "CAST(… AS text)"),
        ("SELECT '\\x00'::bytea AS sku", ContractError, "PostgreSQL's type bytea; change it"),
        ("SELECT 3::money AS unit_price", ContractError, "table sales, column unit_price"),
    ],
)
def test_a_query_that_cannot_be_used_is_told_in_plain_words_and_changes_nothing(
    *,
    fetch,
    postgres: PostgreSQL,
    shop: str,
    query: str,
    kind: type[StockalertError],
    words: str,
) -> None:
    before = postgres.run("SELECT count(*) FROM sales", shop)
    with pytest.raises(kind) as told:
        fetch(query)
    assert words in str(told.value)
    assert "\n" not in str(told.value)
    assert postgres.run("SELECT count(*) FROM sales", shop) == before


def test_a_query_that_takes_too_long_is_ended_by_the_database(fetch) -> None:
    started = time.monotonic()
    with pytest.raises(UsageError, match=r"longer than the 0.005 minutes of sources.sales.timeout"):
        fetch("SELECT pg_sleep(30)", timeout_minutes=0.005)
    assert time.monotonic() - started < 10


def test_a_connection_that_breaks_in_mid_read_is_read_again_from_the_first_row(
    fetch, postgres: PostgreSQL, shop: str
) -> None:
    cut = "EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND objid = 77)"
    query = (
        "SELECT 'item ' || g AS sku, date '2024-03-01' AS date, g AS units_sold, CASE WHEN "
        f"g = 250000 AND {cut} THEN pg_terminate_backend(pg_backend_pid()) END AS cut "
        "FROM generate_series(1, 300000) g"
    )
    with _until_first_reader_is_gone(postgres, shop) as readers:
        found = fetch(query, waits=(1.0, 1.0))
    assert len(readers) == 2, "the first was cut off"
    assert found["units_sold"].tolist() == list(range(1, 300_001))


@contextmanager
def _until_first_reader_is_gone(postgres: PostgreSQL, shop: str) -> Iterator[set[int]]:
    """Hold a lock that makes readers fall, and let it go when the first has fallen."""
    readers: set[int] = set()
    seen = "SELECT pid FROM pg_stat_activity WHERE application_name = 'stockalert' AND datname = %s"
    over = threading.Event()
    holder = postgres.connect(shop)

    def watch() -> None:
        with holder.cursor() as cursor:
            while not over.is_set():
                cursor.execute(seen, (shop,))
                now = {pid for (pid,) in cursor.fetchall()}
                if readers - now:
                    cursor.execute("SELECT pg_advisory_unlock_all()")
                readers.update(now)
                time.sleep(0.01)

    with holder.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(77)")
    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield readers
    finally:
        over.set()
        thread.join()
        holder.close()


def test_a_connection_that_always_breaks_is_reported_with_the_tables_name(fetch) -> None:
    with pytest.raises(SourceError, match=r"table stock: the database was lost 3 times: term") as e:
        fetch("SELECT pg_terminate_backend(pg_backend_pid())", table="stock", waits=(0.05, 0.05))
    assert PASSWORD not in str(e.value)


def test_a_server_that_is_down_is_waited_for_and_then_reported(fetch) -> None:
    with postgresql() as server:
        server.stop()
        with pytest.raises(SourceError, match=r"table sales: .* 2 times: .*Connection refused"):
            fetch(ONE_SALE, url=server.url())
        late = threading.Timer(0.3, server.start)
        late.start()
        assert fetch(ONE_SALE, url=server.url(), waits=(2.0, 5.0))["sku"].tolist() == ["salt"]
        late.join()


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"password": "hunter2/x"}, 'password authentication failed for user "keeper"'),
        ({"user": "hunter2"}, "password authentication failed"),
        ({"database": "hunter2_db"}, 'database "hunter2_db" does not exist'),
    ],
)
def test_a_refused_connection_is_told_at_once_and_without_the_password(
    fetch, postgres: PostgreSQL, wrong: dict[str, str], words: str
) -> None:
    with pytest.raises(SourceError) as told:
        fetch(ONE_SALE, url=postgres.url(**wrong), waits=(600.0,))
    assert words in str(told.value)
    assert "hunter2/x" not in str(told.value)
    assert told.value.__cause__ is None


@pytest.mark.parametrize("password", ["hun ter2", "hunter2/y", "hun%zzter2", "hunter2@host:x"])
def test_an_address_with_letters_that_must_be_escaped_is_not_repeated(fetch, password: str) -> None:
    with pytest.raises(StockalertError) as told:
        fetch(ONE_SALE, url=f"postgresql://shop:{password}@127.0.0.1:1/x")
    for piece in ("hun", "ter2"):
        assert piece not in str(told.value)


def test_user_and_password_may_come_from_postgresqls_own_variables(
    fetch, postgres: PostgreSQL, shop: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGUSER", "till")
    monkeypatch.setenv("PGPASSWORD", SECRET)
    assert len(fetch(url=f"postgresql://127.0.0.1:{postgres.port}/{shop}")) > 1000


@given(password=st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0")))
def test_any_password_of_the_environment_fits_into_an_address(password: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TILL", password)
        address = urlsplit(filled_in("postgresql://till:${TILL}@db.example:5432/shop", "key"))
    assert (address.username, address.hostname, address.port) == ("till", "db.example", 5432)
    assert unquote(address.password or "") == password


def test_a_variable_that_is_not_set_is_named(fetch) -> None:
    with pytest.raises(UsageError, match=r"sources.sales.url: the environment variable NO_SUCH"):
        fetch(url="postgresql://shop:${NO_SUCH}@127.0.0.1/x")
    with pytest.raises(UsageError, match="variable NO_SUCH is not set"):
        fetch(url="${NO_SUCH}")


def test_a_file_beside_a_database_is_named_and_not_read(
    postgres: PostgreSQL, shop: str, files: Path, tmp_path: Path
) -> None:
    place = InputPlace(files, {"stock": SourceSettings(url=postgres.url(shop))})
    found, notes = find_sources(place, tmp_path)
    assert found["stock"].root == tmp_path / "databases" / "stock"
    assert found["sales"].root == files / "sales.parquet"
    assert "stock.parquet is not read: the settings take stock from a database" in notes


def test_validate_finds_what_is_wrong_in_a_table_of_a_database(
    postgres: PostgreSQL, shop: str
) -> None:
    source = SourceSettings(url=postgres.url(shop), query="SELECT sku, date FROM sales")
    findings = validate(InputPlace(Path("nowhere"), {"sales": source}), **OPTIONS)
    assert not findings.usable
    assert "table sales, column units_sold: expected the column" in findings.problems[0]
