"""Alerts of the served nights: taken over into the outbox, and sent."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq

from flows.alert_store import AlertStore, open_store
from flows.alerting_channels import Addresses, addresses_of
from flows.alerting_delivery import Delivery, deliver_queue, delivering
from flows.alerting_messages import Writer
from flows.alerting_operational import (
    OPERATIONAL,
    note_problem,
    operational_alerts,
    over_with,
)
from flows.alerting_queue import take_over
from flows.settings import Settings
from stockalert.alerts.records import BLOCK_ROWS, each_row
from stockalert.alerts.silences import muted_state
from stockalert.errors import OutputError
from stockalert.served import Pointer, read_pointer, served_runs

__all__ = [
    "deliver_alerts",
    "each_open_alert",
    "open_alerts",
    "send_queued",
    "served_alerts",
]

_DOWN = {
    "en": ("Alerts do not reach {label}: {why}.", "Check the address and the service behind it."),
    "fr": ("Les alertes n'atteignent pas {label} : {why}.", "Vérifier l'adresse et le service."),
}


def deliver_alerts(out: Path, settings: Settings, *, now: datetime) -> Delivery:
    """Tell what is new since the last time, and send what waits.

    Every served night that has not been told yet is, in order; then the one that is served now.

    Raises
    ------
    OutputError
        The store cannot be used, or another process is sending.
    """
    addresses = addresses_of(settings)
    with delivering(out), open_store(out) as store:
        telling = addresses.telling(settings)
        for night in _untold(out, store):
            alerts = each_open_alert(out, store, now, night)
            take_over(store, alerts, telling, night=(night.run_id, str(night.as_of_date)), now=now)
        return _send(store, settings, addresses, now=now)


def send_queued(out: Path, settings: Settings, *, now: datetime) -> Delivery:
    """Send what waits, without looking for new nights."""
    with delivering(out), open_store(out) as store:
        return _send(store, settings, addresses_of(settings), now=now)


def _send(
    store: AlertStore, settings: Settings, addresses: Addresses, *, now: datetime
) -> Delivery:
    """Send; tell the other channels of one that is down, and of its return."""
    writer = Writer(settings.language, settings.alerts.templates)
    done = Delivery()
    send = partial(
        deliver_queue,
        store,
        addresses.channels,
        writer,
        now=now,
        first_wait_minutes=float(settings.alerts.retry_minutes),
        quiet_hours=settings.alerts.quiet_hours,
        done=done,
    )
    send()
    done.down |= addresses.unusable
    said, to_do = _DOWN[settings.language]
    for label, why in done.down.items():
        words = said.format(label=label, why=why), to_do
        note_problem(
            store,
            settings,
            kind="channel_down",
            subject=label,
            severity="warning",
            words=words,
            now=now,
        )
    known = [row["subject"] for row in store.operational() if row["kind"] == "channel_down"]
    silent = {row["label"] for row in store.rows("SELECT label FROM channels")}
    for label in known:
        if label not in done.down and label not in silent:
            over_with(store, settings, kind="channel_down", subject=label, now=now)
    send()
    done.notes += writer.problems
    return done


def _untold(out: Path, store: AlertStore) -> list[Pointer]:
    """Served nights that have not been told, oldest first, and the one served now at the end.

    Nights from before anything was ever told are not dug up.
    """
    told = {row["run_id"]: row["taken_at"] for row in store.rows("SELECT * FROM nights")}
    try:
        current = read_pointer(out)
    except OutputError:
        return []
    nights = [read_pointer(out, one) for one in served_runs(out) - told.keys() - {current.run_id}]
    last = store.rows("SELECT run_id FROM nights ORDER BY rowid DESC LIMIT 1")
    missed = [night for night in nights if told and _after(night, out, last[0]["run_id"])]
    missed.sort(key=lambda night: (night.created_at, night.run_id))
    return [*missed, current]


def _after(night: Pointer, out: Path, run_id: str) -> bool:
    """Whether a night was made after another; what is not known any more is long past."""
    try:
        return night.created_at >= read_pointer(out, run_id).created_at
    except OutputError:
        return False


def open_alerts(out: Path, store: AlertStore, now: datetime) -> list[dict[str, Any]]:
    """Alerts of the night that is served in their states now, and those of the job."""
    return list(each_open_alert(out, store, now))


def each_open_alert(
    out: Path, store: AlertStore, now: datetime, night: Pointer | None = None
) -> Iterator[dict[str, Any]]:
    """Alerts of a night (default: the one served) one at a time, as `open_alerts`."""
    silences, acknowledged = store.silences(), store.acknowledgements()
    operational = operational_alerts(store, now)
    for table in _parts(out, night):
        for name in table.select_dtypes("datetime"):
            table[name] = table[name].dt.strftime("%Y-%m-%dT%H:%M:%S")
        for row in each_row(table):
            if not str(row["episode"]).startswith(OPERATIONAL):
                yield row | {"state": muted_state(row, silences, acknowledged, now)}
    yield from operational


def served_alerts(out: Path, columns: Sequence[str]) -> pd.DataFrame | None:
    """Columns of table `alerts` of the night served now; None where it has none.

    Words that many rows share are categories.
    """
    folder = _folder(out, None)
    if folder is None:
        return None
    shared = [name for name in ("kind", "supplier_id", "episode") if name in columns]
    table = pq.read_table(folder, columns=list(columns), partitioning=None, read_dictionary=shared)
    found: pd.DataFrame = table.to_pandas(date_as_object=False)
    return found


def _parts(out: Path, night: Pointer | None) -> Iterator[pd.DataFrame]:
    """Table `alerts` of a night, some thousand rows at a time; nothing where it has none."""
    folder = _folder(out, night)
    if folder is not None:
        for file in sorted(folder.glob("*.parquet")):
            for batch in pq.ParquetFile(file).iter_batches(BLOCK_ROWS):
                yield batch.to_pandas(date_as_object=False)


def _folder(out: Path, night: Pointer | None) -> Path | None:
    """Folder of table `alerts` of a night, or of the one served now; None where it has none."""
    try:
        night = night or read_pointer(out)
    except OutputError:
        return None
    return out / night.tables["alerts"].path if "alerts" in night.tables else None
