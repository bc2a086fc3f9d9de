"""Files into the scratch database, as they are: nothing is typed, dropped or judged yet."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from flows.csv_files import Dialect, read_dialect
from flows.sources import Source
from flows.sql import identifier, rows
from stockalert.errors import ContractError
from stockalert.tables.inputs import INPUT_TABLES

__all__ = ["Raw", "load"]

_FILE = "__file"
_RAGGED = ("MISSING COLUMNS", "TOO MANY COLUMNS", "INVALID ENCODING")


@dataclass(frozen=True)
class Raw:
    """One table as its files hold it: the database table `raw_NAME`.

    Attributes
    ----------
    table : name of the table.
    columns : DuckDB type of each column, by its name in the files.
    zones : time zone that a column's timestamps are to be shown in, where they carry one.
    """

    table: str
    columns: dict[str, str]
    zones: dict[str, str]

    @property
    def name(self) -> str:
        """The database table, quoted."""
        return identifier(f"raw_{self.table}")

    @property
    def ragged(self) -> str:
        """The database table of CSV lines that do not fit their header (`reason`), quoted."""
        return identifier(f"ragged_{self.table}")


def load(con: duckdb.DuckDBPyConnection, source: Source) -> Raw:
    """Copy the files of one table into `raw_NAME`.

    Raises
    ------
    ContractError
        A file cannot be read: truncated, not parquet, not UTF-8, a quote never closed.
    """
    try:
        if source.format == "csv":
            return _load_csv(con, source)
        return _load_parquet(con, source)
    except (duckdb.Error, OSError, pa.ArrowException) as error:
        reason = str(error).split("\n", 1)[0]
        raise ContractError(
            f"table {source.table}: expected readable {source.format} in {source.root}, "
            f"found a file that is broken: {reason}"
        ) from None


def _load_parquet(con: duckdb.DuckDBPyConnection, source: Source) -> Raw:
    raw = Raw(source.table, {}, {})
    con.execute(
        f"CREATE TABLE {raw.name} AS "
        f"SELECT * FROM read_parquet($1, union_by_name = true, hive_partitioning = false, "
        f"filename = '{_FILE}')",
        [[_no_pattern(file) for file in source.files]],
    )
    con.execute(f"CREATE TABLE {raw.ragged} (reason VARCHAR)")
    _add_partitions(con, raw, source)
    columns = _columns(con, raw)
    zoned = [name for name, kind in columns.items() if kind == "TIMESTAMP WITH TIME ZONE"]
    return Raw(source.table, columns, _zones(source, zoned) if zoned else {})


def _load_csv(con: duckdb.DuckDBPyConnection, source: Source) -> Raw:
    """Read files of one header together: ragged lines are told apart file by file."""
    raw = Raw(source.table, {}, {})
    parts: dict[Dialect, list[Path]] = defaultdict(list)
    for file in source.files:
        parts[read_dialect(file, INPUT_TABLES[source.table])].append(file)
    names = {name.casefold(): name for dialect in parts for name in dialect.header}
    declared = ", ".join(f"{identifier(name)} VARCHAR" for name in (*names.values(), _FILE))
    con.execute(f"CREATE TABLE {raw.name} ({declared})")
    for dialect, files in parts.items():
        con.execute(
            f"INSERT INTO {raw.name} BY NAME SELECT * FROM read_csv($1, delim = $2, columns = $3, "
            f"auto_detect = false, header = true, quote = '\"', escape = '\"', "
            f"hive_partitioning = false, store_rejects = true, filename = '{_FILE}')",
            [
                [_no_pattern(file) for file in files],
                dialect.separator,
                dict.fromkeys(dialect.header, "VARCHAR"),
            ],
        )
    _add_partitions(con, raw, source)
    _keep_ragged(con, raw)
    return Raw(source.table, _columns(con, raw), {})


def _no_pattern(file: Path) -> str:
    """Return the path such that DuckDB takes `*`, `?` and `[` in it for themselves."""
    return "".join(f"[{letter}]" if letter in "[*?" else letter for letter in str(file))


def _add_partitions(con: duckdb.DuckDBPyConnection, raw: Raw, source: Source) -> None:
    """Make columns of what folder names say, unless the files say it themselves."""
    partitions = {str(file): source.partition(file) for file in source.files}
    known = {name.casefold() for name in _columns(con, raw)}
    names = {name: None for values in partitions.values() for name in values}
    for name in (name for name in names if name.casefold() not in known):
        con.execute(f"ALTER TABLE {raw.name} ADD COLUMN {identifier(name)} VARCHAR")
        con.execute(
            f"UPDATE {raw.name} SET {identifier(name)} = part.said "
            f"FROM (SELECT unnest($1) AS file, unnest($2) AS said) AS part "
            f"WHERE {_FILE} = part.file",
            [list(partitions), [values.get(name) for values in partitions.values()]],
        )
    con.execute(f"ALTER TABLE {raw.name} DROP COLUMN {_FILE}")


def _columns(con: duckdb.DuckDBPyConnection, raw: Raw) -> dict[str, str]:
    return {name: kind for name, kind, *_ in rows(con, f"DESCRIBE {raw.name}")}


def _zones(source: Source, columns: list[str]) -> dict[str, str]:
    """Return the zone of each column; UTC where files disagree."""
    schemas = [pq.read_schema(file) for file in source.files]
    found = {
        name: {str(s.field(name).type.tz) for s in schemas if name in s.names} for name in columns
    }
    return {name: zones.pop() if len(zones) == 1 else "UTC" for name, zones in found.items()}


def _keep_ragged(con: duckdb.DuckDBPyConnection, raw: Raw) -> None:
    """Move the lines that do not fit their header into `ragged_NAME`."""
    con.execute(
        f"CREATE TABLE {raw.ragged} AS SELECT any_value(error_type) AS kind, 'line: expected ' || "
        "CASE WHEN bool_or(error_type = 'INVALID ENCODING') THEN 'UTF-8 text' "
        "ELSE 'as many values as the header has names' END "
        "|| ' (row ' || line || ': ' || min(csv_line) || ')' AS reason "
        "FROM reject_errors GROUP BY scan_id, file_id, line"
    )
    con.execute("DROP TABLE reject_errors; DROP TABLE reject_scans")
    for kind, reason in rows(
        con,
        f"SELECT kind, reason FROM {raw.ragged} WHERE kind NOT IN {_RAGGED} ORDER BY ALL LIMIT 1",
    ):
        raise ContractError(
            f"table {raw.table}: the CSV cannot be read on ({kind.lower()}); {reason!r:.200}"
        )
