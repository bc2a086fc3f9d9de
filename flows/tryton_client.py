"""Order points into a running Tryton 8, over its JSON-RPC with a session.

Products are found by code, warehouses by code or name. Every call is one transaction; a record that
is there is updated where it differs, so doing it twice changes nothing. User and password come from
`TRYTON_USER` and `TRYTON_PASSWORD`; the session ends with the export.
"""

from __future__ import annotations

import base64
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import pandas as pd

from flows.http_json import check_url, post_json
from flows.order_points import Written, changes
from stockalert.errors import OutputError, UsageError

__all__ = ["Tryton", "open_tryton", "write_order_points"]

_AT_ONCE = 500


@dataclass(frozen=True)
class Tryton:
    """A session with one database."""

    url: str
    headers: dict[str, str] = field(repr=False)
    context: dict[str, Any] = field(repr=False)

    def call(self, method: str, *params: Any) -> Any:
        """Call `MODEL.METHOD` with the session's context."""
        return _rpc(self.url, f"model.{method}", [*params, self.context], self.headers)

    def read(self, model: str, domain: list[Any], names: Sequence[str]) -> pd.DataFrame:
        """Read every record that fits; columns `id` and `names`."""
        found = self.call(f"{model}.search_read", domain, 0, None, None, list(names))
        return pd.DataFrame(found, columns=["id", *names])

    def products(self, codes: Sequence[str]) -> pd.DataFrame:
        """Products by code: id, code, digits of their unit."""
        parts = [codes[at : at + _AT_ONCE] for at in range(0, len(codes), _AT_ONCE)] or [[]]
        names = ["code", "default_uom"]
        found = pd.concat(
            [self.read("product.product", [["code", "in", list(part)]], names) for part in parts],
            ignore_index=True,
        )
        units = self.read("product.uom", [["id", "in", _ids(found["default_uom"])]], ["digits"])
        digits = dict(zip(units["id"], units["digits"], strict=True))
        return found.assign(digits=found["default_uom"].map(digits))

    def warehouses(self) -> dict[str, int]:
        """Id of every warehouse by its name and by its code; the code wins."""
        found = self.read("stock.location", [["type", "=", "warehouse"]], ["name", "code"])
        by_name = dict(zip(found["name"], found["id"], strict=True))
        return by_name | {
            code: number for code, number in zip(found["code"], found["id"], strict=True) if code
        }


@contextmanager
def open_tryton(url: str, *, insecure: bool = False) -> Iterator[Tryton]:
    """Log in, and out again at the end.

    Parameters
    ----------
    url : `https://HOST/DATABASE`

    Raises
    ------
    UsageError
        The address or the credentials are missing or wrong in form.
    OutputError
        The server cannot be reached or refuses.
    """
    base = check_url(url, insecure=insecure)
    user, password = os.environ.get("TRYTON_USER"), os.environ.get("TRYTON_PASSWORD")
    if not user or not password:
        raise UsageError("set TRYTON_USER and TRYTON_PASSWORD to the credentials of a Tryton user")
    endpoint = f"{base}/rpc/"
    number, token, *_ = _rpc(endpoint, "common.db.login", [user, {"password": password}, None], {})
    session = base64.b64encode(f"{user}:{number}:{token}".encode()).decode()
    headers = {"Authorization": f"Session {session}"}
    try:
        context = _rpc(endpoint, "model.res.user.get_preferences", [True, {}], headers)
        yield Tryton(endpoint, headers, context)
    finally:
        with suppress(OutputError):  # what is written is written; sessions end by themselves
            _rpc(endpoint, "common.db.logout", [], headers)


def write_order_points(tryton: Tryton, rows: pd.DataFrame, names: pd.DataFrame) -> Written:
    """Create and update order points of type `purchase` of the user's company.

    Parameters
    ----------
    rows : as `stockalert.exports.tryton.form` writes them
    names : sku and location of each row
    """
    company = tryton.context.get("company")
    if company is None:
        raise OutputError("the Tryton user works for no company; set one in its preferences")
    places = tryton.warehouses()
    known = tryton.products(sorted(set(rows["product"]))).drop_duplicates("code", keep=False)
    product = rows["product"].map(dict(zip(known["code"], known["id"], strict=True)))
    place = rows["location"].map(places)
    if len(set(places.values())) == 1:
        place = place.mask(rows["location"] == "default", next(iter(places.values())))
    reason = pd.Series("", index=rows.index, dtype="str")
    reason = reason.mask(place.isna(), "Tryton has no warehouse of this code or name")
    reason = reason.mask(product.isna(), "Tryton has no product, or several, of this code")
    go = reason == ""
    wanted = pd.DataFrame(
        {
            "product": product[go].astype("int64"),
            "place": place[go].astype("int64"),
            "minimum": rows["min_quantity"][go].astype("float64"),
            "maximum": rows["target_quantity"][go].astype("float64"),
        }
    )
    done = changes(wanted, _existing(tryton, company, wanted))
    _create(tryton, company, done.create)
    _update(tryton, done.update)
    skipped = names.assign(reason=reason)[~go]
    return Written(len(done.create), len(done.update), done.unchanged, skipped)


def _existing(tryton: Tryton, company: int, wanted: pd.DataFrame) -> pd.DataFrame:
    domain = [["type", "=", "purchase"], ["company", "=", company]]
    names = ["product", "location", "min_quantity", "target_quantity"]
    found = tryton.read(
        "stock.order_point", [*domain, ["product", "in", _ids(wanted["product"])]], names
    )
    return found.set_axis(["id", "product", "place", "minimum", "maximum"], axis=1)


def _create(tryton: Tryton, company: int, rows: pd.DataFrame) -> None:
    records = [
        {
            "type": "purchase",
            "company": company,
            "product": row.product,
            "location": row.place,
            "min_quantity": row.minimum,
            "target_quantity": row.maximum,
        }
        for row in rows.itertuples()
    ]
    for at in range(0, len(records), _AT_ONCE):
        tryton.call("stock.order_point.create", records[at : at + _AT_ONCE])


def _update(tryton: Tryton, rows: pd.DataFrame) -> None:
    pairs: list[Any] = []
    for row in rows.itertuples():
        pairs += [[row.id], {"min_quantity": row.minimum, "target_quantity": row.maximum}]
    for at in range(0, len(pairs), 2 * _AT_ONCE):
        tryton.call("stock.order_point.write", *pairs[at : at + 2 * _AT_ONCE])


_numbers = count(1)


def _rpc(url: str, method: str, params: list[Any], headers: dict[str, str]) -> Any:
    answer = post_json(url, {"id": next(_numbers), "method": method, "params": params}, headers)
    if error := answer.get("error"):
        told = error[1] if len(error) > 1 and error[0] in {"UserError", "UserWarning"} else error[0]
        text = told[0] if isinstance(told, list) else told
        raise OutputError(f"Tryton refused {method}: {str(text)[:300]}")
    return answer.get("result")


def _ids(numbers: pd.Series[Any]) -> list[int]:
    return sorted({int(number) for number in numbers})
