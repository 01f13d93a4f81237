"""`mirrorlake likeness`: which model embeds pictures, so that searches rank them by what they show."""

from __future__ import annotations

from typing import Annotated

import typer

from mirrorlake.cli.backend import open_library
from mirrorlake.cli.options import JSON
from mirrorlake.cli.output import echo, echo_detail, print_json
from mirrorlake.core.text import count_noun
from mirrorlake.model.jobs import DEFAULT_POOL
from mirrorlake.model.likeness import Likeness

app = typer.Typer(help="Choose the model that ranks pictures by what they show.", no_args_is_help=True)


@app.command("show")
def show(*, json: JSON = False) -> None:
    """Show which model embeds pictures, which one answers searches, and how many pictures it has embedded."""
    with open_library() as library:
        found = library.likeness.show()
    _print(found, json=json)


@app.command("on")
def turn_on(
    *,
    model: Annotated[str, typer.Option(help="Name of the model.")] = "lite",
    pool: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="The workers that embed them, such as those with a graphics card. Without it, the pool stays.",
        ),
    ] = None,
    json: JSON = False,
) -> None:
    """Embed all pictures with a model from now on. A worker does it, after each run."""
    with open_library() as library:
        found = library.likeness.change(model, pool=pool)
    _print(found, json=json)


@app.command("off")
def turn_off(*, json: JSON = False) -> None:
    """Embed no more pictures. Those that are embedded stay findable."""
    with open_library() as library:
        found = library.likeness.change(None)
    _print(found, json=json)


@app.command("update")
def update(*, json: JSON = False) -> None:
    """Queue a job that embeds what is missing. A worker does so after each run anyway."""
    with open_library() as library:
        job = library.likeness.update()
    if json:
        print_json(job)
        return
    echo(f"Job {job.id} is queued. Follow it: mirrorlake jobs wait {job.id}")


def _print(found: Likeness, *, json: bool) -> None:
    if json:
        print_json(found)
        return
    echo_detail(found.model or "none: pictures are not embedded", head="Model: ")
    if found.pool != DEFAULT_POOL:
        echo_detail(found.pool, head="Pool of workers: ")
    echo_detail(
        "none yet" if found.answering is None else f"{found.answering}, {count_noun(found.vectors, 'picture')}",
        head="Answers searches: ",
    )
    echo_detail(", ".join(found.models) or "none", head="Installed models: ")


def install(parent: typer.Typer) -> None:
    """Add these commands."""
    parent.add_typer(app, name="likeness")
