"""Commands `serve` and `watchdog`: the schedule on one machine, and whether it was kept."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer

from flows.cli_options import Config, Data, Debug, Out, check_early, job

__all__ = ["serve", "watchdog"]


def serve(
    data: Data,
    out: Out,
    *,
    host: Annotated[
        str,
        typer.Option(
            help="Address of its own server; one that other machines reach needs a token in "
            "STOCKALERT_SERVE_TOKEN."
        ),
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port of its own server.")] = 4200,
    config: Config = None,
    debug: Debug = False,
) -> None:
    """Run nightly, training, refreshes and reviews on the settings' schedule, until stopped."""
    with job(out, debug):
        check_early(data, out, config)
        from flows.serve import serve as run

        run(data, out, config, host=host, port=port)


def watchdog(
    out: Out,
    *,
    by: Annotated[
        datetime | None,
        typer.Option(
            "--by",
            formats=["%H:%M"],
            help="Tables are due by then, in schedule.time_zone; default: schedule.tables_by.",
        ),
    ] = None,
    config: Config = None,
    debug: Debug = False,
) -> None:
    """Alert, and exit with 1, where the night's tables have not been published in time."""
    with job(out, debug):
        from datetime import timedelta

        from flows.clock import now
        from flows.settings import load_settings
        from flows.watchdog import watch

        settings = load_settings(config)
        due = settings.schedule.tables_after
        if by is not None:
            due = timedelta(hours=by.hour, minutes=by.minute)
        print(watch(out, settings, by=due, now=now()))
