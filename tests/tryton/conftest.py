"""The scripts here run beside trytond, in an environment of their own; pytest leaves them alone."""

from __future__ import annotations

collect_ignore = ["replay.py", "server.py", "shop_database.py"]
