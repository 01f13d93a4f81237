"""`mirrorlake asset`: show assets, move them to the trash and restore them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

import typer

from mirrorlake.cli.backend import open_library
from mirrorlake.cli.bulk import DRY_RUN, QUERY, run_bulk, split_ids
from mirrorlake.cli.commands.function import print_queued
from mirrorlake.cli.documents import asset_document
from mirrorlake.cli.formatting import moment, pixels_text
from mirrorlake.cli.options import ASSETS, JSON, JSON_LINES
from mirrorlake.cli.output import echo, print_json, print_json_lines, print_table
from mirrorlake.core.errors import UsageError
from mirrorlake.core.text import bytes_text, count_noun
from mirrorlake.model.assets import AssetDetail
from mirrorlake.model.bulk import BulkEdit, HistoryEntry
from mirrorlake.model.edits import Edit
from mirrorlake.model.looking import Depth
from mirrorlake.model.picture_texts import PictureText
from mirrorlake.select.edits import check_edit

app = typer.Typer(help="Show assets and their history, move them to the trash, and restore them.", no_args_is_help=True)

ID = Annotated[str, typer.Argument(metavar="ID", help="Id of the asset, as printed by `mirrorlake search`.")]


@app.command("show")
def show(asset_id: ID, *, json: JSON = False) -> None:
    """Show an asset with its metadata, tags and file details."""
    with open_library() as library:
        detail = library.assets.get(asset_id)
        failures = library.functions.failures_of_asset(asset_id)
    if json:
        print_json({**asset_document(detail), "function_failures": failures})
        return
    calls = [(f"function {one.function}", f"{one.state.value}: {one.error}") for one in failures]
    print_table(["", ""], [*_lines(detail), *calls])


@app.command("restore")
def restore(
    asset_ids: Annotated[
        list[str] | None, typer.Argument(metavar="[ID…]", help="Ids of assets in the trash; not with --query.")
    ] = None,
    *,
    query: QUERY = None,
    dry_run: DRY_RUN = False,
    json: JSON = False,
) -> None:
    """Restore assets from the trash: as present if their objects still exist, else as missing."""
    ids = tuple(asset_ids or ())
    if query is not None or len(ids) != 1 or dry_run:
        bulk = BulkEdit.restoring(query=query, assets=ids)
        run_bulk(bulk, dry_run=dry_run, json=json, verb="restored")
        return
    with open_library() as library:
        detail = library.assets.restore(ids[0])
    _print(detail, json=json)


@app.command("trash")
def trash(
    asset_ids: Annotated[list[str] | None, typer.Argument(metavar="[ID…]", help="Ids; not with --query.")] = None,
    *,
    query: QUERY = None,
    dry_run: DRY_RUN = False,
    json: JSON = False,
) -> None:
    """Move assets to the trash. Their objects are not touched, and no run restores the assets."""
    bulk = BulkEdit.trashing(query=query, assets=tuple(asset_ids or ()))
    run_bulk(bulk, dry_run=dry_run, json=json, verb="moved to the trash")


@app.command("reprocess")
def reprocess(
    words: Annotated[
        str | None, typer.Argument(metavar="[QUERY]", help='The assets of this query; "" matches everything.')
    ] = None,
    *,
    query: Annotated[
        str | None, typer.Option("--query", help="The same; needed where the query begins with a minus sign.")
    ] = None,
    assets: ASSETS = None,
    stage: Annotated[
        str,
        typer.Option(
            help="`look` reads their objects and makes their thumbnails, hashes and vectors again (permission "
            "runs:control), `text` reads the text in pictures, `embedding` computes hashes and vectors, "
            "`function:NAME` calls an own function."
        ),
    ] = "look",
    failed: Annotated[
        bool, typer.Option("--failed", help="With `function:NAME`, call it only where its last call failed.")
    ] = False,
    json: JSON_LINES = False,
) -> None:
    """Run a stage of processing again for all assets of a query or with these ids, as jobs of a worker."""
    chosen = words if query is None else query
    if None not in (words, query) or (chosen is None) == (not assets):
        raise UsageError(
            "One query or ids are needed.", "Write the query after the command or as --query, or ids as --asset ID."
        )
    with open_library() as library:
        queued = library.assets.reprocess(chosen, stage, assets=tuple(assets or ()), failed=failed)
    if json:
        print_json_lines(queued)
    elif not queued:
        echo("No asset matches: nothing was queued.")
    for job in () if json else queued:
        print_queued(job)


@app.command("history")
def history(
    asset_id: ID,
    *,
    limit: Annotated[int, typer.Option(min=1, help="Show at most this many changes.")] = 20,
    json: JSON_LINES = False,
) -> None:
    """Show who changed what of an asset and when, the newest first."""
    with open_library() as library:
        found = library.assets.history(asset_id, limit=limit)
    if json:
        print_json_lines(found)
    elif not found:
        echo("Nobody has changed this asset.")
    else:
        print_table(["when", "who", "action", "change"], (_change(one) for one in found))


def edit_and_print(
    words: list[str],
    edit_of: Callable[[list[str]], Edit],
    *,
    query: str | None,
    dry_run: bool,
    json: bool,
    verb: str = "changed",
) -> None:
    """Change one asset and print its new state, or many as a job, in process or on the server."""
    ids, others = split_ids(words, query)
    edit = check_edit(edit_of(others))  # before the library is opened or a request is sent
    if query is not None or len(ids) > 1 or dry_run:
        run_bulk(BulkEdit.of(edit, query=query, assets=ids), dry_run=dry_run, json=json, verb=verb)
        return
    with open_library() as library:
        detail = library.assets.edit("".join(ids), edit)
    _print(detail, json=json)


def _change(one: HistoryEntry) -> tuple[object, ...]:
    words = [
        f"{key}: {_format_value(value.before)} → {_format_value(value.after)}" for key, value in one.metadata.items()
    ]
    words += [f"+{tag}" for tag in one.tags_added] + [f"-{tag}" for tag in one.tags_removed]
    words += [f"+project {name}" for name in one.projects_added] + [f"-project {name}" for name in one.projects_removed]
    words += [
        f"{sign}{count_noun(count, 'annotation')} of {one.ontology}"
        for sign, count in (("+", one.annotations_added), ("-", one.annotations_removed))
        if count
    ]
    return (
        moment(one.at),
        one.actor,
        one.action if one.job is None else f"{one.action} (job {one.job})",
        ", ".join(words),
    )


def _print(detail: AssetDetail, *, json: bool) -> None:
    if json:
        print_json(asset_document(detail))
    else:
        print_table(["", ""], _lines(detail))


def _lines(detail: AssetDetail) -> list[tuple[str, object]]:
    asset = detail.asset
    return [
        ("id", asset.id),
        ("name", asset.name),
        ("key", asset.key),
        ("uri", asset.uri),
        ("datasources", ", ".join(asset.datasources)),
        ("state", asset.state.value),
        ("kind", asset.kind.value),
        ("type", asset.media_type),
        *((("pixels", pixels_text(asset)),) if asset.width is not None else ()),
        ("size", bytes_text(asset.size)),
        ("modified", asset.modified and moment(asset.modified)),
        *((("version", detail.version),) if detail.version is not None else ()),
        *((("read", detail.depth.value),) if detail.depth is not Depth.FULL else ()),
        ("blake3", detail.digest or "unknown: the object was not read as a whole"),
        ("tags", ", ".join(asset.tags)),
        ("projects", ", ".join(asset.projects)),
        *((f"facts.{name}", _format_value(value)) for name, value in detail.facts.items()),
        *(
            (f"metadata.{key}", f"{_format_value(entry.value)}  ({entry.source if entry.by is None else entry.by})")
            for key, entry in detail.metadata.items()
        ),
        *_text_lines(detail.picture_text),
        *(("warning", warning) for warning in detail.warnings),
    ]


def _text_lines(read: PictureText | None) -> list[tuple[str, object]]:
    """The text in the picture, a row for each line; one row if there is none."""
    if read is None:
        return []
    lines = [("text", line) for line in read.text.splitlines()]
    if read.failure is not None:
        again = " again, this is the former text" if lines else ""
        return [("text", f"not read{again}: {read.failure}"), *lines]
    lines = lines or [("text", "none")]
    return [*lines, ("text", "… and more, which is not kept")] if read.shortened else [*lines]


def _format_value(value: object) -> object:
    """Format a value; true and false as in queries and `metadata set`."""
    if value is None:
        return "none"
    return str(value).lower() if isinstance(value, bool) else value


def install(parent: typer.Typer) -> None:
    """Add these commands."""
    parent.add_typer(app, name="asset")
