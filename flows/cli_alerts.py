"""Commands `stockalert alerts …`: look at alerts, mute them, send what waits, try an address."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer

from flows.cli_options import Config, Debug, Out, job, wide_console

__all__ = ["alerts"]

alerts = typer.Typer(
    help="Look at alerts, acknowledge or silence them, send what waits, try an address.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

_MOMENTS = ["%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"]
Until = Annotated[
    datetime, typer.Option("--until", formats=_MOMENTS, help="First day or moment it is over.")
]
By = Annotated[str, typer.Option("--by", help="Who says so.")]


@alerts.command("list")
def list_alerts(
    out: Out,
    *,
    every: Annotated[bool, typer.Option("--all", help="Muted ones too.")] = False,
    config: Config = None,
    debug: Debug = False,
) -> None:
    """List the open alerts, the worst first, with silences and messages that wait."""
    with job(out, debug):
        from flows.alerting_report import print_alerts
        from flows.clock import now
        from flows.settings import load_settings

        print_alerts(wide_console(), out, load_settings(config), now=now(), every=every)


@alerts.command()
def ack(
    out: Out,
    fingerprint: Annotated[str, typer.Argument(help="The alert, or how its fingerprint begins.")],
    until: Until,
    *,
    by: By = "",
    debug: Debug = False,
) -> None:
    """Say that an alert is in hand: it is not told again until then, unless it ends and returns."""
    with job(out, debug):
        from flows.alerting_report import acknowledge
        from flows.clock import now

        print(acknowledge(out, fingerprint, until=until, made_by=by, now=now()))


@alerts.command()
def silence(
    out: Out,
    until: Until,
    *,
    kind: Annotated[str, typer.Option(help="Kind of alert; `*` stands for anything.")] = "",
    severity: Annotated[str, typer.Option(help="info, warning or critical.")] = "",
    sku: Annotated[str, typer.Option(help="Item.")] = "",
    location: Annotated[str, typer.Option(help="Location.")] = "",
    supplier: Annotated[str, typer.Option(help="supplier_id.")] = "",
    planner: Annotated[str, typer.Option(help="Planner.")] = "",
    end: Annotated[int, typer.Option(help="Number of a silence to end now instead.")] = 0,
    by: By = "",
    comment: Annotated[str, typer.Option(help="Why.")] = "",
    debug: Debug = False,
) -> None:
    """Silence the alerts that fit every option given, until then."""
    with job(out, debug):
        from flows.alerting_report import add_silence
        from flows.clock import now

        asked = {
            "kind": kind,
            "severity": severity,
            "sku": sku,
            "location": location,
            "supplier_id": supplier,
            "planner": planner,
        }
        said = add_silence(out, asked, until=until, end=end, made_by=by, comment=comment, now=now())
        print(said)


@alerts.command()
def deliver(
    out: Out,
    *,
    config: Config = None,
    wait: Annotated[
        float, typer.Option(min=0.0, help="Minutes to go on trying while something waits.")
    ] = 0.0,
    debug: Debug = False,
) -> None:
    """Tell what is new and send what waits; for a timer, every few minutes."""
    with job(out, debug):
        from flows.alerting_report import deliver_for, delivered
        from flows.settings import load_settings

        done = deliver_for(out, load_settings(config), minutes=wait)
        print(delivered(done))
        if done.waiting and done.down:
            raise typer.Exit(1)


@alerts.command("test")
def try_one(
    url: Annotated[str, typer.Argument(help="Address, such as mailto://… or json://…")],
    *,
    config: Config = None,
    debug: Debug = False,
) -> None:
    """Send a test message to an address, in the settings' language and templates."""
    with job(None, debug):
        from flows.alerting_report import try_address
        from flows.clock import now
        from flows.settings import load_settings

        print(try_address(url, load_settings(config), now=now()))
