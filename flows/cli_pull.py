"""`stockalert pull`: bring what a store serves to this machine."""

from __future__ import annotations

from flows.cli_options import Config, Debug, Published, job

__all__ = ["pull"]


def pull(out: Published, config: Config = None, debug: Debug = False) -> None:
    """Bring what a store serves to this machine; print the directory, an --out for the others."""
    with job(out, debug, config):
        from flows.clock import now
        from flows.remote_pull import pull as run
        from flows.settings import load_settings

        print(run(out, load_settings(config), now()))
