"""`mirrorlake up`: serve the library."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Annotated

import typer

from mirrorlake.api import create_app, serve
from mirrorlake.cli.output import echo, echo_detail
from mirrorlake.core.settings import read_settings
from mirrorlake.services.served import ServedLibrary
from mirrorlake.services.server import first_start_token, serving
from mirrorlake.services.worker_supervisor import supervised_worker

DEFAULT_PORT = 8765


def up(
    *,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port; 0 takes a free one.")] = DEFAULT_PORT,
    worker: Annotated[
        bool, typer.Option("--worker/--no-worker", help="Run scheduled and queued passes too.", show_default=True)
    ] = True,
) -> None:
    """Serve the library and print its address. Stop with Ctrl-C."""
    settings = read_settings()
    with ServedLibrary.open(settings) as library, serving(settings.home) as claim:
        token = first_start_token(settings.home)

        def announce(address: str) -> None:
            claim(address)
            echo_detail(f"The library is served at {address}/?token={token}")
            echo("Ctrl-C stops it. The address holds the key to the library: share it with care.")

        if worker:
            library.announce_worker()
        with supervised_worker(echo) if worker else nullcontext():
            serve(create_app(library, token=token, allowed_hosts=_hosts(host)), host=host, port=port, ready=announce)


def _hosts(host: str) -> tuple[str, ...]:
    """The name to answer to besides this machine's own; listening on every address, nobody can say which."""
    return () if host in ("0.0.0.0", "::") else (host,)  # noqa: S104 - compared, not bound


def install(app: typer.Typer) -> None:
    """Add the command."""
    app.command("up")(up)
