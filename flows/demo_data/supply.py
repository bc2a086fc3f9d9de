"""Generated suppliers: who delivers a product, how long it takes, in what packs, at what cost."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa

from stockalert.arrays import FloatArray, IntArray

__all__ = ["Supply", "draw_supply"]

_FRESH = ["PRODUCE", "MEAT", "MEAT-PCKGD", "SEAFOOD", "SEAFOOD-PCKGD", "DELI", "PASTRY", "FLORAL"]
_FRESH += ["SALAD BAR", "CHEF SHOPPE"]
_GROCERY = ["GROCERY", "FROZEN GROCERY", "NUTRITION", "SPIRITS"]
_PACKS = np.array([1, 2, 3, 4, 6, 8, 12, 24, 48])


@dataclass(frozen=True)
class _Family:
    name: str
    suppliers: int
    least_days: float
    most_days: float


_FAMILIES = (
    _Family("fresh", 12, 1.5, 3.5),
    _Family("grocery", 24, 3.0, 10.0),
    _Family("general", 12, 7.0, 18.0),
)


@dataclass(frozen=True)
class Supply:
    """Terms of delivery, one entry per supplier (s) or per product (n).

    Attributes
    ----------
    family : length s, what the supplier deals in.
    lead_days, lead_sd_days : float64 (s,), days
    review_days, first_review : int64 (s,), days
        The shop orders every `review_days`, first on day `first_review`.
    order_cost : float64 (s,), currency per order
    supplier : int64 (n,), position of the product's supplier
    unit_cost : float64 (n,), currency per unit
    case_pack, moq : int64 (n,), units
    """

    family: tuple[str, ...]
    lead_days: FloatArray
    lead_sd_days: FloatArray
    review_days: IntArray
    first_review: IntArray
    order_cost: FloatArray
    supplier: IntArray
    unit_cost: FloatArray
    case_pack: IntArray
    moq: IntArray

    @property
    def supplier_id(self) -> pa.Array:
        """Names of the suppliers."""
        return pa.array([f"S{number:02d}" for number in range(1, len(self.family) + 1)])

    def suppliers_table(self) -> pa.Table:
        """Return the contract's `suppliers`."""
        names = [
            f"Generated supplier {number:02d} ({family})"
            for number, family in enumerate(self.family, start=1)
        ]
        return pa.table(
            {
                "supplier_id": self.supplier_id,
                "name": names,
                "lead_time_days": self.lead_days,
                "lead_time_sd_days": self.lead_sd_days,
                "review_days": self.review_days,
                "order_cost": self.order_cost,
                "status": ["active"] * len(names),
            }
        )


def draw_supply(products: pd.DataFrame, daily: FloatArray, random: np.random.Generator) -> Supply:
    """Draw suppliers, and for each product (shape (n,) of `daily`, units a day) its terms.

    All products of one manufacturer in one family come from one supplier. A case holds up to a
    week's sales, so packs fit the size of this panel of households.
    """
    count = sum(family.suppliers for family in _FAMILIES)
    lead_days = np.concatenate(
        [random.uniform(f.least_days, f.most_days, f.suppliers) for f in _FAMILIES]
    ).round(1)
    review_days = random.choice([1, 2, 7], size=count, p=[0.6, 0.2, 0.2])
    case_pack = _PACKS[np.searchsorted(_PACKS, np.maximum(7 * daily, 1), side="right") - 1]
    return Supply(
        family=tuple(np.repeat([f.name for f in _FAMILIES], [f.suppliers for f in _FAMILIES])),
        lead_days=lead_days,
        lead_sd_days=(lead_days * random.uniform(0.10, 0.35, count)).round(1),
        review_days=review_days,
        first_review=random.integers(0, review_days),
        order_cost=random.uniform(0.10, 0.30, count).round(2),
        supplier=_assign(products, random),
        unit_cost=(products["unit_price"] * random.uniform(0.55, 0.80, len(products)))
        .round(2)
        .to_numpy(),
        case_pack=case_pack,
        moq=case_pack * random.choice([1, 2], size=len(products), p=[0.8, 0.2]),
    )


def _assign(products: pd.DataFrame, random: np.random.Generator) -> IntArray:
    department = products["department"]
    grocery = department.isin(_GROCERY)
    family = np.where(department.isin(_FRESH), 0, np.where(grocery, 1, 2))
    pairs = np.column_stack([family, products["manufacturer_id"]])
    unique, pair = np.unique(pairs, axis=0, return_inverse=True)
    sizes = np.array([f.suppliers for f in _FAMILIES])
    starts = np.cumsum(sizes) - sizes
    chosen = starts[unique[:, 0]] + random.integers(0, sizes[unique[:, 0]])
    return np.asarray(chosen[pair.ravel()])
