"""`mirrorlake up`: serve the library over HTTP."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace
from functools import partial
from typing import Annotated
from urllib.parse import urlsplit

import typer

from mirrorlake.api import create_app, serve
from mirrorlake.catalog.workers import announce_worker
from mirrorlake.cli.output import echo, echo_detail
from mirrorlake.core.settings import DEFAULT_ORIGIN, Settings, read_settings
from mirrorlake.model.readiness import MachineReport
from mirrorlake.services.base import open_resources
from mirrorlake.services.entrance import Entrance
from mirrorlake.services.library import LocalLibrary
from mirrorlake.services.metrics import ServerMetrics
from mirrorlake.services.readiness import ReadinessCheck
from mirrorlake.services.server import first_start_token, serving
from mirrorlake.services.warm_up import warm_up
from mirrorlake.services.worker_supervisor import supervised_worker

DEFAULT_PORT = 8765
_ALL_ADDRESSES = frozenset({"0.0.0.0", "::"})  # noqa: S104  compared, not bound


def up(
    *,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on; 0 picks a free one.")] = DEFAULT_PORT,
    worker: Annotated[
        bool,
        typer.Option(
            "--worker/--no-worker", help="Also start a worker for scheduled and queued runs.", show_default=True
        ),
    ] = True,
) -> None:
    """Serve the library and print its address. Stop with Ctrl-C."""
    settings = _with_origin(read_settings(), host, port)
    with open_resources(settings) as resources, serving(settings.home) as claim:
        token = first_start_token(settings.home)

        def announce(address: str) -> None:
            claim(address)
            echo_detail(f"Library served at {address}/?token={token}")
            if settings.origin not in (address.removesuffix(":80"), DEFAULT_ORIGIN):
                echo_detail(f"From other machines: {settings.origin}/?token={token}")
            elif host in _ALL_ADDRESSES:
                echo(
                    "It answers only to names of this machine. For other machines, set MIRRORLAKE_ORIGIN to the "
                    "address that they open, such as http://library.example:8765, and start it again."
                )
            echo("Stop with Ctrl-C. The address contains the access token: share it with care.")
            warm_up()

        if worker:
            announce_worker(resources.catalog)
        with supervised_worker(echo) if worker else nullcontext():
            app = create_app(
                partial(LocalLibrary, resources),
                token=token,
                entrance=Entrance(resources.catalog, settings, token),
                readiness=ReadinessCheck(resources.catalog, settings),
                metrics=ServerMetrics(resources.catalog),
                examine=partial(_examine, settings),
                allowed_hosts=_hosts(host, settings.origin),
                trusted_proxies=settings.trusted_proxies,
            )
            serve(app, host=host, port=port, ready=announce)


def _examine(settings: Settings) -> MachineReport:
    from mirrorlake.services.doctor import examine  # noqa: PLC0415  loads the libraries that decode pictures

    return examine(settings)


def _with_origin(settings: Settings, host: str, port: int) -> Settings:
    """The settings with the origin of the pages that are served here, unless one was set or it is not known yet."""
    if settings.origin != DEFAULT_ORIGIN or port == 0 or host in _ALL_ADDRESSES:
        return settings
    return replace(settings, origin=f"http://{_in_address(host)}:{port}".removesuffix(":80"))


def _hosts(host: str, origin: str) -> tuple[str, ...]:
    """The host names to allow besides those of this machine: the one to listen on, and the one that browsers open."""
    names = {host, urlsplit(origin).hostname or host} - _ALL_ADDRESSES
    return tuple(_in_address(name) for name in names)


def _in_address(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def install(app: typer.Typer) -> None:
    """Add the command."""
    app.command("up")(up)
