"""`mirrorlake indexes`: the indexes that mirrorlake makes for searches."""

from __future__ import annotations

import typer

from mirrorlake.cli.backend import open_library
from mirrorlake.cli.formatting import moment
from mirrorlake.cli.options import JSON
from mirrorlake.cli.output import echo, print_json, print_json_lines, print_table
from mirrorlake.model.search_indexes import SearchIndex

app = typer.Typer(help="Show and maintain the indexes that are made for searches.", no_args_is_help=True)

MB = 1_000_000


@app.command("list")
def list_(*, json: JSON = False) -> None:
    """List the indexes that were made for searches, with their size and use."""
    with open_library() as library:
        found = library.indexes.list()
    if json:
        print_json_lines(found)
    elif not found:
        echo("No indexes were made yet. A worker makes one when searches take long without it.")
    else:
        print_table(
            ["value", "key", "state", "MB", "uses", "last used", "why"],
            (_row(one) for one in found),
            right=frozenset({3, 4}),
        )


@app.command("maintain")
def maintain(*, json: JSON = False) -> None:
    """Queue a job that makes and drops indexes. A worker does so anyway when searches are slow."""
    with open_library() as library:
        job = library.indexes.maintain()
    if json:
        print_json(job)
        return
    echo(f"Job {job.id} is queued. Follow it: mirrorlake jobs wait {job.id}")


def _row(one: SearchIndex) -> tuple[object, ...]:
    used = "never" if one.last_used is None else moment(one.last_used)
    why = one.why if one.error is None else f"failed: {one.error}"
    return one.source.value, one.key, one.state.value, f"{one.bytes / MB:.0f}", one.uses, used, why


def install(parent: typer.Typer) -> None:
    """Add these commands."""
    parent.add_typer(app, name="indexes")
