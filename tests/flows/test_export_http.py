"""Running systems over HTTP: stand-ins on loopback, built from the systems' documentation.

No Odoo, WooCommerce or Shopify runs here. The stand-ins hold records and answer as their
documentation says; what they cannot show is how the real systems judge what they are given.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from click.testing import Result
from typer.testing import CliRunner

from flows.cli import app
from tests.flows.served_shop import publish, thresholds

KEY = "key-of-the-purchaser-4711"
ROWS = [
    {"sku": "tea", "reorder_point": 20.0, "order_up_to_level": 32.0},
    {"sku": "rice", "reorder_point": 7.318, "order_up_to_level": 9.5},
    {"sku": "unknown there", "reorder_point": 3.0, "order_up_to_level": 8.0},
]

Answer = tuple[int, Any]


@contextmanager
def served(answer: Callable[[str, dict[str, str], Any], Answer]) -> Iterator[str]:
    """Serve POSTs of JSON on a free loopback port."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            headers = {name.lower(): value for name, value in self.headers.items()}
            status, said = answer(self.path, headers, body)
            self.send_response(status)
            if status in {301, 302, 307, 308}:
                self.send_header("Location", said)
            self.end_headers()
            self.wfile.write(json.dumps(said).encode())

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@dataclass
class OdooStandIn:
    """Odoo 19's JSON-2 interface: `/json/2/MODEL/METHOD`, named arguments, one transaction each."""

    records: dict[str, dict[int, dict[str, Any]]]
    calls: list[str] = field(default_factory=list)

    def __call__(self, path: str, headers: dict[str, str], body: dict[str, Any]) -> Answer:
        if headers.get("authorization") != f"bearer {KEY}":
            return 401, {"name": "werkzeug.exceptions.Unauthorized", "message": "Invalid apikey"}
        if headers.get("x-odoo-database") != "shop":
            return 404, {"name": "werkzeug.exceptions.NotFound", "message": "no such database"}
        *_, model, method = path.split("/")
        self.calls.append(method)
        table = self.records[model]
        if method == "search_read":
            return 200, [self.told(row, number, body) for number, row in self.found(table, body)]
        new = body["vals_list"] if method == "create" else [body["vals"]]
        for values in new:
            if values["product_min_qty"] > values["product_max_qty"]:
                message = "The minimum quantity must be less than or equal to the maximum quantity."
                return 422, {"name": "odoo.exceptions.ValidationError", "message": message}
        if method == "create":
            numbers = [len(table) + 900 + at for at in range(len(new))]
            table.update(zip(numbers, new, strict=True))
            return 200, numbers
        for number in body["ids"]:
            table[number] |= new[0]
        return 200, True

    def found(self, table: Any, body: dict[str, Any]) -> list[tuple[int, dict[str, Any]]]:
        ((name, operator, values),) = body["domain"]
        assert operator == "in"
        return [(number, row) for number, row in table.items() if row[name] in values]

    def told(self, row: dict[str, Any], number: int, body: dict[str, Any]) -> dict[str, Any]:
        links = {"product_id", "location_id", "lot_stock_id"}
        said = {n: [row[n], "its name"] if n in links else row[n] for n in body["fields"]}
        return {"id": number} | said


@pytest.fixture
def odoo() -> OdooStandIn:
    return OdooStandIn(
        {
            "product.product": {11: {"default_code": "tea"}, 12: {"default_code": "rice"}},
            "stock.warehouse": {1: {"code": "shop", "name": "Main shop", "lot_stock_id": 8}},
            "stock.warehouse.orderpoint": {
                7: {
                    "product_id": 11,
                    "location_id": 8,
                    "product_min_qty": 1.0,
                    "product_max_qty": 2.0,
                    "trigger": "auto",
                }
            },
        }
    )


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    out = publish(tmp_path / "out", thresholds(ROWS))
    monkeypatch.setenv("ODOO_API_KEY", KEY)
    monkeypatch.setenv("ODOO_DATABASE", "shop")
    words = ["export", "--out", str(out), "--format"]
    return lambda *more: CliRunner().invoke(app, [*words, *(str(word) for word in more)])


def test_odoo_rules_are_created_updated_and_then_left_alone(
    odoo: OdooStandIn, run: Callable[..., Result]
) -> None:
    with served(odoo) as url:
        first = run("odoo19", "--url", url)
        assert first.exit_code == 0, first.output
        assert "1 created, 1 updated, 0 left as they were" in first.output
        assert "1 not written, Odoo has no product" in first.output
        rules = odoo.records["stock.warehouse.orderpoint"]
        assert rules[7]["product_min_qty"] == 21.0
        assert rules[7]["product_max_qty"] == 32.0
        assert rules[901] == {
            "product_id": 12,
            "warehouse_id": 1,
            "location_id": 8,
            "product_min_qty": 7.32,
            "product_max_qty": 9.5,
            "trigger": "auto",
        }
        odoo.calls.clear()
        assert "0 created, 0 updated, 2 left as they were" in run("odoo19", "--url", url).output
        assert set(odoo.calls) == {"search_read"}


def test_a_refusal_is_said_in_the_systems_words_and_never_with_the_key(
    odoo: OdooStandIn, run: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ODOO_API_KEY", "wrong-key-0815")
    with served(odoo) as url:
        result = run("odoo19", "--url", url, "--debug")
        assert "wrong-key-0815" not in result.output + str(result.exception)
        result = run("odoo19", "--url", url)
    assert result.exit_code == 1
    assert "answered 401: Invalid apikey" in result.stderr
    assert "wrong-key-0815" not in result.output


def test_a_redirect_does_not_carry_the_key_elsewhere(
    odoo: OdooStandIn, run: Callable[..., Result]
) -> None:
    heard = []

    def listen(path: str, headers: dict[str, str], body: Any) -> Answer:
        heard.append(headers)
        return 200, []

    with served(listen) as other, served(lambda *_: (307, other)) as url:
        result = run("odoo19", "--url", url)
    assert result.exit_code == 1
    assert "answered 307" in result.stderr
    assert heard == []


def test_a_host_that_is_not_there_is_one_sentence(run: Callable[..., Result]) -> None:
    with served(lambda *_: (200, [])) as url:
        pass
    result = run("odoo19", "--url", url)
    assert result.exit_code == 1
    assert "cannot reach 127.0.0.1" in result.stderr


def test_woocommerce_takes_batches_with_basic_authentication(
    run: Callable[..., Result], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    seen = []

    def shop(path: str, headers: dict[str, str], body: Any) -> Answer:
        seen.append((path, headers["authorization"], body))
        missing = {"id": 18, "error": {"code": "invalid_id", "message": "Invalid ID."}}
        return 200, {"update": [missing if item["id"] == 18 else item for item in body["update"]]}

    monkeypatch.setenv("WOOCOMMERCE_KEY", "ck_1")
    monkeypatch.setenv("WOOCOMMERCE_SECRET", "cs_2")
    ids = tmp_path / "ids.csv"
    ids.write_text("sku,id\ntea,17\n")
    with served(shop) as url:
        assert run("woocommerce", "--url", url, "--ids", ids).exit_code == 0
        ids.write_text("sku,id\ntea,18\n")
        result = run("woocommerce", "--url", url, "--ids", ids)
    assert seen[0] == (
        "/wp-json/wc/v3/products/batch",
        "Basic " + base64.b64encode(b"ck_1:cs_2").decode(),
        {"update": [{"id": 17, "low_stock_amount": 20}]},
    )
    assert result.exit_code == 1
    assert "product 18: Invalid ID." in result.stderr


def test_shopify_answers_of_status_200_may_still_be_refusals(
    run: Callable[..., Result], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    problems: list[dict[str, Any]] = []
    seen = []

    def shop(path: str, headers: dict[str, str], body: Any) -> Answer:
        seen.append((headers["x-shopify-access-token"], body["variables"]))
        return 200, {"data": {"metafieldsSet": {"metafields": [], "userErrors": problems}}}

    monkeypatch.setenv("SHOPIFY_ACCESS_TOKEN", "shpat_3")
    ids = tmp_path / "ids.csv"
    ids.write_text("sku,ownerId\ntea,42\n")
    with served(shop) as url:
        assert run("shopify", "--url", f"{url}/graphql.json", "--ids", ids).exit_code == 0
        problems.append({"field": ["metafields"], "message": "Owner does not exist."})
        result = run("shopify", "--url", f"{url}/graphql.json", "--ids", ids)
    token, variables = seen[0]
    assert token == "shpat_3"
    assert variables["metafields"][0]["ownerId"] == "gid://shopify/ProductVariant/42"
    assert variables["metafields"][0]["value"] == "20"
    assert result.exit_code == 1
    assert "Owner does not exist." in result.stderr
