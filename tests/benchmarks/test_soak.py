"""The long run's own tools: a generated case is laid down, however strange it is."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from benchmarks.soak.fuzz_tables import Directory, Edit, read_soundly
from stockalert.errors import StockalertError


def test_bytes_that_are_no_text_reach_the_product_as_a_table(tmp_path: Path) -> None:
    odd = Edit(table="sales", how="set", column=8, rows=11, value=b"\xff\xfe")
    case = Directory(edits=(odd,), as_csv=False, cut=1.0, noise=b"", period="D")
    with suppress(StockalertError):  # it may refuse what it cannot read
        read_soundly(case, tmp_path)
    assert r"b'\xff\xfe'" in (tmp_path / "data" / "sales.csv").read_text()
