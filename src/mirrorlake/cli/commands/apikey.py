"""`mirrorlake apikey`: keys for scripts."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import Annotated

import typer

from mirrorlake.cli.backend import open_library
from mirrorlake.cli.formatting import moment
from mirrorlake.cli.options import JSON
from mirrorlake.cli.output import echo, echo_detail, print_json, print_json_lines, print_table
from mirrorlake.core.errors import UsageError
from mirrorlake.model.access import Permission, Role
from mirrorlake.model.members import ApiKey

app = typer.Typer(help="Manage API keys: what scripts use instead of a password.", no_args_is_help=True)

_DAYS = {"d": 1, "w": 7, "y": 365}


@app.command("create")
def create(
    name: Annotated[str, typer.Argument(metavar="NAME", help="What it is used for.")],
    *,
    role: Annotated[Role | None, typer.Option(help="The role whose permissions it has.", show_default=False)] = None,
    permission: Annotated[
        list[Permission] | None, typer.Option(help="A permission besides those of the role; repeatable.")
    ] = None,
    expires: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="When it expires: 90d, 12w, 1y or a date, 2027-01-31.", show_default="never"),
    ] = None,
    json: JSON = False,
) -> None:
    """Create an API key and print it. It is shown once: only a hash is stored.

    Scripts send it as MIRRORLAKE_API_KEY, or in the header `Authorization: Bearer KEY`.
    """
    with open_library() as library:
        made = library.api_keys.create(
            name, role=role, permissions=permission or (), expires_days=None if expires is None else days_until(expires)
        )
    if json:
        print_json(made)
        return
    echo_detail(str(made.key))
    echo(f"Store the key now: it is not shown again. {_expiry(made)}")


@app.command("list")
def list_(*, json: JSON = False) -> None:
    """List the keys with their last use, without their secrets."""
    with open_library() as library:
        found = library.api_keys.list()
    if json:
        print_json_lines(found)
    elif not found:
        echo("No API keys yet. Create one: mirrorlake apikey create NAME --role viewer")
    else:
        print_table(
            ["id", "name", "key", "may", "made by", "last used", "state"],
            (
                (
                    one.id,
                    one.name,
                    f"{one.prefix}_…",
                    _scope(one),
                    one.created_by,
                    None if one.last_used is None else moment(one.last_used),
                    _state(one),
                )
                for one in found
            ),
            right=frozenset({0}),
        )


@app.command("revoke")
def revoke(
    key_id: Annotated[int, typer.Argument(metavar="ID", min=1, help="Number of the key.")], *, json: JSON = False
) -> None:
    """Revoke a key. The server refuses it at once, other servers of the library within 3 seconds."""
    with open_library() as library:
        revoked = library.api_keys.revoke(key_id)
    if json:
        print_json(revoked)
    else:
        echo(f"The key {revoked.name} ({revoked.prefix}_…) was revoked.")


def days_until(text: str) -> int:
    """Days from now on, of a duration or a date in UTC. Raises UsageError."""
    match = re.fullmatch(r"([0-9]{1,4})([dwy])", text.strip())
    if match is not None:
        return int(match[1]) * _DAYS[match[2]]
    try:
        until = date.fromisoformat(text.strip())
    except ValueError:
        raise UsageError(
            f"{text!r} is not a time at which a key expires.",
            "Write days, weeks, years or a date: 90d, 12w, 1y, 2027-01-31.",
        ) from None
    days = (until - datetime.now(UTC).date()).days
    if days < 1:
        raise UsageError(f"{until} is not in the future.", "Name a later day, in UTC.")
    return days


def _scope(key: ApiKey) -> str:
    return ", ".join([*([] if key.role is None else [key.role.value]), *key.permissions])


def _expiry(key: ApiKey) -> str:
    return "It does not expire." if key.expires is None else f"It expires on {key.expires:%Y-%m-%d}."


def _state(key: ApiKey) -> str:
    if key.revoked is not None:
        return f"revoked {moment(key.revoked)}"
    if key.expires is None:
        return "valid"
    return f"{'expired' if key.expires < datetime.now(UTC) else 'until'} {moment(key.expires)}"


def install(parent: typer.Typer) -> None:
    """Add these commands."""
    parent.add_typer(app, name="apikey")
