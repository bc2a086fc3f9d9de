"""Export what is served: read the night, write the file or the other system, say what was done."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from flows.order_points import Written
from stockalert.errors import OutputError, UsageError
from stockalert.exports import TARGETS, WOOCOMMERCE_BATCH, Export, Target, export
from stockalert.exports.files import bodies, csv_text, json_text
from stockalert.served import Pointer, read_pointer

__all__ = ["Served", "export_to_file", "export_to_url", "read_night", "target_of", "told"]

_JSON = {".json": False, ".jsonl": True}
_HAS_BODIES = ("woocommerce", "shopify")


@dataclass(frozen=True)
class Served:
    """The thresholds served, with the night's pointer and what the user adds.

    Attributes
    ----------
    ids : the target's names; None = ours
    lots : moq and case_pack, aligned with the thresholds; None = unknown
    step : units; smallest amount of what is not counted in whole units
    """

    night: Pointer
    thresholds: pd.DataFrame
    ids: pd.DataFrame | None
    lots: pd.DataFrame | None
    step: float
    allow_formulas: bool

    def into(self, target: Target, lots: pd.DataFrame | None = None) -> Export:
        """Put the night into a target's form."""
        return export(
            self.thresholds,
            target,
            ids=self.ids,
            lots=self.lots if lots is None else lots,
            step=self.step,
            allow_formulas=self.allow_formulas,
        )


def target_of(name: str, file: Path | None) -> Target:
    """Return the target of a format; a JSON file changes WooCommerce's.

    Raises
    ------
    UsageError
        The format is unknown, or has no such file.
    """
    if name not in TARGETS:
        raise UsageError(f"--format: expected one of {', '.join(TARGETS)}; found {name!r}")
    suffix = "" if file is None else file.suffix.lower()
    if name == "shopify" and suffix not in {"", *_JSON}:
        raise UsageError("shopify: expected a .json or .jsonl file; its CSV would overwrite stock")
    if suffix in _JSON and name not in _HAS_BODIES:
        raise UsageError(f"{name}: expected a .csv file, found {suffix}")
    return WOOCOMMERCE_BATCH if name == "woocommerce" and suffix in _JSON else TARGETS[name]


def read_night(
    out: Path,
    *,
    ids: Path | None,
    lots: Callable[[pd.DataFrame], pd.DataFrame] | None,
    step: float,
    allow_formulas: bool,
) -> Served:
    """Read the thresholds served now; one pointer, so one night."""
    night = read_pointer(out)
    if "thresholds" not in night.tables:
        raise OutputError(f"night {night.run_id} has no thresholds")
    try:
        path = out / night.tables["thresholds"].path
        thresholds = pq.read_table(path, partitioning=None).to_pandas(date_as_object=False)
    except (OSError, pa.ArrowException) as error:
        raise OutputError(f"cannot read {path}: {error}") from None
    told = None if lots is None else lots(thresholds)
    return Served(night, thresholds, _read_ids(ids), told, step, allow_formulas)


def export_to_file(served: Served, name: str, file: Path) -> Export:
    """Write the file and beside it `FILE.about.json`, each in one step.

    The second names the night, the figures of the export and every row that stayed behind.
    """
    target = target_of(name, file)
    done = served.into(target)
    suffix = file.suffix.lower()
    if suffix in _JSON or name == "shopify":
        text = json_text(bodies(name, done.rows), lines=_JSON.get(suffix, False))
    else:
        text = csv_text(done.rows)
    _write(file, text)
    _write(file.with_name(f"{file.name}.about.json"), about(served, done))
    return done


def export_to_url(served: Served, name: str, url: str, *, insecure: bool) -> tuple[Export, Written]:
    """Write into a running system."""
    if name == "tryton":
        return _to_tryton(served, url, insecure)
    if name == "odoo19":
        from flows.odoo_client import open_odoo, write_rules

        done = served.into(TARGETS[name])
        odoo = open_odoo(url, insecure=insecure)
        return done, write_rules(odoo, done.rows, _names(done))
    if name in _HAS_BODIES:
        from flows.store_clients import send

        done = served.into(WOOCOMMERCE_BATCH if name == "woocommerce" else TARGETS[name])
        return done, send(name, url, bodies(name, done.rows), len(done.rows), insecure=insecure)
    raise UsageError(f"{name}: no --url; write a FILE and import it")


def about(served: Served, done: Export) -> str:
    """Say which night an export is of, and what stayed behind, as JSON."""
    night = served.night
    told = {
        "format": done.target.name,
        "as_of_date": night.as_of_date.isoformat(),
        "run_id": night.run_id,
        "model_version": night.model_version,
        "valid_until": night.valid_until.isoformat(),
        "rows": len(done.rows),
        "notes": list(done.notes),
        "skipped": done.skipped.to_dict("records"),
    }
    return json.dumps(told, ensure_ascii=False, indent=2) + "\n"


def told(served: Served, done: Export, now: datetime) -> list[str]:
    """Say what an export holds, line by line."""
    night = served.night
    lines = [
        f"{done.target.title}: {len(done.rows)} rows of the night of {night.as_of_date}"
        f" (run {night.run_id}, model {night.model_version or 'none'})"
    ]
    if now > night.valid_until:
        lines.append(f"out of date: what is served was valid until {night.valid_until}")
    lines += done.notes
    for reason, rows in done.skipped.groupby("reason", sort=True):
        first = ", ".join(f"{sku!r} at {place!r}" for sku, place, _ in rows.head(3).to_numpy())
        lines.append(
            f"{len(rows)} row(s) left out, {reason}: {first}{' …' if len(rows) > 3 else ''}"
        )
    return lines


def _to_tryton(served: Served, url: str, insecure: bool) -> tuple[Export, Written]:
    """Round to the digits of each product's unit in Tryton, then write."""
    from flows.tryton_client import open_tryton, write_order_points

    target = TARGETS["tryton"]
    first = served.into(target)
    with open_tryton(url, insecure=insecure) as tryton:
        known = tryton.products(sorted(set(first.ids["product"])))
        digits = dict(zip(known["code"], known["digits"], strict=True))
        named = pd.Series(
            first.ids["product"].to_numpy(), index=pd.MultiIndex.from_frame(_names(first))
        )
        rows = pd.MultiIndex.from_frame(served.thresholds[["sku", "location"]])
        lots = pd.DataFrame({"step": 10.0 ** -named.reindex(rows).map(digits).astype("float64")})
        lots.index = served.thresholds.index
        if served.lots is not None:
            lots = served.lots.drop(columns="step", errors="ignore").join(lots)
        done = served.into(target, lots)
        return done, write_order_points(tryton, done.rows, _names(done))


def _names(done: Export) -> pd.DataFrame:
    return pd.DataFrame({"sku": done.rules.sku, "location": done.rules.location})


def _read_ids(file: Path | None) -> pd.DataFrame | None:
    if file is None:
        return None
    try:
        return pd.read_csv(file, dtype="str", keep_default_na=False, encoding="utf-8-sig")
    except (OSError, ValueError) as error:
        raise UsageError(f"cannot read the identifiers {file}: {error}") from None


def _write(file: Path, text: str) -> None:
    """Replace a file in one step, flushed: a reader sees the old one or the new one."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        handle, part = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
    except OSError as error:
        raise OutputError(f"cannot write {file}: {error.strerror}") from None
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        Path(part).chmod(0o644)
        Path(part).replace(file)
    except OSError as error:
        with suppress(OSError):
            Path(part).unlink()
        raise OutputError(f"cannot write {file}: {error.strerror}") from None
