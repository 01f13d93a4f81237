"""`mirrorlake connection`: store how to reach a cloud's storage, for any number of datasources."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Annotated, Any

import typer

from mirrorlake.cli.backend import open_library
from mirrorlake.cli.commands.connection_options import takes_options
from mirrorlake.cli.formatting import describe_connection
from mirrorlake.cli.health import show_documents, show_health
from mirrorlake.cli.options import JSON, JSON_LINES
from mirrorlake.cli.output import echo, print_json, print_json_lines, print_table
from mirrorlake.model.connections import Connection, ConnectionKind
from mirrorlake.select.json_reader import Json

app = typer.Typer(help="Manage connections: credentials and servers that datasources use.", no_args_is_help=True)

NAME = Annotated[str, typer.Argument(metavar="NAME", help="Name of the connection.")]
ORIGIN = Annotated[
    str | None, typer.Option(metavar="URL", help="Origin of the web pages, for CORS. Default: MIRRORLAKE_ORIGIN.")
]


@app.command("add")
@takes_options
def add(
    name: NAME,
    *,
    kind: Annotated[str, typer.Option(help="Kind of connection, such as aws-keys, aws-role, s3 or local.")],
    settings: dict[str, Json],
    secrets: dict[str, str],
    json: JSON = False,
) -> None:
    """Store a connection. Makes no request.

    A secret may be `-`, to read it from standard input, or a reference: env:NAME, file:/PATH, vault:MOUNT/PATH#FIELD,
    aws-secretsmanager:NAME#FIELD, gcp-secretmanager:NAME#FIELD or azure-keyvault:URL#FIELD. References are read at each
    use.
    """
    with open_library() as library:
        made = library.connections.add(name, kind, settings=settings, secrets=secrets)
    asked = f" Its external id is {made.external_id}." if made.kind is ConnectionKind.AWS_ROLE else ""
    if asked and made.settings.role_arn is None:
        asked += f" Create its role with: mirrorlake connection documents {shlex.quote(made.name)}"
    _show(made, f"The connection {made.name} was added.{asked}", json=json)


@app.command("list")
def list_(*, json: JSON_LINES = False) -> None:
    """List all connections."""
    with open_library() as library:
        found = library.connections.list()
    if json:
        print_json_lines(found)
    elif not found:
        echo("No connection yet. Add one: mirrorlake connection add NAME --kind KIND")
    else:
        rows = ((one.name, one.kind.value, one.settings.endpoint, ", ".join(one.datasources)) for one in found)
        print_table(["name", "kind", "endpoint", "datasources"], rows)


@app.command("show")
def show(name: NAME, *, json: JSON = False) -> None:
    """Show a connection. Its secrets are never shown."""
    with open_library() as library:
        _show(library.connections.get(name), None, json=json)


@app.command("change")
@takes_options
def change(
    name: NAME,
    *,
    settings: dict[str, Json],
    secrets: dict[str, str],
    unset: Annotated[
        list[str] | None, typer.Option(help="Reset this setting, or remove this secret. Repeatable.")
    ] = None,
    json: JSON = False,
) -> None:
    """Change settings or secrets of a connection, and keep the others. What begins afterwards uses them."""
    removed: Mapping[str, Any] = dict.fromkeys(name.replace("-", "_") for name in unset or ())
    with open_library() as library:
        stored = library.connections.get(name)
        known = {*stored.secrets, *stored.references}
        changed = library.connections.change(
            name,
            settings={**settings, **{each: None for each in removed if each not in known}},
            secrets={**secrets, **{each: None for each in removed if each in known}},
        )
    _show(changed, f"The connection {name} was changed.", json=json)


@app.command("check")
def check(name: NAME, *, origin: ORIGIN = None, json: JSON = False) -> int:
    """Check each ability of a connection with real requests. Exit code 1 if one fails."""
    with open_library() as library:
        health = library.connections.check(name, origin=origin)
    if json:
        print_json(health)
    else:
        show_health(health)
    return 0 if health.ok else 1


@app.command("documents")
def documents(
    name: NAME,
    *,
    queue: Annotated[
        str | None, typer.Option(help="Also print documents for events: ARN of an SQS queue, or name of a topic.")
    ] = None,
    versions: Annotated[
        bool, typer.Option("--versions", help="Also grant reading earlier versions of objects on S3, for snapshots.")
    ] = False,
    origin: ORIGIN = None,
    json: JSON = False,
) -> None:
    """Print the documents that grant the connection its bucket and prefix, as JSON, commands and Terraform."""
    with open_library() as library:
        found = library.connections.documents(name, origin=origin, queue=queue, versions=versions)
    if json:
        print_json(found)
    else:
        show_documents(found)


@app.command("delete")
def delete(name: NAME) -> None:
    """Delete a connection with its secrets. Refused while datasources use it."""
    with open_library() as library:
        library.connections.delete(name)
    echo(f"The connection {name} was deleted.")


def _show(connection: Connection, sentence: str | None, *, json: bool) -> None:
    if json:
        print_json(connection)
    elif sentence is not None:
        echo(sentence)
    else:
        print_table(["", ""], describe_connection(connection))


def install(parent: typer.Typer) -> None:
    """Add these commands."""
    parent.add_typer(app, name="connection")
