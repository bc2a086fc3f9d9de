"""`stockalert subscribe`: hear when an item is back in stock."""

from __future__ import annotations

from typing import Annotated

import typer

from flows.cli_options import Debug, Out, job

__all__ = ["subscribe"]


def subscribe(
    out: Out,
    sku: Annotated[str, typer.Option("--sku", help="The item that is waited for.")],
    to: Annotated[str, typer.Option("--to", help="E-mail address, or any alert address.")],
    location: Annotated[str, typer.Option("--location", help="Where; default: anywhere.")] = "",
    debug: Debug = False,
) -> None:
    """Register somebody to be told once when an item is back in stock."""
    with job(out, debug):
        from flows.clock import now
        from flows.subscriptions import check_address, open_register
        from stockalert.errors import UsageError
        from stockalert.served import read_served

        check_address(to)
        known = read_served(out, "thresholds", ["sku", "location"]).to_pylist()
        if not any(r["sku"] == sku and location in ("", r["location"]) for r in known):
            place = f" at {location}" if location else ""
            raise UsageError(f"no item {sku!r}{place} is in the night that is served")
        with open_register(out) as register:
            new = register.add(sku, location, to, at=now())
        print("registered" if new else "already registered", f"for {sku}")
