"""`mirrorlake member`: who may use the library."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer

from mirrorlake.cli.backend import open_library
from mirrorlake.cli.formatting import moment
from mirrorlake.cli.options import JSON
from mirrorlake.cli.output import echo, echo_detail, print_json, print_json_lines, print_table
from mirrorlake.model.access import Role
from mirrorlake.model.members import Member

app = typer.Typer(help="Manage members: who may use the library, and what they may do.", no_args_is_help=True)

NAME = Annotated[str, typer.Argument(metavar="NAME", help="A user name or an e-mail address.")]
ROLE = Annotated[Role, typer.Option(help="What the member may do.")]


@app.command("add")
def add(name: NAME, *, role: ROLE, json: JSON = False) -> None:
    """Add a member and print the link at which it sets a password.

    The link works once, within 7 days. Anyone who has it can set the password: send it to the member alone.
    """
    with open_library() as library:
        _print_member(library.members.add(name, role), json=json)


@app.command("list")
def list_(*, json: JSON = False) -> None:
    """List the members with their roles."""
    with open_library() as library:
        found = library.members.list()
    if json:
        print_json_lines(found)
    elif not found:
        echo("No members yet. Add one: mirrorlake member add NAME --role owner")
    else:
        print_table(
            ["name", "role", "password", "last sign-in", "member since"],
            (
                (
                    one.name,
                    one.role,
                    "set" if one.has_password else "not set",
                    _moment(one.last_sign_in),
                    moment(one.created),
                )
                for one in found
            ),
        )


@app.command("change")
def change(name: NAME, *, role: ROLE, json: JSON = False) -> None:
    """Give a member another role. The last owner stays one."""
    with open_library() as library:
        changed = library.members.change(name, role)
    if json:
        print_json(changed)
    else:
        echo(f"{changed.name} now has the role {changed.role}.")


@app.command("remove")
def remove(name: NAME) -> None:
    """Remove a member, with the keys that it made. The last owner stays."""
    with open_library() as library:
        library.members.remove(name)
    echo(f"{name} was removed.")


@app.command("invite")
def invite(name: NAME, *, json: JSON = False) -> None:
    """Print a new link at which a member sets a password. Earlier links stop working.

    This is also the way back for members who forgot theirs.
    """
    with open_library() as library:
        _print_member(library.members.invite(name), json=json)


def _moment(time: datetime | None) -> str | None:
    return None if time is None else moment(time)


def _print_member(member: Member, *, json: bool) -> None:
    if json:
        print_json(member)
        return
    echo(f"{member.name} has the role {member.role}.")
    if member.invitation is not None:
        echo_detail(f"Link to set a password: {member.invitation}")
        echo("The link works once, within 7 days. It is not shown again.")


def install(parent: typer.Typer) -> None:
    """Add these commands."""
    parent.add_typer(app, name="member")
