"""Serve a made library: `python -m tests.support.serve_fake SIZE TOKEN [PORT]` prints its address, then serves."""

from __future__ import annotations

import sys

from tests.support.fake_library import FakeLibrary

from mirrorlake.api import create_app, serve


def main(size: int, token: str, port: int = 0) -> None:
    app = create_app(FakeLibrary(size=size), token=token)
    serve(app, "127.0.0.1", port, ready=lambda address: print(address, flush=True))  # noqa: T201 - its caller reads it


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], *(int(word) for word in sys.argv[3:]))
