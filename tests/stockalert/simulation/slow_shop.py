"""One series replayed by plain Python: lists of dated boxes, no arrays, no cleverness.

Written from the words of the decision record, not from the product: boxes of goods with a date
stand in for cumulative sums, and orders are a list of (arrival, units).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

NONE = float("nan")


@dataclass(frozen=True)
class Shop:
    """One series and its rules."""

    demand: Sequence[float]
    lead_times: Sequence[int]
    review: Sequence[bool]
    moq: float = NONE
    case_pack: float = NONE
    max_stock: float = NONE
    shelf_life: float = math.inf
    whole: bool = True
    on_hand: float = 0.0
    arrivals: Sequence[float] = ()
    backordered: float = 0.0
    backorders: bool = False
    begins: int = 0


@dataclass
class Diary:
    """What happened in each replayed period."""

    ordered: list[float] = field(default_factory=list)
    received: list[float] = field(default_factory=list)
    served: list[float] = field(default_factory=list)
    filled: list[float] = field(default_factory=list)
    on_hand: list[float] = field(default_factory=list)
    backordered: list[float] = field(default_factory=list)
    written_off: list[float] = field(default_factory=list)


def run(shop: Shop, ask: Callable[[int, float], float]) -> Diary:
    """Replay; `ask(period, position)` is the policy."""
    diary = Diary()
    boxes = [[shop.begins, shop.on_hand]]
    owed = shop.backordered
    coming = [[shop.begins + j, units] for j, units in enumerate(shop.arrivals)]
    for period in range(shop.begins, len(shop.demand)):
        ordered = 0.0
        if shop.review[period]:
            position = sum(b[1] for b in boxes) + sum(c[1] for c in coming) - owed
            ordered = buyable(shop, ask(period, position), position)
            coming.append([period + shop.lead_times[period], ordered])
        diary.ordered.append(ordered)
        arrived = sum(units for at, units in coming if at == period)
        coming = [c for c in coming if c[0] != period]
        diary.received.append(arrived)
        boxes.append([period, arrived])
        filled = take(boxes, owed)
        served = take(boxes, shop.demand[period])
        owed = owed - filled + (shop.demand[period] - served if shop.backorders else 0.0)
        old = [b for b in boxes if b[0] + shop.shelf_life - 1 <= period]
        boxes = [b for b in boxes if b[0] + shop.shelf_life - 1 > period]
        diary.filled.append(filled)
        diary.served.append(served)
        diary.backordered.append(owed)
        diary.written_off.append(sum(b[1] for b in old))
        diary.on_hand.append(sum(b[1] for b in boxes))
    return diary


def take(boxes: list[list[float]], wanted: float) -> float:
    """Take up to `wanted` units from the oldest boxes."""
    taken = 0.0
    for box in boxes:
        units = min(box[1], wanted - taken)
        box[1] -= units
        taken += units
    return taken


def buyable(shop: Shop, wanted: float, position: float) -> float:
    """Smallest order ≥ wanted that the supplier accepts, or the largest there is room for."""
    if wanted <= 0:
        return 0.0
    pack = shop.case_pack if shop.case_pack > 0 else (1.0 if shop.whole else 0.0)
    least = shop.moq if shop.moq > 0 else 0.0
    order = max(wanted, least)
    if pack:
        order = pack * math.ceil(order / pack)
    room = max(shop.max_stock - position, 0.0) if shop.max_stock == shop.max_stock else math.inf
    if order > room:
        order = pack * math.floor(room / pack) if pack else room
    return order if order >= least else 0.0
