"""`mirrorlake datasource`: what is mirrored."""

from __future__ import annotations

from typing import Annotated

import typer

from mirrorlake.cli.output import print_json, print_json_lines, print_table, say
from mirrorlake.cli.reader import open_reader
from mirrorlake.errors import NotFound
from mirrorlake.model.public import datasource_to_json

app = typer.Typer(help="Look at what is mirrored.", no_args_is_help=True)

JSON = Annotated[bool, typer.Option("--json", help="JSON on standard output.")]


@app.command("list")
def list_(*, json: JSON = False) -> None:
    """Every datasource, with its last run."""
    with open_reader() as reader:
        found = reader.datasources()
    if json:
        print_json_lines(datasource_to_json(one) for one in found)
    elif not found:
        say("No datasource yet. Mirror one: mirrorlake mirror s3://your-bucket/folder")
    else:
        print_table(
            ["name", "uri", "assets", "last run"],
            (
                (
                    one.datasource.name,
                    one.datasource.location.uri,
                    one.assets,
                    one.last_run and one.last_run.state.value,
                )
                for one in found
            ),
            right=frozenset({2}),
        )


@app.command("show")
def show(name: Annotated[str, typer.Argument(metavar="NAME")], *, json: JSON = False) -> None:
    """One datasource: where it is, how it is reached, what its patterns are."""
    with open_reader() as reader:
        found = next((one for one in reader.datasources() if one.datasource.name == name), None)
    if found is None:
        raise NotFound(f"There is no datasource named {name!r}.", "mirrorlake datasource list shows them all.")
    shape = datasource_to_json(found)
    if json:
        print_json(shape)
    else:
        print_table(["", ""], ((field.replace("_", " "), value) for field, value in shape.items()))


def install(parent: typer.Typer) -> None:
    """Add these commands."""
    parent.add_typer(app, name="datasource")
