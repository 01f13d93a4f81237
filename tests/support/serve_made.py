"""Serve a library: `python -m tests.support.serve_made HOME DATABASE TOKEN WORKERS`. It prints its address.

WORKERS is 1 or 0.
"""

from __future__ import annotations

import sys
import threading
from functools import partial
from pathlib import Path

from mirrorlake.api import create_app, serve
from mirrorlake.core.settings import Settings
from mirrorlake.jobs.worker import Stop, Worker
from mirrorlake.postgres.pool import Catalog
from mirrorlake.services.base import open_resources
from mirrorlake.services.entrance import Entrance
from mirrorlake.services.library import LocalLibrary


def main(home: str, database: str, token: str, workers: str) -> None:
    settings = Settings(home=Path(home), database_url=database)
    with open_resources(settings) as resources, Catalog(database) as catalog:
        if int(workers):
            worker = Worker(settings, catalog, jobs=0, log=lambda line: print(line, file=sys.stderr), stop=Stop())  # noqa: T201
            threading.Thread(target=worker.serve, daemon=True).start()
        app = create_app(
            partial(LocalLibrary, resources), token=token, entrance=Entrance(resources.catalog, settings, token)
        )
        serve(app, ready=lambda address: print(address, flush=True))  # noqa: T201 - its caller reads it


if __name__ == "__main__":
    main(*sys.argv[1:])
