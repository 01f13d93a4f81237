"""`mirrorlake doctor`: check whether this machine can run mirrorlake."""

from __future__ import annotations

import typer

from mirrorlake.cli.options import JSON
from mirrorlake.cli.output import Style, echo, people, print_json
from mirrorlake.core.settings import read_settings
from mirrorlake.services.doctor import examine


def doctor(*, json: JSON = False) -> int:
    """Check whether this machine can run mirrorlake."""
    report = examine(read_settings())
    if json:
        print_json(report)
    else:
        for check in report.checks:
            head = people.styled("ok  ", Style.GREEN) if check.ok else people.styled("bad ", Style.RED)
            echo(f"{check.check}: {check.message}", head=head)
            if check.fix:
                echo(f"    {check.fix}")
    return 0 if report.ok else 1


def install(app: typer.Typer) -> None:
    """Add the command."""
    app.command("doctor")(doctor)
