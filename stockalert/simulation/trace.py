"""What happened in a replay: period by period, and added up per series."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from stockalert.arrays import FloatArray, IntArray
from stockalert.simulation.world import UnmetDemand

__all__ = ["Totals", "Trace"]

# Fractions of units add up with rounding errors; whole units have none.
TINY = 1e-9


@dataclass(frozen=True)
class Trace:
    """Every replayed period of every series; all arrays have the shape (n_series, n_replayed).

    Attributes
    ----------
    demand : units wanted
    ordered : units ordered in the night before the period
    received : units that arrived at its opening
    served : units of its demand served at once
    filled : units owed from earlier periods that were handed out
    on_hand, backordered : units on the shelf and owed at its close
    written_off : units written off at its close
    unmet : what became of demand not served at once
    """

    demand: FloatArray
    ordered: FloatArray
    received: FloatArray
    served: FloatArray
    filled: FloatArray
    on_hand: FloatArray
    backordered: FloatArray
    written_off: FloatArray
    unmet: UnmetDemand

    @property
    def short(self) -> FloatArray:
        """Units of demand not served at once; shape (n_series, n_replayed)."""
        return self.demand - self.served

    @classmethod
    def joined(cls, traces: list[Trace]) -> Trace:
        """Blocks of series, one after the other."""
        names = [field.name for field in fields(cls) if field.name != "unmet"]
        parts = {name: np.concatenate([getattr(t, name) for t in traces]) for name in names}
        return cls(**parts, unmet=traces[0].unmet)


@dataclass(frozen=True)
class Totals:
    """Sums per series over the scored periods, from which every KPI follows.

    Attributes
    ----------
    n_periods : number of periods scored
    demanded, served, lost, filled, ordered, received, written_off : shape (n_series,), units
    stock, backordered : shape (n_series,), units × periods, counted at the close of each period
    orders : shape (n_series,), orders placed
    demand_periods : shape (n_series,), periods with demand
    short_periods : shape (n_series,), periods in which some demand was not served at once
    ready_periods : shape (n_series,), periods with stock on the shelf at their close
    cycles, safe_cycles : shape (n_series,)
        Replenishment cycles, and those without a stock-out. A cycle begins with each receipt; the
        first and last period scored are borders too, so that each period is in one cycle.
    """

    n_periods: int
    demanded: FloatArray
    served: FloatArray
    lost: FloatArray
    filled: FloatArray
    ordered: FloatArray
    received: FloatArray
    written_off: FloatArray
    stock: FloatArray
    backordered: FloatArray
    orders: IntArray
    demand_periods: IntArray
    short_periods: IntArray
    ready_periods: IntArray
    cycles: IntArray
    safe_cycles: IntArray

    @classmethod
    def of(cls, trace: Trace, *, skip: int = 0) -> Totals:
        """Add up all replayed periods but the first `skip`."""
        part = {
            field.name: getattr(trace, field.name)[:, skip:]
            for field in fields(Trace)
            if field.name != "unmet"
        }
        demanded, served = (
            part[name].sum(axis=1, dtype=np.float64) for name in ("demand", "served")
        )
        short = part["demand"] - part["served"] > TINY
        cycles, safe = _cycles(part["received"] > 0, short)
        summed = {n: part[n].sum(axis=1) for n in ("filled", "ordered", "received", "written_off")}
        return cls(
            n_periods=short.shape[1],
            demanded=demanded,
            served=served,
            lost=demanded - served if trace.unmet == "lost" else np.zeros(len(demanded)),
            stock=part["on_hand"].sum(axis=1),
            backordered=part["backordered"].sum(axis=1),
            orders=np.count_nonzero(part["ordered"] > 0, axis=1),
            demand_periods=np.count_nonzero(part["demand"] > 0, axis=1),
            short_periods=np.count_nonzero(short, axis=1),
            ready_periods=np.count_nonzero(part["on_hand"] > TINY, axis=1),
            cycles=cycles,
            safe_cycles=safe,
            **summed,
        )

    @classmethod
    def joined(cls, totals: list[Totals]) -> Totals:
        """Blocks of series, one after the other."""
        names = [field.name for field in fields(cls) if field.name != "n_periods"]
        parts = {name: np.concatenate([getattr(t, name) for t in totals]) for name in names}
        return cls(n_periods=totals[0].n_periods, **parts)


def _cycles(received: np.ndarray, short: np.ndarray) -> tuple[IntArray, IntArray]:
    """Number of replenishment cycles, and of those without a stock-out; shape (n_series,)."""
    n_series, n_periods = short.shape
    cycles = np.full(n_series, min(n_periods, 1))
    safe, failed = np.zeros(n_series, np.int64), np.zeros(n_series, np.bool_)
    for period in range(n_periods):
        if period > 0:
            begins = received[:, period]
            cycles += begins
            safe += begins & ~failed
            failed &= ~begins
        failed |= short[:, period]
    return cycles, safe + (~failed & (cycles > 0))
