"""`mirrorlake search`: search assets."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from pathlib import Path
from typing import Annotated

import typer

from mirrorlake.cli.backend import open_library
from mirrorlake.cli.formatting import pixels_text
from mirrorlake.cli.options import JSON_LINES
from mirrorlake.cli.output import echo, echo_detail, print_json, print_json_lines, print_table
from mirrorlake.cli.query_command import add_query_command
from mirrorlake.core.errors import UsageError
from mirrorlake.core.text import bytes_text, count_noun
from mirrorlake.model.assets import Asset
from mirrorlake.search.likeness import MOST_ALIKE
from mirrorlake.services.asset_contract import read_picture
from mirrorlake.services.contract import PAGE_LIMIT

SHOWN = 50  # default number of lines of the table


def search(
    query: Annotated[
        str,
        typer.Argument(help='For example: forklift metadata.site:"hall 3" -tag:reviewed', show_default="everything"),
    ] = "",
    *,
    limit: Annotated[
        int | None, typer.Option(min=1, help="Show at most this many assets.", show_default="all with --json, else 50")
    ] = None,
    saved: Annotated[
        str | None, typer.Option("--saved", metavar="NAME", help="Search a saved search instead of QUERY.")
    ] = None,
    like: Annotated[
        Path | None,
        typer.Option("--like", metavar="FILE", help="Rank by similarity to the picture in this file; it is not kept."),
    ] = None,
    explain: Annotated[
        bool, typer.Option("--explain", help="Show how the query is understood, and search nothing.")
    ] = False,
    complete: Annotated[
        bool, typer.Option("--complete", help="Show what can be written at the end of the query, and search nothing.")
    ] = False,
    json: JSON_LINES = False,
) -> None:
    """Search assets by name, metadata and tags. An empty query matches everything."""
    if saved is not None:
        query = _saved(saved, query)
    if like is not None and (explain or complete):
        raise UsageError("--like searches, --explain and --complete do not.", "Leave one of them out.")
    if explain:
        _explain(query, json=json)
        return
    if complete:
        _complete(query, json=json)
        return
    if like is not None:
        _search_by_picture(like, query, limit=limit, json=json)
        return
    with open_library() as library:
        found = library.assets.find(query, limit=limit if json else (limit or SHOWN) + 1)  # one more than is shown
        first = next(found, None)
        if first is None:
            if not json:
                echo("No matching assets.")
            for note in library.assets.search(query, limit=1).notes:
                echo(note)
            return
        if json:
            print_json_lines(chain([first], found))
            return
        assets, shown = [first, *found], limit or SHOWN
        notes = library.assets.search(query, limit=1).notes  # which the stream of assets lacks
    _print_assets(assets[:shown], notes, more=len(assets) > shown)


def _search_by_picture(file: Path, query: str, *, limit: int | None, json: bool) -> None:
    """Print what looks like the picture in a file, which is sent for each page."""
    picture, wanted = read_picture(file), limit or (MOST_ALIKE if json else SHOWN)
    with open_library() as library:
        page = library.assets.search_by_picture(picture, query, limit=min(wanted, PAGE_LIMIT))
        assets, notes = list(page.items), page.notes
        while page.next_cursor is not None and len(assets) < wanted:
            size = min(wanted - len(assets), PAGE_LIMIT)
            page = library.assets.search_by_picture(picture, query, limit=size, cursor=page.next_cursor)
            assets += page.items
    if json and assets:
        print_json_lines(assets)
        return
    if not assets and not json:
        echo("No matching assets.")
    _print_assets(assets, notes, more=page.next_cursor is not None)


def _print_assets(assets: Sequence[Asset], notes: Sequence[str], *, more: bool) -> None:
    if assets:
        print_table(
            ["id", "name", "size", "pixels", "state"],
            ((a.id, a.name, bytes_text(a.size), pixels_text(a), a.state.value) for a in assets),
            right=frozenset({2, 3}),
        )
    for note in notes:
        echo(note)
    if more:
        echo(f"Showing the first {count_noun(len(assets), 'result')}. Use --limit N for more.")


def _saved(name: str, query: str) -> str:
    if query:
        raise UsageError("A saved search has a query of its own.", "Leave out QUERY or --saved.")
    with open_library() as library:
        return library.saved_searches.named(name).query


def _explain(query: str, *, json: bool) -> None:
    with open_library() as library:
        explained = library.assets.explain(query)
    if json:
        print_json(explained)
        return
    for term in explained.terms:
        echo_detail("  " * term.depth + term.text)
    echo_detail(explained.trash)
    echo_detail("; then ".join(explained.order) + ".", head="Order: ")
    echo_detail(explained.canonical, head="The same query: ")
    for note in explained.notes:
        echo(note)


def _complete(query: str, *, json: bool) -> None:
    with open_library() as library:
        found = library.assets.complete(query)
    if json:
        print_json(found)
        return
    rows = [
        (query[: found.start] + one.text, one.kind.value, "" if one.assets is None else f"{one.assets:,}")
        for one in found.suggestions
    ]
    if rows:
        print_table(["query", "completes a", "assets"], rows, right=frozenset({2}))
    else:
        echo("No completions.")
    if not found.complete:
        echo("There are more. Write more of it.")


def install(app: typer.Typer) -> None:
    """Add the command."""
    add_query_command(app, "search", search)
