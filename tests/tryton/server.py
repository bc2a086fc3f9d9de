"""A Tryton server with a calendar of its own: `python server.py CONFIG CALENDAR`.

Everything is trytond's own but the day: it is read from the file CALENDAR, so that sixty days pass
in a minute. The port is free and printed on the first line; loopback only.
"""

from __future__ import annotations

import datetime as dt
import os
import sys
from pathlib import Path


def main(config_file: str, calendar: Path) -> None:
    os.environ["TRYTOND_CONFIG"] = config_file
    os.environ["TRYTOND_DATABASE_NAMES"] = "shop"
    from trytond.ir.date import Date

    Date.today = staticmethod(lambda timezone=None: dt.date.fromisoformat(calendar.read_text()))
    from trytond.application import app
    from werkzeug.serving import make_server

    server = make_server("127.0.0.1", 0, app, threaded=True)
    print(server.server_port, flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
