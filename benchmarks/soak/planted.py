"""Secrets planted wherever a shop may put one, and everything written searched for them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pyarrow.parquet as pq

from benchmarks.soak.lab import Ended, Lab, Shop

__all__ = ["SECRETS", "files_with_secrets", "run_with_secrets"]

SECRETS = {
    "alerts": "Kx7planted-alert-token",
    "route": "Kx7planted-route-token",
    "database": "Kx7planted/data base%pass",
    "mlflow": "Kx7planted-mlflow-pass",
}


def run_with_secrets(lab: Lab, shop: Shop, clock: str) -> list[Ended]:
    """Run a night that is published, and one whose database does not answer; both with --debug."""
    environment = {
        "STOCKALERT_ALERTS__URLS": json.dumps(
            [f"json://ada:{SECRETS['alerts']}@127.0.0.1:9/{SECRETS['alerts']}"]
        ),
        "STOCKALERT_ALERTS__ROUTES": json.dumps(
            {"night": {"urls": [f"xml://127.0.0.1:9/{SECRETS['route']}"]}}
        ),
        "STOCKALERT_ALERTS__IMMEDIATE_ABOVE": "0",
        "MLFLOW_TRACKING_PASSWORD": SECRETS["mlflow"],
        "SHOP_PASSWORD": SECRETS["database"],
    }
    source = {"STOCKALERT_SOURCES": _SOURCE}
    arguments = shop.nightly("--debug")
    return [
        lab.run(arguments, clock=clock, environment=environment),
        lab.run(arguments, clock=clock, environment=environment | source),
    ]


def files_with_secrets(*folders: Path) -> list[str]:
    """Name every file that holds a planted secret, as it is or as an address spells it.

    Parquet is read, since its pages are compressed; everything else is searched as bytes.
    """
    wanted = [form.encode() for text in SECRETS.values() for form in {text, quote(text, safe="")}]
    found = []
    for path in (p for folder in folders for p in folder.rglob("*") if p.is_file()):
        if any(secret in content for content in _contents(path) for secret in wanted):
            found.append(str(path))
    return sorted(set(found))


def _contents(path: Path) -> Iterator[bytes]:
    yield path.read_bytes()
    if path.suffix == ".parquet":
        table = pq.read_table(path, partitioning=None)
        yield str(table.schema.metadata).encode()
        yield str(table.to_pydict()).encode()


_SOURCE = (
    '{"suppliers": {"url": "postgresql://ada:${SHOP_PASSWORD}@127.0.0.1:1/shop?connect_timeout=2"}}'
)
