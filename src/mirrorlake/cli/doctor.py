"""`mirrorlake doctor`: say whether this machine can run mirrorlake."""

from __future__ import annotations

from typing import Annotated

import typer

from mirrorlake.app.doctor import examine
from mirrorlake.cli.output import people, print_json
from mirrorlake.settings import read_settings


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


def install(app: typer.Typer) -> None:
    """Add the command."""
    app.command("doctor")(doctor)
