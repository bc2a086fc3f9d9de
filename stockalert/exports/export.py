"""From a night's thresholds to the rows that a target imports, and what stays behind and why."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from stockalert.exports.identifiers import check_ids, identifiers, looks_like_formula
from stockalert.exports.rules import OrderRules, order_rules, quantity_meant
from stockalert.exports.target import Target

__all__ = ["LOTS", "Export", "export"]

LOTS = ("moq", "case_pack", "step")
TINY = 1e-6


@dataclass(frozen=True)
class Export:
    """What is written, and what is said about it.

    Attributes
    ----------
    target : where it goes
    rows : the file's columns and texts
    rules : the order rules in `rows`, as meant
    ids : their identifiers
    skipped : sku, location, reason
    notes : what the target cannot be told, in plain words
    """

    target: Target
    rows: pd.DataFrame
    rules: OrderRules
    ids: pd.DataFrame
    skipped: pd.DataFrame
    notes: tuple[str, ...]


def export(
    thresholds: pd.DataFrame,
    target: Target,
    *,
    ids: pd.DataFrame | None = None,
    lots: pd.DataFrame | None = None,
    step: float = 0.01,
    allow_formulas: bool = False,
) -> Export:
    """Put a night's thresholds into a target's form.

    Parameters
    ----------
    thresholds : the contract's table
    ids : the target's names for our skus and locations; see `identifiers`. Its columns moq,
        case_pack and step go before `lots`
    lots : moq and case_pack, units, aligned with `thresholds`
    step : units; smallest amount of what is not counted in whole units
    allow_formulas : also write names that a spreadsheet would run, as they are

    Raises
    ------
    UsageError
        `ids` has a column that nobody reads, or names something twice.
    """
    thresholds = thresholds.reset_index(drop=True)
    sku, location = thresholds["sku"].astype("str"), thresholds["location"].astype("str")
    if ids is not None:
        check_ids(ids, target.identifiers, LOTS)
        told = identifiers(sku, location, dict.fromkeys(LOTS, "optional"), ids)
        lots = _first_known(told, lots)
    rules = order_rules(thresholds, lots, step=step)
    names = identifiers(sku, location, target.identifiers, ids)
    reason = _reasons(rules, names, target, allow_formulas)
    go = (reason == "").to_numpy(bool)
    kept, kept_names = rules.take(go), names[go].reset_index(drop=True)
    skipped = pd.DataFrame({"sku": sku[~go], "location": location[~go], "reason": reason[~go]})
    rows = target.form(kept, kept_names)
    return Export(
        target,
        rows,
        kept,
        kept_names,
        skipped.reset_index(drop=True),
        tuple(_notes(kept, target)),
    )


def _first_known(told: pd.DataFrame, lots: pd.DataFrame | None) -> pd.DataFrame:
    """Figures that the identifiers tell, else those of `lots`."""
    figures = {}
    for name in LOTS:
        figures[name] = pd.to_numeric(told[name].replace("", None), errors="coerce")
        if lots is not None and name in lots:
            figures[name] = figures[name].fillna(lots[name].reset_index(drop=True))
    return pd.DataFrame(figures, dtype="float64")


def _reasons(
    rules: OrderRules, names: pd.DataFrame, target: Target, allow_formulas: bool
) -> pd.Series[str]:
    """Why each row stays behind; "" where it goes."""
    reason = target.refused(rules, names)
    for column, source in target.identifiers.items():
        if source != "optional":
            reason = reason.mask((reason == "") & (names[column] == ""), f"no {column} is known")
        if not allow_formulas:
            runs = (reason == "") & looks_like_formula(names[column])
            text = f"its {column} would run as a formula in a spreadsheet"
            reason = reason.mask(runs, text)
    if target.key:
        twice = names.duplicated(list(target.key), keep="first") & (reason == "")
        reason = reason.mask(twice, "another row has the same record")
    if target.together:
        group = names[target.together]
        broken = group.isin(group[reason != ""])
        reason = reason.mask((reason == "") & broken, "another location of it stays behind")
    return reason


def _notes(rules: OrderRules, target: Target) -> list[str]:
    """What the target cannot be told, where it matters."""
    if target.ordered is None:
        return []
    below_moq = (rules.moq > rules.up_to - rules.trigger + TINY) & ("moq" not in target.lots)
    in_packs = (rules.case_pack > rules.step + TINY) & ("case_pack" not in target.lots)
    due = (rules.position <= rules.trigger + TINY) & (rules.order_now == 0)
    held = due & (quantity_meant(rules, rules.position) > 0)
    unknown = bool(target.lots) and np.all(np.isnan(rules.moq) & np.isnan(rules.case_pack))
    found = {
        "may order less than their minimum order quantity": int(below_moq.sum()),
        "may order broken case packs": int(in_packs.sum()),
        "order tonight what a limit (largest stock, shelf life, budget) holds back here": int(
            held.sum()
        ),
    }
    told = [
        f"{count} row(s) {what}: {target.title} knows no such rule"
        for what, count in found.items()
        if count
    ]
    if unknown:
        told.append("no minimum order quantities or case packs are known; --data tells them")
    return told
