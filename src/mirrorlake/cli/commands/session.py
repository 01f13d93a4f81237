"""`mirrorlake session`: the browsers that are signed in; `mirrorlake whoami`: the caller itself."""

from __future__ import annotations

from typing import Annotated

import typer

from mirrorlake.cli.backend import open_library
from mirrorlake.cli.formatting import moment
from mirrorlake.cli.options import JSON
from mirrorlake.cli.output import echo, print_json, print_json_lines, print_table

app = typer.Typer(help="List and end sessions: the browsers that are signed in.", no_args_is_help=True)


@app.command("list")
def list_(
    *,
    everyone: Annotated[bool, typer.Option("--all", help="Those of all members.")] = False,
    json: JSON = False,
) -> None:
    """List the browsers that are signed in, the last used first."""
    with open_library() as library:
        found = library.sessions.list(everyone=everyone)
    if json:
        print_json_lines(found)
    elif not found:
        echo("No sessions.")
    else:
        print_table(
            ["id", "member", "signed in", "with", "last used", "address", "browser"],
            (
                (
                    one.id,
                    one.member or "operator",
                    moment(one.created),
                    one.method,
                    moment(one.last_used),
                    one.address,
                    one.agent,
                )
                for one in found
            ),
            right=frozenset({0}),
        )


@app.command("end")
def end(session_id: Annotated[int, typer.Argument(metavar="ID", min=1, help="Number of the session.")]) -> None:
    """Sign a browser out."""
    with open_library() as library:
        library.sessions.end(session_id)
    echo(f"Session {session_id} has ended.")


def whoami(*, json: JSON = False) -> None:
    """Show who the caller is, its workspace and its permissions."""
    with open_library() as library:
        found = library.account.identity()
    if json:
        print_json(found)
        return
    print_table(
        ["", ""],
        [
            ("name", found.name),
            ("kind", found.kind),
            ("workspace", found.workspace),
            ("role", found.role),
            ("permissions", ", ".join(found.permissions)),
            ("workspaces", ", ".join(f"{each.workspace} ({each.role})" for each in found.workspaces)),
        ],
    )


def install(parent: typer.Typer) -> None:
    """Add these commands."""
    parent.add_typer(app, name="session")


def install_whoami(parent: typer.Typer) -> None:
    """Add the command about the caller."""
    parent.command("whoami")(whoami)
