"""Files as they are, in DuckDB: nothing is typed, dropped or judged yet.

Parquet stays where it is and is looked at through a view. CSV is copied into the scratch database
as text, since lines that do not fit their header must be told apart once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from flows.csv_files import Dialect, read_dialect
from flows.incremental_faults import is_full
from flows.sources import Source
from flows.sql import identifier, literal, rows
from stockalert.errors import ContractError
from stockalert.tables.inputs import INPUT_TABLES

__all__ = ["Raw", "describe", "load", "reading_files", "show"]

_RAGGED = ("MISSING COLUMNS", "TOO MANY COLUMNS", "INVALID ENCODING")
_VIRTUAL = {"file_index", "file_row_number", "filename"}
_ROWS_PER_FILE = 40
"""Bits of a row's number that count the rows of its file."""


@dataclass(frozen=True)
class Raw:
    """One table as its files hold it: the view `raw_NAME`, with `__row` and `__file`.

    Attributes
    ----------
    source : its files.
    columns : DuckDB type of each column, by its name in the files and folders.
    said : of these, the ones that folder names alone tell.
    zones : time zone that a column's timestamps are to be shown in, where they carry one.
    forms : names the columns and types of each file.
    """

    source: Source
    columns: dict[str, str]
    said: tuple[str, ...]
    zones: dict[str, str]
    forms: dict[Path, str]

    @property
    def held(self) -> dict[str, str]:
        """The columns that the files hold themselves."""
        return {name: kind for name, kind in self.columns.items() if name not in self.said}

    @property
    def table(self) -> str:
        """Name of the table."""
        return self.source.table

    @property
    def name(self) -> str:
        """The view, quoted; `__file` counts the files shown, `__row` is a row's own number."""
        return identifier(f"raw_{self.table}")

    @property
    def ragged(self) -> str:
        """The table of CSV lines that do not fit their header (`file`, `reason`), quoted."""
        return identifier(f"ragged_{self.table}")

    @property
    def lines(self) -> str:
        """The table of the lines of CSV files, quoted."""
        return identifier(f"lines_{self.table}")


def load(con: duckdb.DuckDBPyConnection, source: Source) -> Raw:
    """Show all files of one table as `raw_NAME`.

    Raises
    ------
    ContractError
        A file cannot be read: truncated, not parquet, not UTF-8, a quote never closed.
    """
    raw = describe(con, source)
    show(con, raw, source.files, fresh=source.files)
    return raw


def describe(
    con: duckdb.DuckDBPyConnection, source: Source, known: Mapping[Path, str] | None = None
) -> Raw:
    """Find the columns of a table: those of all files together, and what the folders say.

    Parameters
    ----------
    known : forms of files that are as they were, so that they need not be opened.

    Raises
    ------
    ContractError
        A file's head cannot be read.
    """
    ragged = Raw(source, {}, (), {}, {}).ragged
    con.execute(f"CREATE OR REPLACE TABLE {ragged} (file VARCHAR, reason VARCHAR)")
    if source.format == "csv":
        return _describe_csv(con, source)
    forms = {}
    for file in source.files:
        with reading_files(con, source, [file]):
            forms[file] = (known or {}).get(file) or _form(pq.read_schema(file))
    with reading_files(con, source, source.files):
        one_of_each = list({form: file for file, form in reversed(forms.items())}.values())[::-1]
        columns = _types(con, one_of_each)
        zones = _zones(one_of_each, columns)
    said = _said_by_folders(source, columns)
    return Raw(source, columns | dict.fromkeys(said, "VARCHAR"), said, zones, forms)


def show(
    con: duckdb.DuckDBPyConnection,
    raw: Raw,
    files: Sequence[Path],
    *,
    fresh: Sequence[Path] = (),
    which: str = "",
) -> None:
    """Let `raw_NAME` show the rows of some files.

    Parameters
    ----------
    fresh : of CSV files, those whose lines are not in the scratch database yet.
    which : SQL on the columns of the files that all rows wanted fulfil, to skip others early.
    """
    with reading_files(con, raw.source, files):
        if raw.source.format == "csv":
            _copy_lines(con, raw, fresh)
            rows_of, kinds = _lines_of(raw, files), raw.held
        else:
            rows_of, kinds = _parquet_rows(con, raw, files)
        columns = [_held(name, kinds.get(name), kind) for name, kind in raw.held.items()]
        columns += [_said(name, raw.source, files) for name in raw.said]
        con.execute(
            f"CREATE OR REPLACE VIEW {raw.name} AS SELECT * FROM "
            f"(SELECT __row, __file, {', '.join(columns)} FROM ({rows_of})) "
            f"WHERE {which or 'true'}"
        )


@contextmanager
def reading_files(
    con: duckdb.DuckDBPyConnection, source: Source, files: Sequence[Path]
) -> Iterator[None]:
    """Blame the file that cannot be read; a full disk is not its fault.

    Raises
    ------
    ContractError
        One of the files is broken; it is named.
    """
    try:
        yield
    except (duckdb.Error, OSError, pa.ArrowException) as error:
        if is_full(error) or isinstance(error, duckdb.OutOfMemoryException | pa.ArrowMemoryError):
            raise  # the machine is at fault, not the file
        reason = str(error).split("\n", 1)[0]
        named = _broken(con, source, files) or source.root
        raise ContractError(
            f"table {source.table}: expected readable {source.format} in {source.root}, "
            f"found a file that is broken, {named}: {reason}"
        ) from None


def _broken(con: duckdb.DuckDBPyConnection, source: Source, files: Sequence[Path]) -> Path | None:
    """Find the first file that cannot be read to its end."""
    if len(files) == 1:
        return files[0]
    for file in files:
        try:
            if source.format == "csv":
                read_dialect(file, INPUT_TABLES[source.table])
                query = "SELECT count(columns(*)) FROM read_csv($1, all_varchar = true)"
            else:
                pq.read_schema(file)
                query = "SELECT count(hash(columns(*))) FROM read_parquet($1)"
            con.execute(query, [_no_pattern(file)]).fetchall()
        except (duckdb.Error, OSError, pa.ArrowException, ContractError):
            return file
    return None


def _form(schema: pa.Schema) -> str:
    """Name the columns and types of a file, 16 hex digits."""
    fields = [(field.name, str(field.type)) for field in schema]
    return blake2b(repr(fields).encode(), digest_size=8).hexdigest()


def _parquet_rows(
    con: duckdb.DuckDBPyConnection, raw: Raw, files: Sequence[Path]
) -> tuple[str, dict[str, str]]:
    """Return SQL of the rows of files, numbered, and the types of their columns."""
    forms = {raw.forms[file]: file for file in reversed(files)}
    everything = forms.keys() == set(raw.forms.values())
    kinds = raw.held if everything else _types(con, list(forms.values()))
    call = _read_parquet(files, together=len(forms) > 1)
    if _VIRTUAL & {name.casefold() for name in kinds}:
        numbered = identifier(f"numbered_{raw.table}")
        declared = ", ".join(f"{identifier(name)} {kind}" for name, kind in kinds.items())
        con.execute(f"CREATE OR REPLACE TABLE {numbered} (__file INTEGER, {declared})")
        for number, file in enumerate(files):
            one = f"SELECT {number} AS __file, * FROM {_read_parquet([file], together=False)}"
            con.execute(f"INSERT INTO {numbered} BY NAME {one}")
        return f"SELECT rowid AS __row, * FROM {numbered}", kinds
    return (
        f"SELECT (CAST(file_index AS BIGINT) << {_ROWS_PER_FILE}) + file_row_number AS __row, "
        f"CAST(file_index AS INTEGER) AS __file, * FROM {call}",
        kinds,
    )


def _read_parquet(files: Sequence[Path], *, together: bool) -> str:
    listed = ", ".join(literal(_no_pattern(file)) for file in files)
    union = "true" if together else "false"
    return f"read_parquet([{listed}], union_by_name = {union}, hive_partitioning = false)"


def _types(con: duckdb.DuckDBPyConnection, files: Sequence[Path]) -> dict[str, str]:
    described = rows(con, f"DESCRIBE SELECT * FROM {_read_parquet(files, together=True)}")
    return {name: kind for name, kind, *_ in described}


def _held(name: str, found: str | None, wanted: str) -> str:
    """Return SQL of a column in the type that all files together have."""
    quoted = identifier(name)
    if found == wanted:
        return quoted
    return f"CAST({quoted if found else 'NULL'} AS {wanted}) AS {quoted}"


def _said_by_folders(source: Source, columns: Mapping[str, str]) -> tuple[str, ...]:
    """Return what folder names tell and the files do not."""
    known = {name.casefold() for name in columns}
    names = {name: None for file in source.files for name in source.partition(file)}
    return tuple(name for name in names if name.casefold() not in known)


def _said(name: str, source: Source, files: Sequence[Path]) -> str:
    values = (source.partition(file).get(name) for file in files)
    listed = ", ".join("NULL" if value is None else literal(value) for value in values)
    return f"CAST(([{listed}])[__file + 1] AS VARCHAR) AS {identifier(name)}"


def _zones(files: Sequence[Path], columns: Mapping[str, str]) -> dict[str, str]:
    """Return the zone of each column; UTC where files disagree."""
    zoned = [name for name, kind in columns.items() if kind == "TIMESTAMP WITH TIME ZONE"]
    schemas = [pq.read_schema(file) for file in files] if zoned else []
    found = {
        name: {str(s.field(name).type.tz) for s in schemas if name in s.names} for name in zoned
    }
    return {name: zones.pop() if len(zones) == 1 else "UTC" for name, zones in found.items()}


def _no_pattern(file: Path) -> str:
    """Return the path such that DuckDB takes `*`, `?` and `[` in it for themselves."""
    return "".join(f"[{letter}]" if letter in "[*?" else letter for letter in str(file))


def _describe_csv(con: duckdb.DuckDBPyConnection, source: Source) -> Raw:
    """Read the headers; names that differ in case alone are one column."""
    dialects = {file: read_dialect(file, INPUT_TABLES[source.table]) for file in source.files}
    names = {name.casefold(): name for d in dict.fromkeys(dialects.values()) for name in d.header}
    columns = dict.fromkeys(names.values(), "VARCHAR")
    said = _said_by_folders(source, columns)
    forms = {file: repr((d.separator, d.header)) for file, d in dialects.items()}
    raw = Raw(source, columns | dict.fromkeys(said, "VARCHAR"), said, {}, forms)
    declared = ", ".join(f"{identifier(name)} VARCHAR" for name in columns)
    con.execute(f"CREATE OR REPLACE TABLE {raw.lines} (__path VARCHAR, {declared})")
    return raw


def _copy_lines(con: duckdb.DuckDBPyConnection, raw: Raw, files: Sequence[Path]) -> None:
    """Read files of one header together: ragged lines are told apart file by file."""
    parts: dict[Dialect, list[Path]] = defaultdict(list)
    for file in files:
        parts[read_dialect(file, INPUT_TABLES[raw.table])].append(file)
    for dialect, alike in parts.items():
        con.execute(
            f"INSERT INTO {raw.lines} BY NAME "
            "SELECT $4[CAST(file_index AS BIGINT) + 1] AS __path, * FROM read_csv($1, delim = $2, "
            "columns = $3, auto_detect = false, header = true, quote = '\"', escape = '\"', "
            "hive_partitioning = false, store_rejects = true)",
            [
                [_no_pattern(file) for file in alike],
                dialect.separator,
                dict.fromkeys(dialect.header, "VARCHAR"),
                [str(file) for file in alike],
            ],
        )
    if parts:
        _keep_ragged(con, raw, [str(file) for file in files])


def _lines_of(raw: Raw, files: Sequence[Path]) -> str:
    """Return SQL of the lines of files, numbered."""
    listed = ", ".join(
        f"({literal(str(file))}, CAST({number} AS INTEGER))" for number, file in enumerate(files)
    )
    return (
        f"SELECT lines.rowid AS __row, shown.number AS __file, lines.* FROM {raw.lines} AS lines "
        f"JOIN (VALUES {listed}) AS shown(path, number) ON lines.__path = shown.path"
    )


def _keep_ragged(con: duckdb.DuckDBPyConnection, raw: Raw, files: list[str]) -> None:
    """Move the lines that do not fit their header into `ragged_NAME`."""
    con.execute(
        "CREATE OR REPLACE TABLE misfits AS SELECT any_value(error_type) AS kind, "
        "any_value(file_path) AS file, 'line: expected ' || "
        "CASE WHEN bool_or(error_type = 'INVALID ENCODING') THEN 'UTF-8 text' "
        "ELSE 'as many values as the header has names' END "
        "|| ' (row ' || line || ': ' || min(csv_line) || ')' AS reason "
        "FROM reject_errors JOIN reject_scans USING (scan_id, file_id) "
        "GROUP BY scan_id, file_id, line"
    )
    con.execute("DROP TABLE reject_errors; DROP TABLE reject_scans")
    con.execute(f"DELETE FROM {raw.ragged} WHERE list_contains($1, file)", [files])
    con.execute(f"INSERT INTO {raw.ragged} SELECT file, reason FROM misfits")
    for kind, reason in rows(
        con, f"SELECT kind, reason FROM misfits WHERE kind NOT IN {_RAGGED} ORDER BY ALL LIMIT 1"
    ):
        raise ContractError(
            f"table {raw.table}: the CSV cannot be read on ({kind.lower()}); {reason!r:.200}"
        )
