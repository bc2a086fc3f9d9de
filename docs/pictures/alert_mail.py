"""Write alert_mail.png: the mail that a planner received, as chromium shows it.

    python docs/pictures/alert_mail.py

The alerts are decided by the product's own engine from the small shop below, told to a real mail
server (aiosmtpd, on this machine), and the HTML part of what that server received is photographed.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from datetime import date, datetime
from html import escape
from pathlib import Path

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).parents[2]))

from flows.alerting_night import deliver_alerts
from flows.settings import Settings
from stockalert.alerts.conditions import Rules
from stockalert.alerts.facts import Evening
from stockalert.alerts.night import Before, Circumstances, alerts_of
from tests.flows.alert_nights import publish_alerts
from tests.servers.smtp import mail_server
from tests.stockalert.alerts.shop import evening

AS_OF = date(2026, 3, 1)
SHOP = [
    # sku, name, on hand, on order, a day, unit price
    ("MUG-BLUE", "Mug “Ocean”, blue", 9.0, 0.0, 4.0, 12.5),
    ("POT-1L", "Teapot 1 l <glass>", 0.0, 0.0, 2.0, 39.0),
    ("TEA-EG", "Earl Grey & Lemon 100 g", 14.0, 60.0, 6.0, 7.9),
    ("CUP-6", "Espresso cups, set of 6", 400.0, 0.0, 1.0, 24.0),
    ("SPOON", "Tea spoon", 80.0, 0.0, 3.0, 3.5),
]


def main(target: Path) -> None:
    """Decide, send, receive, photograph."""
    when = Circumstances(AS_OF, AS_OF, datetime(2026, 3, 2, 2), "night", live=False)
    table = alerts_of(shop(), Rules(), when, Before())
    rows = table.drop(columns=["first_seen", "last_seen"]).astype(object)
    with tempfile.TemporaryDirectory() as folder, mail_server() as mail:
        out = Path(folder)
        publish_alerts(out, 0, rows.where(rows.notna(), None).to_dict("records"))
        chosen = Settings(alerts={"urls": [mail.address("ana@shop.example")]})
        deliver_alerts(out, chosen, now=datetime(2026, 3, 2, 7))
        (received,) = mail.mails
        page = out / "mail.html"
        heads = "".join(
            f"<div>{name}: {escape(received[name])}</div>" for name in ("From", "To", "Subject")
        )
        body = received.get_body(("html",)).get_content()
        page.write_text(f"<div style='font:13px sans-serif;color:#555'>{heads}</div><hr>{body}")
        photograph(page, target)


def shop() -> Evening:
    """Five products of a tea shop; the suppliers' orders of one are late."""
    frame = pd.DataFrame(SHOP, columns=["sku", "name", "on_hand", "on_order", "rate", "price"])
    made = evening(
        frame["sku"].tolist(),
        on_hand=frame["on_hand"].to_numpy(),
        on_order=frame["on_order"].to_numpy(),
        rate=frame["rate"].to_numpy(),
        price=frame["price"].to_numpy(),
        as_of=AS_OF,
    )
    products = frame[["sku", "name"]].assign(planner="Ana", supplier_id="farm")
    suppliers = pd.DataFrame(
        {"supplier_id": ["farm"], "name": ["Farm & Sons"], "email": ["orders@farm.example"]}
    )
    orders = pd.DataFrame(
        {
            "po_id": ["PO 17"],
            "sku": ["TEA-EG"],
            "location": ["default"],
            "supplier_id": ["farm"],
            "units_ordered": [60.0],
            "ordered_at": [pd.Timestamp(2026, 2, 15)],
            "expected_at": [pd.Timestamp(2026, 2, 24)],
            "received_at": [pd.NaT],
            "units_received": [np.nan],
            "cancelled_at": [pd.NaT],
        }
    )
    return Evening(
        made.thresholds, made.forecasts, made.items, products, suppliers, orders, None, None
    )


def photograph(page: Path, target: Path) -> None:
    """Let chromium draw a page."""
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    if browser is None:
        raise SystemExit("expected chromium on the path, found none")
    command = [browser, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"]
    command += ["--window-size=980,720", f"--screenshot={target}", page.as_uri()]
    subprocess.run(command, check=True, capture_output=True, timeout=120)  # noqa: S603


if __name__ == "__main__":
    main(Path(__file__).with_name("alert_mail.png"))
