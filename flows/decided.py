"""A night that has been decided, and what it was decided on."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Self

import pandas as pd

from flows.supply import SupplyFacts
from stockalert.arrays import FloatArray
from stockalert.at_risk import AtRisk, at_risk
from stockalert.outlook import Horizons, Outlook
from stockalert.situation import Situation
from stockalert.tables.blocks import AnyTable, whole
from stockalert.tables.spilled import spilled

__all__ = ["Basis", "DecidedNight", "Expected"]


@dataclass(frozen=True)
class Expected:
    """Demand that a night expects.

    Attributes
    ----------
    outlook : over the protection intervals
    horizons : at the common horizons
    protection_days : shape (n,), days
    """

    outlook: Outlook
    horizons: Horizons
    protection_days: FloatArray


@dataclass(frozen=True)
class Basis:
    """What a decision was based on.

    Attributes
    ----------
    case : all that the decision knew, row by row as in `thresholds`
    facts : how goods come, row by row likewise
    shared : correlation of two items' demand; see `stockalert.purchasing.shared_demand`
    """

    case: Situation
    facts: SupplyFacts
    shared: float


@dataclass(frozen=True)
class DecidedNight:
    """The tables of a night, before they are published.

    Attributes
    ----------
    frames : thresholds, forecasts, order_proposals
    missing_stock : series without a row in the stock table; they count as nothing on hand
    expected : demand, row by row as in `thresholds`
    risk : what tonight's stock is expected to miss; None = there is no stock table
    basis : None = put away, since orders are put together
    notes : on what went wrong on the way
    failed : sku, location, reason of what could not be forecast and has what was served before
    """

    frames: dict[str, AnyTable]
    missing_stock: int
    expected: Expected
    risk: AtRisk | None
    basis: Basis | None
    notes: tuple[str, ...] = ()
    failed: pd.DataFrame = field(default_factory=pd.DataFrame)

    @classmethod
    def of(cls, frames: dict[str, AnyTable], basis: Basis) -> Self:
        """A night with nothing to note."""
        case = basis.case
        return cls(
            frames,
            missing_stock=0 if case.position is None else int((~case.position.known).sum()),
            expected=Expected(case.outlook, case.horizons, case.supply.protection_days),
            risk=at_risk(case),
            basis=basis,
        )

    @property
    def known(self) -> Basis:
        """What the decision was based on.

        Raises
        ------
        ValueError
            It was put away.
        """
        if self.basis is None:
            raise ValueError("what the night was decided on has been put away")
        return self.basis

    @property
    def case(self) -> Situation:
        """All that the decision knew."""
        return self.known.case

    @property
    def facts(self) -> SupplyFacts:
        """How goods come."""
        return self.known.facts

    @property
    def thresholds(self) -> pd.DataFrame:
        """Table `thresholds`: what all that follows is based on."""
        return self.held("thresholds")

    def held(self, name: str) -> pd.DataFrame:
        """Return all rows of a table at once."""
        return whole(self.frames[name])

    def put_away(self, folder: Path) -> DecidedNight:
        """The same night with its long tables in files of `folder`, and without its basis."""
        frames = dict(self.frames)
        for name in ("thresholds", "order_proposals"):
            frames[name] = spilled(self.held(name), folder / f"{name}.arrow")
        return replace(self, frames=frames, basis=None)
