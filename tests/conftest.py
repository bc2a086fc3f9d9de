"""Servers that tests of any folder may ask for: each is started once, when first asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from uuid import uuid4

import pytest

from flows.environment import prepare_environment
from tests.servers.postgresql import PostgreSQL, postgresql
from tests.servers.s3 import files_of_server, s3_server


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgreSQL]:
    """A real PostgreSQL server; ask it for a `new_database()` of your own."""
    with postgresql() as server:
        yield server


@pytest.fixture(scope="session")
def s3_environment() -> Iterator[Mapping[str, str]]:
    """A real S3 server: the environment variables that lead to it."""
    with s3_server() as environment:
        yield environment


@pytest.fixture
def bucket(s3_environment: Mapping[str, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of an empty bucket; the environment leads to its server."""
    for name, value in s3_environment.items():
        monkeypatch.setenv(name, value)
    name = f"shop-{uuid4().hex}"
    files = files_of_server()
    files.mkdir(name)
    yield f"s3://{name}"
    files.rm(name, recursive=True)


@pytest.fixture(scope="session")
def prefect_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A temporary Prefect server; the environment is as the command line sets it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PREFECT_HOME", str(tmp_path_factory.mktemp("prefect")))
        prepare_environment()
        from prefect.testing.utilities import prefect_test_harness

        with prefect_test_harness(server_startup_timeout=180):
            yield
