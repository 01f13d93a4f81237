"""`mirrorlake up`, `down` and `doctor`: serve the library, stop it, say whether this machine can run it."""

from __future__ import annotations

from typing import Annotated

import typer

from mirrorlake.api import create_app, serve
from mirrorlake.app import Library, stop
from mirrorlake.app.doctor import examine
from mirrorlake.cli.output import people, print_json, results, say
from mirrorlake.settings import read_settings

DEFAULT_PORT = 8765


def up(
    *,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port; 0 takes a free one.")] = DEFAULT_PORT,
) -> None:
    """Serve the library, and print the address to open. Ctrl-C stops it."""
    settings = read_settings()
    with Library.open(settings) as library:
        token = library.token()
        with library.serving() as claim:

            def announce(address: str) -> None:
                claim(address)
                results.print(f"The library is served at {address}/?token={token}", soft_wrap=True, markup=False)
                say("Ctrl-C stops it. The address holds the key to the library: share it with care.")

            serve(create_app(library, token=token, allowed_hosts=_hosts(host)), host=host, port=port, ready=announce)


def _hosts(host: str) -> tuple[str, ...]:
    """The name to answer to besides this machine's own; listening on every address, nobody can say which."""
    return () if host in ("0.0.0.0", "::") else (host,)  # noqa: S104 - compared, not bound


def down() -> None:
    """Stop the server and the embedded PostgreSQL of this library."""
    for sentence in stop(read_settings()):
        say(sentence)


def doctor(*, json: Annotated[bool, typer.Option("--json", help="One JSON document.")] = False) -> int:
    """Say whether this machine can run mirrorlake, and what to do where it cannot."""
    checks = examine(read_settings())
    ok = all(check.ok for check in checks)
    if json:
        print_json({"ok": ok, "checks": [check.as_json() for check in checks]})
    else:
        for check in checks:
            mark = "[green]ok[/green]  " if check.ok else "[red]bad[/red] "
            people.print(mark, end="")
            people.print(f"{check.name}: {check.message}", markup=False, soft_wrap=True)
            if check.fix:
                people.print(f"    {check.fix}", markup=False, soft_wrap=True)
    return 0 if ok else 1
