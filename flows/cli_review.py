"""Command `review`: published thresholds against what happened since."""

from __future__ import annotations

from typing import Annotated

import typer

from flows.cli_options import AsOf, Config, Debug, Out, day, job, wide_console
from flows.time_limit import ends_in_time

__all__ = ["review"]


def review(
    out: Out,
    *,
    data: Annotated[
        str | None,
        typer.Option("--data", help="Input tables; default: where the served night had them from."),
    ] = None,
    as_of: AsOf = None,
    quarter: Annotated[
        bool, typer.Option("--quarter", help="Look back over thirteen weeks.")
    ] = False,
    config: Config = None,
    debug: Debug = False,
) -> None:
    """Compare published forecasts and thresholds with what happened since, and say why."""
    with job(out, debug), ends_in_time(out, config):
        from flows.review import review as run
        from flows.review_report import print_review

        print_review(wide_console(), run(out, data, day(as_of), config, quarter))
