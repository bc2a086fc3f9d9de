"""How long a supplier takes: learned from receipts, shrunk towards what is declared.

A lead time is the number of days from `ordered_at` to `received_at`. Per series:

* without a receipt of its own, the declared mean and deviation hold exactly (deviation 0 or null =
  fixed); with nothing declared its supplier's other receipts speak, then the default;
* with receipts, mean and variance are averages over its own receipts (recent ones weigh more),
  the declaration (which counts as five receipts; the default as one) and the supplier's receipts
  for other items (together at most five); where nothing is declared, the receipts of all other
  suppliers say how much lead times vary (together as much as two receipts do);
* where there are receipts, an open order that is older than the mean they give is censored: it
  counts as a receipt of its age plus one deviation (a day at least). An open order older than four
  mean lead times and half a year is taken for forgotten paperwork and says nothing, and so is one
  received on the day it was ordered or before.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import pandas as pd

from stockalert.arrays import BoolArray, FloatArray, IntArray, NumberArray
from stockalert.receipts import Receipts, orders_of
from stockalert.tables.blocks import AnyTable

__all__ = ["LeadTimes", "declared_terms", "from_moments", "learn"]

DECLARED_RECEIPTS = 5.0
DEFAULT_RECEIPTS = 1.0
OTHERS_RECEIPTS = 5.0
EVERYBODYS_FREEDOM = 1.0
FORGOTTEN_DAYS = 182.0
FORGOTTEN_MEANS = 4.0
BLOCK_SERIES = 16_384


@dataclass(frozen=True)
class LeadTimes:
    """The distribution of each series' lead time, as a few atoms with exact moments.

    Attributes
    ----------
    mean_days, sd_days : shape (n,), days
    atoms_days : shape (n, n_atoms), days, ascending
    probabilities : shape (n, n_atoms), share, each row sums to 1
    """

    mean_days: FloatArray
    sd_days: FloatArray
    atoms_days: FloatArray
    probabilities: FloatArray

    def take(self, which: BoolArray | slice) -> LeadTimes:
        """Return the series that `which` selects."""
        return LeadTimes(
            mean_days=self.mean_days[which],
            sd_days=self.sd_days[which],
            atoms_days=self.atoms_days[which],
            probabilities=self.probabilities[which],
        )


def from_moments(mean_days: NumberArray, sd_days: NumberArray, *, n_atoms: int = 5) -> LeadTimes:
    """Gamma lead times with these moments, as atoms that keep mean and deviation exactly.

    The atoms are the nodes of Gauss's quadrature for the gamma distribution (Golub & Welsch,
    1969): n atoms keep its first 2n − 1 moments. Deviation 0 or unknown is one certain atom.

    Parameters
    ----------
    mean_days, sd_days : shape (n,), days
    n_atoms : atoms of a random lead time; one is enough where all are fixed

    Examples
    --------
    >>> lead_times = from_moments(np.array([14.0]), np.array([3.0]))
    >>> round((lead_times.atoms_days * lead_times.probabilities).sum().item(), 9)
    14.0
    >>> from_moments(np.array([14.0]), np.array([0.0])).atoms_days.tolist()
    [[14.0]]
    """
    mean = np.asarray(mean_days, dtype=np.float64)
    sd = np.where(mean > 0, np.nan_to_num(np.asarray(sd_days, dtype=np.float64)), 0.0)
    random = np.flatnonzero(sd > 0)
    n_atoms = n_atoms if len(random) else 1
    atoms = np.repeat(mean[:, None], n_atoms, axis=1)
    probabilities = np.zeros_like(atoms)
    probabilities[:, 0] = 1.0
    for start in range(0, len(random), BLOCK_SERIES):
        some = random[start : start + BLOCK_SERIES]
        atoms[some], probabilities[some] = _nodes(mean[some, None], sd[some, None], n_atoms)
    return LeadTimes(mean, sd, atoms, probabilities)


def _nodes(mean: FloatArray, sd: FloatArray, n_atoms: int) -> tuple[FloatArray, FloatArray]:
    """Nodes and weights of the gamma distributions with these moments, (n, n_atoms) each."""
    scale = sd**2 / mean
    step = np.arange(n_atoms)
    jacobi = np.zeros((len(mean), n_atoms, n_atoms))
    jacobi[:, step, step] = 2.0 * step
    jacobi[:, step[1:], step[:-1]] = np.sqrt(step[1:] * (step[1:] - 1 + mean / scale))
    nodes, vectors = np.linalg.eigh(jacobi)
    return np.clip(mean + scale * nodes, 0.0, None), vectors[:, 0, :] ** 2


def declared_terms(
    series: pd.DataFrame,
    *,
    products: pd.DataFrame | None = None,
    supplier_items: pd.DataFrame | None = None,
    suppliers: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Who supplies each series, and on which declared terms.

    The supplier is the product's; where it has none, the supplier item of the lowest priority
    number. The lead time is the supplier item's, then the product's, then the supplier's; its
    deviation, the review days and the order cost are the supplier's.

    Parameters
    ----------
    series : columns sku, location; one row per series

    Returns
    -------
    supplier_id, lead_time_days, lead_time_sd_days, review_days, order_cost: one row per series in
    the same order; null where nothing is declared
    """
    by_sku = _keyed(products, ["sku"], ["supplier_id", "lead_time_days"])
    items = _keyed(supplier_items, ["sku", "supplier_id"], ["lead_time_days", "priority"])
    # One row per price break: the entry asked first speaks for its supplier.
    items = items.sort_values(["priority", "lead_time_days"])
    items = items[~items.index.duplicated()]
    choices = items.reset_index().sort_values(["sku", "priority", "supplier_id"])
    preferred = choices.drop_duplicates("sku").set_index("sku")["supplier_id"]
    supplier = series["sku"].map(by_sku["supplier_id"]).astype("str")
    supplier = supplier.fillna(series["sku"].map(preferred).astype("str"))
    chosen = pd.MultiIndex.from_arrays([series["sku"].astype("str"), supplier])
    terms = _keyed(
        suppliers,
        ["supplier_id"],
        ["lead_time_days", "lead_time_sd_days", "review_days", "order_cost"],
    ).reindex(supplier)
    days = pd.Series(items["lead_time_days"].reindex(chosen).to_numpy())
    days = days.fillna(pd.Series(series["sku"].map(by_sku["lead_time_days"]).to_numpy()))
    terms["lead_time_days"] = days.fillna(pd.Series(terms["lead_time_days"].to_numpy())).to_numpy()
    return terms.astype("float64").reset_index(names="supplier_id").set_index(series.index)


def learn(
    series: pd.DataFrame,
    terms: pd.DataFrame,
    purchase_orders: AnyTable | None,
    *,
    as_of: date,
    default_days: float,
    half_life_days: float = 365.0,
) -> LeadTimes:
    """Lead times of all series from purchase orders and declared terms; see the module's text.

    Parameters
    ----------
    series : columns sku, location
    terms : what `declared_terms` returns for the same series
    purchase_orders : the contract's table, or None
        A receipt counts for a series when it came from the series' supplier (or names none).
    as_of : last day that may influence the result
    default_days : where nothing else is known
    half_life_days : an order this much older weighs half
    """
    prior = pd.DataFrame(
        {
            "supplier": terms["supplier_id"].to_numpy(),
            "declared": terms["lead_time_days"].notna().to_numpy(),
            "mean": terms["lead_time_days"].fillna(default_days).to_numpy(),
            "sd": terms["lead_time_sd_days"].to_numpy(),
        }
    )
    if purchase_orders is None or not len(purchase_orders):
        return from_moments(prior["mean"].to_numpy(), prior["sd"].to_numpy())
    orders = orders_of(
        series, prior["supplier"], purchase_orders, as_of=as_of, half_life_days=half_life_days
    )
    received, waiting = orders.take(orders.received), orders.take(~orders.received)
    supplier_of = orders.supplier_of
    del orders
    declared_only = prior["declared"].to_numpy() & ~np.isin(prior.index, received.series)
    late = _late(waiting, *_shrunk(prior, received, supplier_of))
    evidence = received.followed_by(late)
    del received
    learned = _shrunk(prior, evidence, supplier_of)
    del evidence
    mean = np.where(declared_only, prior["mean"], learned[0])
    return from_moments(mean, np.where(declared_only, prior["sd"], learned[1]))


def _keyed(frame: pd.DataFrame | None, key: list[str], columns: list[str]) -> pd.DataFrame:
    """Index a table by its key, with every column asked for; an absent table has no rows."""
    frame = pd.DataFrame(columns=key) if frame is None else frame
    frame = frame.reindex(columns=[*key, *columns])
    kinds = {
        name: "str" if name in ("sku", "supplier_id") else "float64" for name in [*key, *columns]
    }
    return frame.astype(kinds).set_index(key)


def _late(open_orders: Receipts, mean: FloatArray, sd: FloatArray) -> Receipts:
    """Open orders older than their series' mean, as receipts of at least their age."""
    open_orders = open_orders.take(open_orders.series >= 0)
    at, age = open_orders.series, open_orders.days
    forgotten = age > np.maximum(FORGOTTEN_DAYS, FORGOTTEN_MEANS * mean[at])
    late = (age > mean[at]) & ~forgotten
    return replace(open_orders, days=age + np.maximum(sd[at], 1.0)).take(late)


def _shrunk(
    prior: pd.DataFrame, evidence: Receipts, supplier_of: IntArray
) -> tuple[FloatArray, FloatArray]:
    """Mean and deviation of own receipts, declaration and the supplier's other receipts."""
    n, mean, sd = len(prior), prior["mean"].to_numpy(), prior["sd"].to_numpy()
    own = _sums(evidence.series, evidence, n)
    codes = _first_seen(np.concatenate([supplier_of, evidence.supplier]))
    everyone = _sums(codes[n:], evidence, int(codes.max(initial=-1)) + 2)
    others = np.where(codes[:n] >= 0, everyone[:, codes[:n]] - own, 0.0)
    others = np.where(others[0] > 1e-9, others, 0.0)
    share = np.minimum(1.0, OTHERS_RECEIPTS / np.maximum(others[0], 1e-9))
    counts = np.where(prior["declared"], DECLARED_RECEIPTS, DEFAULT_RECEIPTS)
    shrunk_days = own[1] + share * others[1] + counts * mean
    shrunk = shrunk_days / (own[0] + share * others[0] + counts)
    prior_sd = np.where(np.isfinite(sd), DECLARED_RECEIPTS, 0.0)
    squares, freedom = _spread(own) + share * _spread(others)
    squares, freedom = squares + prior_sd * np.nan_to_num(sd) ** 2, freedom + prior_sd
    # Of an undeclared lead time the least that is known: elsewhere, they vary this much.
    spread = _spread(np.clip(everyone.sum(axis=1, keepdims=True) - own - others, 0.0, None))
    spread *= np.minimum(1.0, EVERYBODYS_FREEDOM / np.maximum(spread[1], 1e-9))
    spread *= (spread[1] > 1e-6) & ~prior["declared"].to_numpy()
    squares, freedom = squares + spread[0], freedom + spread[1]
    variance = np.divide(squares, freedom, out=np.zeros(n), where=freedom > 0)
    return shrunk, np.sqrt(variance)


def _first_seen(codes: IntArray) -> IntArray:
    """Number codes anew, in the order in which they appear; −1 stays."""
    found = np.full(len(codes), -1, np.int64)
    known = codes >= 0
    found[known] = pd.factorize(codes[known])[0]
    return found


def _sums(groups: IntArray, evidence: Receipts, n_groups: int) -> FloatArray:
    """Per group: Σw, Σw·days, Σw·days², Σw²; shape (4, n_groups)."""
    kept = groups >= 0
    groups, weight, days = groups[kept], evidence.weight[kept], evidence.days[kept]
    total = np.empty((4, n_groups))
    total[0] = np.bincount(groups, weight, minlength=n_groups)
    total[1] = np.bincount(groups, weight * days, minlength=n_groups)
    total[2] = np.bincount(groups, weight * days**2, minlength=n_groups)
    total[3] = np.bincount(groups, weight**2, minlength=n_groups)
    return total


def _spread(sums: FloatArray) -> FloatArray:
    """Squared deviations from the mean, and their degrees of freedom; shape (2, n)."""
    weight = np.where(sums[0] > 0, sums[0], 1.0)
    squares = np.clip(sums[2] - sums[1] ** 2 / weight, 0.0, None)
    return np.array([squares, np.clip(sums[0] - sums[3] / weight, 0.0, None)])
