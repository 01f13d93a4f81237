"""`mirrorlake keys`: show the metadata keys of the library, and count them again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import typer

from mirrorlake.cli.backend import open_library
from mirrorlake.cli.options import JSON
from mirrorlake.cli.output import echo, echo_detail, print_json, print_table
from mirrorlake.core.text import count_noun
from mirrorlake.model.assets import Scalar
from mirrorlake.model.fields import KnownKey

SHOWN_CHARS = 24  # of an example value

app = typer.Typer(help="Show the metadata keys of the library with their types, counts and values.")


@app.callback(invoke_without_command=True)
def keys(
    context: typer.Context,
    *,
    contains: Annotated[str | None, typer.Option(metavar="TEXT", help="Show keys that contain this text.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="Show at most this many keys.")] = 100,
    json: JSON = False,
) -> None:
    """Show the metadata keys of the library with their types, counts and values."""
    if context.invoked_subcommand is not None:
        return
    with open_library() as library:
        found = library.assets.keys(contains=contains, limit=limit)
    if json:
        print_json(found)
        return
    if found.keys:
        columns = ["key", "type", "assets", "distinct", "values", "range"]
        print_table(columns, map(_row, found.keys), right=frozenset({2, 3}))
    else:
        echo("No metadata keys.")
    if len(found.keys) < found.total and contains is None:
        echo(f"Showing {len(found.keys):,} of {count_noun(found.total, 'key')}. Use --limit N for more.")
    if found.pending:
        echo_detail(f"{count_noun(found.pending, 'changed asset')} not counted yet; a worker counts them.")


@app.command("rebuild")
def rebuild() -> None:
    """Count all keys and values again. The counts are complete when a worker has finished."""
    with open_library() as library:
        pending = library.assets.rebuild_keys()
    echo(f"{count_noun(pending, 'asset')} to count.")


def _row(key: KnownKey) -> tuple[str, ...]:
    kind = " + ".join(key.types) if key.mixed else key.type.value
    values = ", ".join(f"{_shown(one.value)} ({one.assets:,})" for one in key.values)
    distinct = f"{key.distinct:,}" if key.complete else f"more than {key.distinct:,}"
    return key.key, f"{kind}, mixed" if key.mixed else kind, f"{key.assets:,}", distinct, values, "; ".join(_range(key))


def _range(key: KnownKey) -> Iterator[str]:
    if key.low is not None and key.high is not None:
        yield f"{'' if key.complete else 'about '}{key.low:g} to {key.high:g}"
    if key.first is not None and key.last is not None:
        yield f"{key.first} to {key.last}"


def _shown(value: Scalar) -> str:
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return text if len(text) <= SHOWN_CHARS else f"{text[: SHOWN_CHARS - 1]}…"


def install(parent: typer.Typer) -> None:
    """Add these commands."""
    parent.add_typer(app, name="keys")
