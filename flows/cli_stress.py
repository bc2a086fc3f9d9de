"""`stockalert stress`: what a strike, a late supplier, a rush or a lost container would do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from flows.cli_options import AsOf, Config, Data, Debug, Out, check_early, day, job

if TYPE_CHECKING:
    from flows.stressing import StressTest

__all__ = ["stress"]

_FIRST = 10


def stress(
    data: Data,
    out: Out,
    scenario: Annotated[
        list[str],
        typer.Option(
            metavar="NAME:KEY=VALUE,…",
            help="strike:supplier=ACME,days=30 · lead-time:factor=2 · "
            "demand:category=Toys,factor=1.5 · lost:po=PO-17; may be given again.",
        ),
    ],
    *,
    days: Annotated[int, typer.Option(min=7, max=364, help="Days played forward.")] = 91,
    as_of: AsOf = None,
    config: Config = None,
    debug: Debug = False,
) -> None:
    """Play what-if scenarios beside the normal course; publish nothing."""
    with job(out, debug):
        from stockalert.stress import parse_scenario

        for text in scenario:
            parse_scenario(text)
        check_early(data, out, config)
        from flows.stressing import stress as run

        for test in run(data, out, scenario, as_of=day(as_of), config=config, days=days):
            print(described(test))


def described(test: StressTest) -> str:
    """Say what a scenario does: totals, then the items that lose most."""
    items, lines = test.items, [f"\n{test.scenario}: {len(test.items)} items, {test.days} days"]
    for name, title in (("normal", "normal"), ("stress", "scenario"), ("adapted", "… adapted")):
        lines.append(
            f"  {title:<10} lost {items[f'lost_units_{name}'].sum():>10,.0f} units, "
            f"{items[f'lost_value_{name}'].sum():>12,.2f} in sales; "
            f"{items[f'orders_{name}'].sum():>8,.0f} orders, "
            f"{items[f'cash_{name}'].sum():>12,.2f} in cash"
        )
    for row in items.head(_FIRST).itertuples():
        lines.append(
            f"  {row.sku} at {row.location}: runs out in {_days(row.days_to_stockout_stress)} "
            f"(normally {_days(row.days_to_stockout_normal)}), loses {row.lost_units_stress:.0f} "
            f"units (normally {row.lost_units_normal:.0f}); reorder point {row.reorder_point:.6g} "
            f"→ {row.stress_reorder_point:.6g}"
        )
    return "\n".join([*lines, f"  {test.path}", f"  {test.figure}"])


def _days(days: object) -> str:
    number = float(str(days))
    return f"{number:.0f} days" if number < float("inf") else "no time soon"
