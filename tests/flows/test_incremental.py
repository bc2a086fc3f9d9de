"""Nights that read only what is new, against nights that read everything."""

from __future__ import annotations

import json
import resource
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flows.incremental_sieve import suspicious
from flows.ingest import ingest
from flows.intake import Intake
from flows.manifest import open_store
from flows.sql import Resources
from stockalert.errors import ContractError, OutputError, StockalertError
from stockalert.tables.checks import pandas_type, split
from stockalert.tables.declaration import Column
from stockalert.tables.inputs import INPUT_TABLES

TODAY = date(2024, 6, 30)
FIRST = date(2024, 1, 29)
SKUS = ("bread", "milk", "tea")


def read(
    data: Path, work: Path, store: Path | None, as_of: date | None = None, **options: object
) -> Intake:
    chosen: dict = {"period": "D", "today": TODAY, "max_share": 0.5} | options
    return ingest(data, work, as_of=as_of, resources=Resources(1.0, 1, store), **chosen)


def told(intake: Intake, work: Path) -> tuple[str, dict[str, bytes]]:
    """Everything that a night hands on: counts, notes, and the bytes of every file."""
    folders = (work / "tables", work / "quarantine")
    files = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    contents = {path.relative_to(work).as_posix(): path.read_bytes() for path in files}
    return intake.to_json().replace(str(work), "WORK"), contents


def assert_as_if_read_anew(data: Path, folder: Path, **options: object) -> Intake | None:
    """Read with and without the store of the nights before, and compare; errors as well."""
    results, intake = [], None
    for name, store in {"kept": folder / "store", "anew": None}.items():
        shutil.rmtree(folder / name, ignore_errors=True)
        try:
            intake = read(data, folder / name, store, **options)
        except StockalertError as error:
            results.append((str(error).replace(str(folder / name), "WORK"), {}))
        else:
            results.append(told(intake, folder / name))
    (kept, kept_files), (anew, anew_files) = results
    assert kept == anew
    assert kept_files.keys() == anew_files.keys()
    assert [name for name in anew_files if kept_files[name] != anew_files[name]] == []
    return intake


class Shop:
    """A shop that writes a file a day of each table; a few rows are bad, one day is hand-made."""

    def __init__(self, data: Path, *, suffix: str = "parquet") -> None:
        self.data, self.suffix = data, suffix
        shutil.rmtree(data, ignore_errors=True)
        data.mkdir(parents=True)
        pd.DataFrame({"sku": [*SKUS, "jam"]}).to_csv(data / "products.csv", index=False)
        self.segments("ab")

    def segments(self, names: str) -> None:
        customers = pd.DataFrame({"customer_id": ["0", "1"], "segment": list(names)})
        customers.to_csv(self.data / "customers.csv", index=False)

    def day(self, number: int, seed: int, tables: str = "sole") -> None:
        """Write a day's files, of tables named by their first letters, in place of earlier ones."""
        frames = _day(FIRST + timedelta(days=number), np.random.default_rng((number, seed)))
        for name, frame in frames.items():
            if name[0] in tables:
                self.write(name, f"{number:03d}", frame)

    def write(self, table: str, part: str, frame: pd.DataFrame) -> None:
        path = self.data / table / f"{part}.{self.suffix}"
        path.parent.mkdir(exist_ok=True)
        if self.suffix == "csv":
            frame.to_csv(path, index=False)
        else:
            frame.to_parquet(path, index=False)

    def remove(self, number: int) -> None:
        for path in self.data.glob(f"*/{number:03d}.{self.suffix}"):
            if len(list(path.parent.iterdir())) > 1:
                path.unlink()


def _day(day: date, rng: np.random.Generator) -> dict[str, pd.DataFrame]:
    at, n = pd.Timestamp(day), int(rng.integers(2, 9))
    sku, hour = rng.choice(SKUS, n), pd.to_timedelta(rng.integers(0, 24, n), unit="h")
    units = rng.integers(-1, 5, n).astype(float)
    lines = pd.DataFrame(
        {
            "order_id": rng.integers(0, 4, n).astype(str),
            "ordered_at": at + hour,
            "sku": np.where(rng.random(n) < 0.05, None, sku),
            "units": units,
            "customer_id": rng.integers(0, 3, n).astype(str),
            "till": rng.integers(0, 9, n),
        }
    )
    stock = pd.DataFrame({"sku": SKUS, "date": at, "on_hand": rng.integers(-1, 9, 3).astype(float)})
    stock["observed_at"] = at + pd.to_timedelta(rng.choice([6, 30, 24 * 40], 3), unit="h")
    if rng.random() < 0.2:
        stock.loc[0, "observed_at"] = pd.Timestamp("2025-07-01")  # a day further than may be
    sales = pd.DataFrame({"sku": SKUS, "date": at, "units_sold": rng.integers(0, 5, 3) * 1.0})
    if rng.random() < 0.3:
        sales = pd.concat([sales, sales.head(1).assign(units_sold=rng.integers(0, 3) * 1.0)])
    events = pd.DataFrame(
        {
            "occurred_at": at + hour,
            "session_id": rng.integers(0, 3, n).astype(str),
            "event": rng.choice(["view", "view", "view", "add_to_cart", "dance"], n),
            "sku": sku,
        }
    )
    if rng.random() < 0.1:
        events.loc[0, "occurred_at"] = rng.choice(
            [pd.NaT, pd.Timestamp("1970-01-01"), pd.Timestamp("2025-07-02")]
        )
    return {"order_lines": lines, "stock": stock, "sales": sales, "events": events}


DAYS, EVERY = 40, 5
CHANGES = st.tuples(
    st.sampled_from(["next", "next", "late", "remove", "merge", "segments", "today"]),
    st.integers(0, DAYS),
    st.integers(0, 3),
)
NIGHTS = st.lists(
    st.tuples(st.lists(CHANGES, min_size=1, max_size=3), st.integers(-DAYS, DAYS + 20)),
    min_size=1,
    max_size=2,
)


@given(
    nights=NIGHTS,
    tables=st.sampled_from(["sole", "ole", "sse", "o"]),
    suffix=st.sampled_from(["parquet", "parquet", "csv"]),
    period=st.sampled_from(["D", "W-MON"]),
)
@settings(
    max_examples=10,
    deadline=None,
    database=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_nights_with_a_store_say_what_nights_without_one_say(
    tmp_path: Path, nights: list, tables: str, suffix: str, period: str
) -> None:
    folder = tmp_path / "nights"
    shutil.rmtree(folder, ignore_errors=True)
    shop, today, last = Shop(folder / "data", suffix=suffix), TODAY, DAYS
    for number in range(0, last, EVERY):
        shop.day(number, 0, tables)
    read(shop.data, folder / "first", folder / "store", today=today, period=period)
    for changes, cut in nights:
        for what, number, seed in changes:
            if what == "next":
                shop.day(last, seed, tables)
                last += 1
            elif what == "late":
                shop.day(number, seed + 1, tables)
            elif what == "remove":
                shop.remove(number // EVERY * EVERY)
            elif what == "merge":
                _merge(shop, number)
            elif what == "segments":
                shop.segments("abcd"[seed] + "b")
            else:
                today = TODAY + timedelta(days=seed - 1)
        as_of = None if cut < 0 else FIRST + timedelta(days=cut)
        options = {"today": today, "period": period, "as_of": as_of}
        assert_as_if_read_anew(shop.data, folder, **options)


def _merge(shop: Shop, number: int) -> None:
    """Put two days of each table into one file, rows in another order."""
    for folder in (path for path in shop.data.iterdir() if path.is_dir()):
        files = sorted(folder.iterdir())
        pair = files[number % len(files) :][:2]
        if len(pair) < 2 or shop.suffix == "csv":
            continue
        frames = pd.concat([pd.read_parquet(path) for path in pair])
        pair[0].unlink()
        frames.sample(frac=1, random_state=number).to_parquet(pair[1], index=False)


def parts_of(store: Path, table: str) -> dict[int, str]:
    """The canonical file of each part, by name: an untouched part keeps it."""
    book = open_store(store).books[table]
    return {key: part.files[table].path for key, part in book.parts.items() if table in part.files}


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    made = Shop(tmp_path / "data")
    for number in range(70):  # the end of January to the seventh of April
        made.day(number, 0, "so")
    return made


def test_one_more_day_leaves_the_months_before_untouched(shop: Shop, tmp_path: Path) -> None:
    read(shop.data, tmp_path / "work", tmp_path / "store")
    before = parts_of(tmp_path / "store", "sales")
    shop.day(70, 0, "so")
    read(shop.data, tmp_path / "work", tmp_path / "store")
    after = parts_of(tmp_path / "store", "sales")
    assert {key for key in after if after[key] != before.get(key)} == {202404}


def test_a_late_row_opens_its_own_month_alone(shop: Shop, tmp_path: Path) -> None:
    read(shop.data, tmp_path / "work", tmp_path / "store")
    before = parts_of(tmp_path / "store", "sales")
    late = pd.DataFrame({"sku": ["jam"], "date": [pd.Timestamp("2024-02-14")], "units_sold": [9.0]})
    shop.write("sales", "late", late)
    intake = assert_as_if_read_anew(shop.data, tmp_path)
    after = parts_of(tmp_path / "store", "sales")
    assert {key for key in after if after[key] != before[key]} == {202402}
    assert intake.tables["sales"].rows_kept > 0


def test_one_file_rewritten_every_night_opens_what_changed_in_it(tmp_path: Path) -> None:
    shop = Shop(tmp_path / "data")
    frames = [_day(FIRST + timedelta(days=d), np.random.default_rng(d))["sales"] for d in range(70)]
    whole = pd.concat(frames).drop_duplicates(["sku", "date"])
    whole.iloc[:-3].to_parquet(shop.data / "sales.parquet", index=False)
    read(shop.data, tmp_path / "work", tmp_path / "store")
    before = parts_of(tmp_path / "store", "sales")
    whole.sample(frac=1, random_state=3).to_parquet(shop.data / "sales.parquet", index=False)
    assert_as_if_read_anew(shop.data, tmp_path)
    after = parts_of(tmp_path / "store", "sales")
    assert {key for key in after if after[key] != before[key]} == {202404}


def test_a_file_that_keeps_size_and_time_is_still_seen_to_change(tmp_path: Path) -> None:
    shop = Shop(tmp_path / "data")
    path = shop.data / "sales.csv"
    path.write_text("sku,date,units_sold\ntea,2024-02-01,1\n")
    read(shop.data, tmp_path / "work", tmp_path / "store")
    path.write_text("sku,date,units_sold\ntea,2024-02-01,7\n")
    read(shop.data, tmp_path / "work", tmp_path / "store")
    found = pd.read_parquet(tmp_path / "work" / "tables" / "sales.parquet")
    assert found["units_sold"].tolist() == [7.0]


@pytest.mark.parametrize(
    "harm", ["truncated", "cut manifest", "another version", "part gone", "bytes flipped"]
)
def test_a_store_that_cannot_be_trusted_is_rebuilt_and_says_so(
    shop: Shop, tmp_path: Path, harm: str
) -> None:
    read(shop.data, tmp_path / "work", tmp_path / "store")
    manifest = tmp_path / "store" / "manifest.json"
    part = next((tmp_path / "store" / "sales").glob("sales-202402-*"))
    if harm == "truncated":
        part.write_bytes(part.read_bytes()[:-9])
    elif harm == "cut manifest":
        manifest.write_text(manifest.read_text()[:-99])
    elif harm == "another version":
        manifest.write_text(json.dumps(json.loads(manifest.read_text()) | {"version": 0}))
    elif harm == "part gone":
        part.unlink()
    else:
        content = bytearray(part.read_bytes())
        content[50] ^= 1
        part.write_bytes(content)
    kept = read(shop.data, tmp_path / "kept", tmp_path / "store")
    anew = read(shop.data, tmp_path / "anew", None)
    assert any("rebuilt" in note for note in kept.notes)
    assert told(kept, tmp_path / "kept")[1] == told(anew, tmp_path / "anew")[1]


def test_a_night_that_stops_leaves_the_store_of_the_night_before(
    shop: Shop, tmp_path: Path
) -> None:
    read(shop.data, tmp_path / "work", tmp_path / "store")
    manifest = (tmp_path / "store" / "manifest.json").read_bytes()
    shop.day(70, 0, "so")
    shop.write("order_lines", "071", pd.DataFrame({"order_id": ["1"], "sku": ["tea"]}))
    (shop.data / "order_lines" / "072.parquet").write_bytes(b"PAR1 and no more")
    with pytest.raises(ContractError, match=r"order_lines.*072\.parquet"):
        read(shop.data, tmp_path / "work", tmp_path / "store")
    assert (tmp_path / "store" / "manifest.json").read_bytes() == manifest
    (shop.data / "order_lines" / "072.parquet").unlink()
    (shop.data / "order_lines" / "071.parquet").unlink()
    assert_as_if_read_anew(shop.data, tmp_path)


@contextmanager
def room_for(size: int) -> Iterator[None]:
    """No file may grow beyond so many bytes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_disk_that_fills_in_the_middle_is_named_and_nothing_is_lost(
    shop: Shop, tmp_path: Path
) -> None:
    read(shop.data, tmp_path / "work", tmp_path / "store")
    manifest = (tmp_path / "store" / "manifest.json").read_bytes()
    shop.day(70, 0, "so")
    for room in (0, 1_500, 5_000):  # before anything, at a part, at the manifest
        with pytest.raises(OutputError, match="no room left to write"), room_for(room):
            read(shop.data, tmp_path / "work", tmp_path / "store")
        assert (tmp_path / "store" / "manifest.json").read_bytes() == manifest
    assert_as_if_read_anew(shop.data, tmp_path)


def test_a_disk_that_fills_on_the_first_night_leaves_nothing_to_stumble_over(
    shop: Shop, tmp_path: Path
) -> None:
    with pytest.raises(OutputError, match="no room left to write"), room_for(1_500):
        read(shop.data, tmp_path / "kept", tmp_path / "store")
    assert not (tmp_path / "store" / "manifest.json").exists()
    assert_as_if_read_anew(shop.data, tmp_path)


def test_one_broken_part_among_many_is_named(tmp_path: Path) -> None:
    shop = Shop(tmp_path / "data")
    for number in range(150):
        shop.day(number, 0, "s")
    path = shop.data / "sales" / "077.parquet"
    content = bytearray(path.read_bytes())
    content[4:40] = bytes(36)  # the head of its first page
    path.write_bytes(content)
    with pytest.raises(ContractError, match=r"table sales.*077\.parquet"):
        read(shop.data, tmp_path / "work", tmp_path / "store")


def test_a_part_that_broke_since_among_a_thousand_is_named_and_nothing_is_lost(
    tmp_path: Path,
) -> None:
    shop, rng = Shop(tmp_path / "data"), np.random.default_rng(1)
    for day in pd.date_range("2024-01-29", periods=10):
        for place in range(100):
            sold = {"sku": SKUS, "location": f"shop {place:02d}", "date": day}
            frame = pd.DataFrame(sold | {"units_sold": rng.integers(0, 5, 3) * 1.0})
            shop.write("sales", f"{day:%Y%m%d}-{place:02d}", frame)
    store = tmp_path / "store"
    whole = told(read(shop.data, tmp_path / "work", store), tmp_path / "work")
    before = {path: path.read_bytes() for path in store.rglob("*") if path.is_file()}
    part = shop.data / "sales" / "20240204-42.parquet"
    sound = part.read_bytes()
    part.write_bytes(sound[: len(sound) // 2])

    with pytest.raises(ContractError, match=r"table sales.*20240204-42\.parquet"):
        read(shop.data, tmp_path / "work", store)

    assert {path: path.read_bytes() for path in store.rglob("*") if path.is_file()} == before
    part.write_bytes(sound)
    assert told(read(shop.data, tmp_path / "work", store), tmp_path / "work") == whole


def test_a_day_handed_in_twice_is_named(shop: Shop, tmp_path: Path) -> None:
    again = pd.read_parquet(shop.data / "order_lines" / "010.parquet")
    shop.write("order_lines", "copy", again.sample(frac=1, random_state=1))
    intake = read(shop.data, tmp_path / "work", tmp_path / "store")
    assert any("010.parquet and copy.parquet hold the same rows" in n for n in intake.notes)


def test_as_of_before_the_last_night_is_exact(shop: Shop, tmp_path: Path) -> None:
    read(shop.data, tmp_path / "work", tmp_path / "store")
    for as_of in (date(2024, 2, 29), date(2024, 2, 10), date(2024, 4, 6)):
        assert_as_if_read_anew(shop.data, tmp_path, as_of=as_of)
        sales = pd.read_parquet(tmp_path / "kept" / "tables" / "sales.parquet")
        assert sales["date"].max() <= as_of


@pytest.mark.parametrize("name", sorted(INPUT_TABLES))
def test_the_sieve_keeps_what_the_contract_refuses(name: str) -> None:
    table, draw = INPUT_TABLES[name], np.random.default_rng(1)
    frame = pd.DataFrame(
        {column.name: _edges(column, draw, rows=3_000) for column in table.columns}
    ).astype({column.name: pandas_type(column) for column in table.columns})
    days = [f"CAST({c.name} AS DATE) AS {c.name}" for c in table.columns if c.kind == "date"]
    typed = f"SELECT * REPLACE ({', '.join(days)}) FROM given" if days else "FROM given"
    with duckdb.connect() as con:
        con.register("given", frame.reset_index())
        kept = con.sql(f"SELECT index FROM ({typed}) WHERE {suspicious(table)}").df()["index"]
    _, bad = split(frame, table)
    assert set(kept) == set(bad.index)
    assert len(bad)


def _edges(column: Column, draw: np.random.Generator, *, rows: int) -> list:
    """Values on both sides of every bound of a column; most of them sound."""
    if column.kind == "number":
        low, high = column.minimum or 0.0, column.maximum or 1e6
        sound, odd = [(low + high) / 2], [None, low, high, low - 0.5, high + 0.5, -1.0]
    elif column.kind in {"date", "timestamp"}:
        first = pd.Timestamp(column.earliest)
        sound, odd = [pd.Timestamp("2024-02-29")], [None, first, first - pd.Timedelta(days=1)]
    else:
        sound, odd = list(column.values or ("tea",)), [None, "", "nothing of the kind"]
    is_odd = draw.random(rows) < 0.05
    chosen = [draw.integers(len(sound), size=rows), draw.integers(len(odd), size=rows)]
    return [odd[b] if strange else sound[a] for a, b, strange in zip(*chosen, is_odd, strict=True)]
