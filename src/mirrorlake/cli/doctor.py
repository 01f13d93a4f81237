"""`mirrorlake doctor`: say whether this machine can run mirrorlake."""

from __future__ import annotations

from typing import Annotated

import typer

from mirrorlake.app.doctor import examine
from mirrorlake.cli.output import Style, people, print_json, say
from mirrorlake.settings import read_settings


def doctor(*, json: Annotated[bool, typer.Option("--json", help="One JSON document.")] = False) -> int:
    """Say whether this machine can run mirrorlake, and what to do where it cannot."""
    checks = examine(read_settings())
    ok = all(check.ok for check in checks)
    if json:
        print_json({"ok": ok, "checks": [check.as_json() for check in checks]})
    else:
        for check in checks:
            head = people.styled("ok  ", Style.GREEN) if check.ok else people.styled("bad ", Style.RED)
            say(f"{check.name}: {check.message}", head=head)
            if check.fix:
                say(f"    {check.fix}")
    return 0 if ok else 1


def install(app: typer.Typer) -> None:
    """Add the command."""
    app.command("doctor")(doctor)
