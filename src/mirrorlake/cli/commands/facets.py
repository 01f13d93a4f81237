"""`mirrorlake facets`: count the values of fields among matching assets."""

from __future__ import annotations

from typing import Annotated

import typer

from mirrorlake.cli.backend import open_library
from mirrorlake.cli.options import JSON
from mirrorlake.cli.output import echo, echo_detail, print_json
from mirrorlake.cli.query_command import add_query_command
from mirrorlake.core.text import count_noun
from mirrorlake.model.facets import Facet

BAR = 30  # characters of the longest bar
LABEL = 32  # characters of a value


def facets(
    query: Annotated[
        str, typer.Argument(help="For example: tag:reviewed metadata.site:yard", show_default="everything")
    ] = "",
    *,
    by: Annotated[
        list[str] | None,
        typer.Option(metavar="FIELD", help="Field to count, such as metadata.site, tag or size. Can be repeated."),
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=100, help="Show at most this many values of each field.")] = 10,
    json: JSON = False,
) -> None:
    """Count the values of fields among matching assets."""
    with open_library() as library:
        found = library.assets.facets(query, fields=by or (), limit=limit)
    if json:
        print_json(found)
        return
    shown = [facet for facet in found.facets if facet.assets or by]
    for facet in shown:
        _print(facet)
    if not shown:
        echo("No matching assets.")
    if found.pending:
        echo(f"{count_noun(found.pending, 'changed asset')} not counted yet; a worker counts them.")


def _print(facet: Facet) -> None:
    sampled = "" if facet.sampled is None else f", estimated from a sample of {facet.sampled:.2%}"
    echo_detail(f"  {count_noun(facet.assets, 'asset')}{sampled}", head=facet.field)
    values = [(_text(one.value), one.assets) for one in facet.values]
    # A histogram contains all numbers, the values only the first of them.
    bins = [(f"{_text(one.low)} … {_text(one.high)}", one.assets) for one in facet.bins]
    rows = bins if bins and (facet.more or not values) else values
    most = max((assets for _, assets in rows), default=1) or 1
    width = max((len(label) for label, _ in rows), default=0)
    for label, assets in rows:
        bar = "█" * max(1, round(BAR * assets / most))
        echo_detail(f"  {label:<{width}}  {bar:<{BAR}}  {assets:,}")
    if facet.more and rows is values:
        echo_detail("  …")


def _text(value: object) -> str:
    text = str(value).lower() if isinstance(value, bool) else f"{value:g}" if isinstance(value, float) else str(value)
    return text if len(text) <= LABEL else f"{text[: LABEL - 1]}…"


def install(app: typer.Typer) -> None:
    """Add the command."""
    add_query_command(app, "facets", facets)
