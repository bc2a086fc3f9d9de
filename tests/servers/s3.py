"""A real S3 endpoint on a free loopback port, and the environment that leads to it."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import Any

__all__ = ["KEY", "SECRET_KEY", "files_of_server", "s3_server"]

KEY, SECRET_KEY = "SHOPKEEPERSKEY", "pepper-mill-secret-key-42"


@contextmanager
def s3_server() -> Iterator[Mapping[str, str]]:
    """Start a server; what is yielded belongs into the environment of whoever asks it."""
    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    try:
        yield {
            "AWS_ENDPOINT_URL": f"http://{host}:{port}",
            "AWS_ACCESS_KEY_ID": KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_MAX_ATTEMPTS": "2",
        }
    finally:
        server.stop()


def files_of_server() -> Any:
    """The server that the environment leads to, as a file system that remembers nothing."""
    return _files_of(os.environ["AWS_ENDPOINT_URL"])


@cache
def _files_of(endpoint: str) -> Any:
    from s3fs import S3FileSystem

    return S3FileSystem(
        key=KEY,
        secret=SECRET_KEY,
        endpoint_url=endpoint,
        skip_instance_cache=True,
        use_listings_cache=False,
    )
