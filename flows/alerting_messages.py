"""Messages in the reader's language, from templates: the built-in ones or a folder of one's own.

Templates run in a sandbox; in HTML every value is escaped; `line` takes control signs out and cuts
what is long. An own template is looked for as FOLDER/LANGUAGE/NAME.j2, then FOLDER/NAME.j2, where
NAME is subject.txt, mail.txt, mail.html or short.txt.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import Any

from jinja2 import BaseLoader, ChoiceLoader, FileSystemLoader, TemplateSyntaxError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from flows.channels import Message
from stockalert.alerts.words import one_line, words_of
from stockalert.errors import UsageError

__all__ = ["Writer", "check_templates"]

_HERE = Path(__file__).parent / "alert_templates"
_FORMS = {
    "subject": "subject.txt",
    "text": "mail.txt",
    "html": "mail.html",
    "short": "short.txt",
}
_COLOURS = {"critical": "#b00020", "warning": "#a05a00", "info": "#555555"}
_LONGEST_SUBJECT, _LONGEST_SHORT, _LEAST_NAME = 160, 600, 8

_NAMES = {
    "en": {
        "critical": "Critical",
        "warning": "Warning",
        "info": "For information",
        "reorder_now": "reorder now",
        "stockout_risk_before_arrival": "may sell out before goods arrive",
        "stocked_out": "sold out",
        "order_late": "order late",
        "supplier_disrupted": "supplier disrupted",
        "overstock": "overstock",
        "obsolescence_risk": "may not sell in time",
        "demand_spike": "demand spike",
    },
    "fr": {
        "critical": "Critique",
        "warning": "Avertissement",
        "info": "Pour information",
        "reorder_now": "à commander",
        "stockout_risk_before_arrival": "rupture probable avant livraison",
        "stocked_out": "épuisé",
        "order_late": "commande en retard",
        "supplier_disrupted": "fournisseur perturbé",
        "overstock": "surstock",
        "obsolescence_risk": "invendable à temps",
        "demand_spike": "pic de demande",
    },
}


class Writer:
    """Writes messages in one language.

    Parameters
    ----------
    own : folder of the user's templates; "" = the built-in ones alone

    Attributes
    ----------
    problems : what was wrong with own templates; the built-in one stood in
    """

    def __init__(self, language: str, own: str = "") -> None:
        self._built_in = _environment(language, [_HERE / language])
        folders = [Path(own) / language, Path(own)] if own else []
        self._own = _environment(language, [*folders, _HERE / language]) if own else self._built_in
        self.problems: list[str] = []

    def __call__(
        self, key: str, context: Mapping[str, Any], forms: Collection[str] = tuple(_FORMS)
    ) -> Message:
        """Write one message; a broken template of one's own never costs an alert.

        Parameters
        ----------
        forms : which of subject, text, html and short are wanted; the others stay empty
        """
        said = {
            name: self._form(template, context) if name in forms else ""
            for name, template in _FORMS.items()
        }
        return Message(
            key=key,
            subject=one_line(said["subject"], _LONGEST_SUBJECT),
            text=said["text"].strip() + "\n",
            html=said["html"],
            short=one_line(said["short"], _LONGEST_SHORT),
            written_at=datetime.fromisoformat(str(context["written_at"])),
            unsure=bool(context.get("unsure")),
            data={name: value for name, value in context.items() if name != "unsure"},
        )

    def _form(self, name: str, context: Mapping[str, Any]) -> str:
        if self._own is not self._built_in:
            try:
                written = self._own.get_template(f"{name}.j2").render(context)
                written.encode()
                return written
            except TemplateSyntaxError as error:
                problem = f"template {error.filename or name}, line {error.lineno}: {error.message}"
            except Exception as error:
                problem = f"template {name}: {type(error).__name__}: {error}"
            if problem not in self.problems:
                self.problems.append(problem)
        return self._built_in.get_template(f"{name}.j2").render(context)


def check_templates(writer: Writer, contexts: Iterable[Mapping[str, Any]]) -> None:
    """Write messages to see whether the templates work.

    Raises
    ------
    UsageError
        One has an error; file and line are named.
    """
    for context in contexts:
        writer("check", context)
    if writer.problems:
        raise UsageError("\n".join(writer.problems))


def _environment(language: str, folders: list[Path]) -> ImmutableSandboxedEnvironment:
    """Build a sandbox that knows how people of a language write."""
    loaders: list[BaseLoader] = [FileSystemLoader(folder) for folder in folders]
    environment = ImmutableSandboxedEnvironment(
        loader=ChoiceLoader(loaders),
        autoescape=lambda name: name is not None and ".html" in name,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    words, names = words_of(language), _NAMES[language]
    environment.filters |= {
        "number": lambda value, digits=1: "–" if value is None else words.number(value, digits),
        "money": words.money,
        "percent": words.percent,
        "day": lambda day: words.day(_day(day)),
        "line": lambda text, longest=200: one_line(text or "", longest),
        "product": partial(_product),
        "severity": lambda name: names.get(name, name),
        "kind": lambda name: names.get(name, str(name).replace("_", " ")),
        "colour": lambda name: _COLOURS.get(name, "#222222"),
    }
    return environment


def _product(alert: Mapping[str, Any], longest: int = 0) -> str:
    """Name of a product with its sku, the name cut first; "" where an alert is about none."""
    name, sku = one_line(alert.get("name") or ""), one_line(alert.get("sku") or "")
    said = f"{name} ({sku})" if name and name != sku else sku
    if not longest or len(said) <= longest:
        return said
    room = longest - len(sku) - len(" ()")
    return f"{one_line(name, room)} ({sku})" if room >= _LEAST_NAME else one_line(said, longest)


def _day(day: Any) -> date | None:
    """Read a day as the data base keeps it."""
    return date.fromisoformat(str(day)[:10]) if day else None
