"""A run's summary as a page for Prefect: Markdown tables, and a figure in it.

Names that come from data are escaped: a page must not become whatever a product is called.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Mapping, Sequence
from io import BytesIO
from typing import Any

__all__ = ["page_of"]

_SPECIAL = re.compile(r"([\\`*_{}\[\]()#+!|<>~$&-])")
_INK, _CALM, _LOUD = "#333333", "#4878a8", "#c44e52"


def page_of(summary: Mapping[str, Any]) -> str:
    """Return the summary as Markdown, with a figure of stages and guards where it has them."""
    parts = ["## Figures", _table(("figure", "value"), _figures(summary))]
    guards, stages = summary.get("guards", ()), summary.get("stages", ())
    if guards:
        parts += ["## Guards", _table(("guard", "measured", "limit", "refused"), _guards(guards))]
        parts += [part for guard in guards if guard["tripped"] for part in _worst(guard)]
    if stages:
        names = ("stage", "seconds", "processor seconds", "memory, MiB")
        parts += ["## Stages", _table(names, _stages(stages))]
    if guards or stages:
        parts.append(f"![stages and guards](data:image/png;base64,{_figure(stages, guards)})")
    if summary.get("notes"):
        parts += ["## Notes", "\n".join(f"- {_plain(note)}" for note in summary["notes"])]
    return "\n\n".join(parts) + "\n"


def _figures(summary: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    for name, value in summary.items():
        if not isinstance(value, list | tuple | dict) and value is not None:
            yield name, f"{value:,}" if isinstance(value, int | float) else str(value)


def _guards(guards: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, ...]]:
    for guard in guards:
        refused = "yes" if guard["tripped"] else ""
        yield guard["guard"], f"{guard['figure']:.4g}", f"{guard['limit']:.4g}", refused


def _stages(stages: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, ...]]:
    for stage in stages:
        yield (
            stage["name"],
            f"{stage['seconds']:.1f}",
            f"{stage['cpu_seconds']:.1f}",
            f"{stage['peak_mib']:,.0f}",
        )


def _worst(guard: Mapping[str, Any]) -> list[str]:
    """What a guard that refused says, and the rows that matter most."""
    rows = guard.get("rows", ())
    text = [f"**{_plain(guard['guard'])}**: {_plain(guard['text'])}. {_plain(guard['remedy'])}."]
    if not rows:
        return text
    names = tuple(rows[0])
    return [*text, _table(names, [tuple(_cell(row[name]) for name in names) for row in rows])]


def _cell(value: object) -> str:
    if value is None:
        return ""
    return f"{value:,.6g}" if isinstance(value, int | float) else str(value)


def _table(names: Sequence[str], rows: Iterator[tuple[str, ...]] | list[tuple[str, ...]]) -> str:
    lines = [names, ["---"] * len(names), *([_plain(cell) for cell in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _plain(text: str) -> str:
    """Text that Markdown and HTML show as it is.

    Examples
    --------
    >>> print(_plain("<b>a|b</b>"))
    \\<b\\>a\\|b\\</b\\>
    """
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()))


def _figure(stages: Sequence[Mapping[str, Any]], guards: Sequence[Mapping[str, Any]]) -> str:
    """Seconds per stage, and each guard's figure as a share of its limit; base64 of a PNG."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 0.6 + 0.32 * max(len(stages), len(guards), 3)), dpi=90)
    left, right = figure.subplots(1, 2)
    seconds = [stage["seconds"] for stage in stages]
    left.barh(range(len(stages)), seconds, color=_CALM)
    left.set_yticks(range(len(stages)), [stage["name"].replace("$", "") for stage in stages])
    left.set_title("seconds per stage", color=_INK, fontsize=10)
    shares = [
        min(guard["figure"] / guard["limit"] if guard["limit"] else 0.0, 2.0) for guard in guards
    ]
    colours = [_LOUD if guard["tripped"] else _CALM for guard in guards]
    right.barh(range(len(guards)), shares, color=colours)
    right.set_yticks(range(len(guards)), [guard["guard"] for guard in guards])
    right.axvline(1.0, color=_INK, linewidth=1)
    right.set_title("guards: share of the limit", color=_INK, fontsize=10)
    for axes in (left, right):
        axes.invert_yaxis()
        axes.tick_params(labelsize=8)
        axes.spines[["top", "right"]].set_visible(False)
    figure.tight_layout()
    buffer = BytesIO()
    figure.savefig(buffer, format="png")
    return base64.b64encode(buffer.getvalue()).decode()
