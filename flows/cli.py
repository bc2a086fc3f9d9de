"""The command line: `stockalert COMMAND`. Every command imports what it needs, when it runs."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer

from flows.environment import prepare_environment
from stockalert.errors import StockalertError

__all__ = ["app", "main"]

app = typer.Typer(
    name="stockalert",
    help="Dynamic reorder points from quantile forecasts of lead-time demand.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _minutes(value: float) -> float:
    """Refuse what is no length of time; a search without an end would never train."""
    if not 0.0 <= value < math.inf:
        raise typer.BadParameter(f"expected minutes, 0 or more, found {value:g}")
    return value


Data = Annotated[Path, typer.Option("--data", help="Directory with the input tables.")]
Out = Annotated[Path, typer.Option("--out", help="Directory that holds everything published.")]
AsOf = Annotated[
    datetime | None,
    typer.Option(
        "--as-of",
        formats=["%Y-%m-%d"],
        help="Last day whose sales are known; default: the last day in the sales.",
    ),
]
Config = Annotated[Path | None, typer.Option("--config", help="Settings file (TOML).")]

Tune = Annotated[
    float,
    typer.Option(
        "--tune",
        metavar="MINUTES",
        callback=_minutes,
        help="Search so long for better parameters first, for this training alone; 0: no search.",
    ),
]
Debug = Annotated[bool, typer.Option("--debug", help="Add the traceback to an error.")]


def main() -> None:
    """Run the command line."""
    app()


@app.command()
def demo(out: Out = Path("demo-out"), debug: Debug = False) -> None:
    """Run the whole nightly job on a real grocer's year; no settings needed."""
    with _job(out, debug):
        from flows.workspace import check_writable

        check_writable(out)
        from flows.demo import run_demo

        run_demo(out)


@app.command()
def validate(data: Data, as_of: AsOf = None, config: Config = None, debug: Debug = False) -> None:
    """Check every table against the contract; publish nothing."""
    with _job(None, debug):
        from flows.clock import now
        from flows.settings import load_settings
        from flows.validate import describe
        from flows.validate import validate as check

        settings = load_settings(config)
        findings = check(
            data,
            period=settings.period,
            as_of=_day(as_of),
            today=now().date(),
            max_share=settings.quarantine.max_share,
        )
        print(describe(findings))
        if not findings.usable:
            raise typer.Exit(3)


@app.command()
def train(
    data: Data,
    out: Out,
    *,
    as_of: AsOf = None,
    config: Config = None,
    tune: Tune = 0.0,
    debug: Debug = False,
) -> None:
    """Build features, train, calibrate, prove, log to MLflow; promote or say why not."""
    with _job(out, debug):
        _check_early(data, out, config)
        from flows.report import print_training
        from flows.train import train as run

        print_training(run(data, out, _day(as_of), config, tune))


@app.command()
def refresh(
    data: Data, out: Out, as_of: AsOf = None, config: Config = None, debug: Debug = False
) -> None:
    """Turn the champion's quantiles into thresholds and order proposals; publish."""
    with _job(out, debug):
        _check_early(data, out, config)
        from flows.refresh import refresh as run
        from flows.report import print_night

        print_night(out, run(data, out, _day(as_of), config))


@app.command()
def nightly(
    data: Data, out: Out, as_of: AsOf = None, config: Config = None, debug: Debug = False
) -> None:
    """Refresh; train first when the champion is missing or old."""
    with _job(out, debug):
        _check_early(data, out, config)
        from flows.nightly import nightly as run
        from flows.report import print_night, print_training

        outcome = run(data, out, _day(as_of), config)
        if outcome.training is not None:
            print(f"trained: {outcome.why_training}")
            print_training(outcome.training)
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
    with _job(out, debug):
        _check_early(data, out, config)
        from rich.console import Console

        from flows.backtest import backtest as run
        from flows.backtest import check_request
        from flows.backtest_report import print_backtest

        days = {"start": start.date(), "end": end.date()}
        chosen = check_request(**days, policies=policy or ())
        done = run(data, out, **days, policies=chosen, config=config, retrain_days=retrain_days)
        print_backtest(Console(), done)


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
    with _job(out, debug):
        from rich.console import Console

        from flows.compare import compare as run
        from flows.compare import print_comparison

        told = run(run_a, run_b, out, data=data, as_of=_day(as_of), config=config)
        print_comparison(Console(), told)


@app.command()
def settings() -> None:
    """Print every setting with its default and meaning, as a file for --config."""
    from flows.settings import default_toml

    print(default_toml())


def _check_early(data: Path, out: Path, config: Path | None) -> None:
    """Find slips of the pen before the frameworks start, which takes seconds."""
    from flows.settings import load_settings
    from flows.sources import find_sources
    from flows.workspace import check_writable

    load_settings(config)
    find_sources(data)
    check_writable(out)


@contextmanager
def _job(out: Path | None, debug: bool) -> Iterator[None]:
    """Set defaults, show progress, and turn errors into one message and an exit code."""
    from flows.progress import show_progress

    prepare_environment(out, debug=debug)
    try:
        with show_progress():
            yield
    except typer.Exit:
        raise
    except Exception as error:
        if debug:
            raise
        known = isinstance(error, StockalertError)
        text = str(error) if known else f"{type(error).__name__}: {error} (--debug tells more)"
        print(f"stockalert: {text}", file=sys.stderr)
        raise typer.Exit(error.exit_code if isinstance(error, StockalertError) else 1) from None


def _day(moment: datetime | None) -> date | None:
    return None if moment is None else moment.date()
