"""Servers that tests of any folder may ask for: each is started once, when first asked for."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.servers.postgresql import PostgreSQL, postgresql


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgreSQL]:
    """A real PostgreSQL server; ask it for a `new_database()` of your own."""
    with postgresql() as server:
        yield server
