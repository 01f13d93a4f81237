"""Serve a library: `python -m tests.support.serve_made HOME DATABASE TOKEN` prints its address, then serves."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path

from mirrorlake.api import create_app, serve
from mirrorlake.core.settings import Settings
from mirrorlake.services.base import open_resources
from mirrorlake.services.library import LocalLibrary


def main(home: str, database: str, token: str) -> None:
    with open_resources(Settings(home=Path(home), database_url=database)) as resources:
        app = create_app(partial(LocalLibrary, resources), token=token)
        serve(app, ready=lambda address: print(address, flush=True))  # noqa: T201 - its caller reads it


if __name__ == "__main__":
    main(*sys.argv[1:])
