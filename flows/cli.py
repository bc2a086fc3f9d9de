"""The command line: `stockalert COMMAND`. Every command imports what it needs, when it runs."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal

import typer

from flows import (
    cli_alerts,
    cli_export,
    cli_orders,
    cli_review,
    cli_serve,
    cli_service_desk,
    cli_stress,
)
from flows.cli_options import (
    AsOf,
    Config,
    Data,
    Debug,
    Force,
    Now,
    Out,
    Published,
    Tune,
    check_early,
    day,
    job,
    wide_console,
)
from flows.cli_pull import pull
from flows.cli_rollback import rollback
from flows.time_limit import ends_in_time

__all__ = ["app", "main"]

app = typer.Typer(
    name="stockalert",
    help="Dynamic reorder points from quantile forecasts of lead-time demand.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def main() -> None:
    """Run the command line."""
    app()


@app.callback()
def options(
    context: typer.Context,
    log_format: Annotated[
        Literal["text", "json"] | None,
        typer.Option("--log-format", help="Log lines for people or programs; or STOCKALERT_LOG."),
    ] = None,
) -> None:
    """Set what holds for every command."""
    from flows.run_log import chosen

    context.with_resource(chosen(log_format))


@app.command()
def demo(out: Out = Path("demo-out"), debug: Debug = False) -> None:
    """Run the whole nightly job on a real grocer's year; no settings needed."""
    with job(out, debug):
        from flows.workspace import check_writable

        check_writable(out)
        from flows.demo import run_demo

        run_demo(out)


@app.command()
def validate(data: Data, as_of: AsOf = None, config: Config = None, debug: Debug = False) -> None:
    """Check every table against the contract; publish nothing."""
    with job(None, debug):
        from flows.clock import now
        from flows.remote import cache_folder
        from flows.settings import load_settings
        from flows.sources import InputPlace
        from flows.validate import describe
        from flows.validate import validate as check

        settings = load_settings(config)
        findings = check(
            InputPlace(data, settings.sources, cache_folder(settings.paths.cache)),
            period=settings.period,
            as_of=day(as_of),
            today=now().date(),
            max_share=settings.quarantine.max_share,
        )
        print(describe(findings))
        if not findings.usable:
            raise typer.Exit(3)


@app.command()
def train(
    data: Data,
    out: Published,
    *,
    as_of: AsOf = None,
    config: Config = None,
    tune: Tune = 0.0,
    debug: Debug = False,
) -> None:
    """Build features, train, calibrate, prove, log to MLflow; promote or say why not."""
    with job(out, debug, config), ends_in_time(out, config, more_minutes=tune):
        check_early(data, out, config)
        from flows.report import print_training
        from flows.train import train as run

        print_training(run(data, out, day(as_of), config, tune))


@app.command()
def refresh(
    data: Data,
    out: Published,
    *,
    as_of: AsOf = None,
    now: Now = None,
    config: Config = None,
    force: Force = None,
    debug: Debug = False,
) -> None:
    """Turn the champion's quantiles into thresholds and order proposals; publish."""
    with job(out, debug, config), ends_in_time(out, config, within_a_day=now is not None):
        check_early(data, out, config)
        from flows.refresh import refresh as run
        from flows.report import print_night

        print_night(out, run(data, out, day(as_of), config, now, force=force))


@app.command()
def nightly(
    data: Data,
    out: Published,
    *,
    as_of: AsOf = None,
    config: Config = None,
    force: Force = None,
    debug: Debug = False,
) -> None:
    """Refresh; train first when the champion is missing or old."""
    with job(out, debug, config), ends_in_time(out, config):
        check_early(data, out, config)
        from flows.nightly import nightly as run
        from flows.report import print_night, print_training

        outcome = run(data, out, day(as_of), config, force=force)
        if outcome.training is not None:
            print_training(outcome.training, outcome.why_training)
        print_night(out, outcome.night)


@app.command()
def backtest(
    data: Data,
    out: Out,
    *,
    start: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="First day replayed.")],
    end: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="Last day replayed.")],
    policy: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="A policy to replay; may be given again; default: all."),
    ] = None,
    retrain_days: Annotated[
        int | None,
        typer.Option(min=1, help="Days between trainings; default: as nightly, 56 at least."),
    ] = None,
    config: Config = None,
    debug: Debug = False,
) -> None:
    """Replay policies over past demand, night by night; compare them in units and money."""
    with job(out, debug):
        check_early(data, out, config)
        from flows.backtest import backtest as run
        from flows.backtest import check_request
        from flows.backtest_report import print_backtest

        days = {"start": start.date(), "end": end.date()}
        chosen = check_request(**days, policies=policy or ())
        done = run(data, out, **days, policies=chosen, config=config, retrain_days=retrain_days)
        print_backtest(wide_console(), done)


@app.command()
def compare(
    run_a: Annotated[str, typer.Argument(metavar="RUN_A", help="Model version or MLflow run.")],
    run_b: Annotated[str, typer.Argument(metavar="RUN_B", help="What it is compared with.")],
    out: Out,
    *,
    data: Annotated[
        Path | None,
        typer.Option("--data", help="Input tables: let both decide the same days, in money."),
    ] = None,
    as_of: AsOf = None,
    config: Config = None,
    debug: Debug = False,
) -> None:
    """Compare two trained models: scores, what their stock would have cost, and the verdict."""
    with job(out, debug):
        from flows.compare import compare as run
        from flows.compare import print_comparison

        told = run(run_a, run_b, out, data=data, as_of=day(as_of), config=config)
        print_comparison(wide_console(), told)


@app.command()
def settings() -> None:
    """Print every setting with its default and meaning, as a file for --config."""
    from flows.settings import default_toml

    print(default_toml())


app.command()(rollback)
app.command()(pull)


app.command()(cli_review.review)
app.command()(cli_serve.serve)
app.command()(cli_serve.watchdog)
app.command()(cli_export.export)
app.add_typer(cli_alerts.alerts, name="alerts")
app.command()(cli_service_desk.subscribe)
app.add_typer(cli_orders.app, name="orders")
app.command()(cli_stress.stress)
