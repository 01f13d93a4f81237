"""Bulk edits on the command line: which assets, the work here or on the server, and what is printed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer

from mirrorlake.cli.backend import open_foreground, open_library, open_server
from mirrorlake.cli.output import echo, echo_detail, print_json
from mirrorlake.cli.progress import shown_steps
from mirrorlake.cli.server_job import job_result
from mirrorlake.core.errors import UsageError
from mirrorlake.core.text import count_noun
from mirrorlake.model.bulk import BulkEdit, BulkEditPreview, BulkEditResult, UndoResult
from mirrorlake.model.jobs import Job

QUERY = Annotated[
    str | None, typer.Option("--query", help='Change all assets that match this query; "" matches everything.')
]
DRY_RUN = Annotated[bool, typer.Option("--dry-run", help="Only count the assets that would change.")]


def split_ids(words: Sequence[str], query: str | None) -> tuple[tuple[str, ...], list[str]]:
    """The ids at the beginning of the words, separated by commas, and the other words; no ids with a query.

    Raises UsageError if one of both is missing.
    """
    if query is not None:
        return (), list(words)
    first, *others = words or [""]
    ids = tuple(one.strip() for one in first.split(",") if one.strip())
    if not ids:
        raise UsageError("No asset was named.", "Write its id, several ids as 12,13, or --query QUERY.")
    return ids, others


def run_bulk(bulk: BulkEdit, *, dry_run: bool, json: bool, verb: str = "changed") -> None:
    """Do a bulk edit, or only count, and print the result."""
    if dry_run:
        with open_library() as library:
            _print_preview(library.assets.preview_edit(bulk), json=json, verb=verb)
        return
    _explain(bulk)
    job, result = _run(bulk)
    if json:
        print_json({"job": job, **_document(result)})
        return
    unchanged = result.assets - result.changed
    rest = f", {unchanged:,} unchanged" if unchanged or not result.changed else ""
    echo_detail(f"{count_noun(result.changed, 'asset')} {verb}{rest}.")
    if result.changed:
        echo(f"To undo this until {result.undo_until:%Y-%m-%d}: mirrorlake jobs undo {job}")


def undo_job(job_id: int) -> UndoResult:
    """Undo a bulk edit here or on the server."""
    with open_server() as server:
        if server is not None:
            return job_result(server, server.jobs.undo(job_id), UndoResult)
    with open_foreground() as library, shown_steps() as step:
        return library.undo(job_id, lambda doing, done, total: step(doing.capitalize(), done, total))


def _run(bulk: BulkEdit) -> tuple[int, BulkEditResult]:
    with open_server() as server:
        if server is not None:
            queued: Job = server.assets.start_edit(bulk)
            return queued.id, job_result(server, queued, BulkEditResult)
    with open_foreground() as library, shown_steps() as step:
        return library.edit(bulk, lambda doing, done, total: step(doing.capitalize(), done, total))


def _explain(bulk: BulkEdit) -> None:
    """Print which names in the queries the library does not know: an edit of them may change nothing, or too much."""
    queries = dict.fromkeys(part.query for part in bulk.parts if part.query)
    if not queries:
        return
    with open_library() as library:
        for note in dict.fromkeys(note for query in queries for note in library.assets.explain(query).notes):
            echo(note)


def _print_preview(found: BulkEditPreview, *, json: bool, verb: str) -> None:
    if json:
        print_json(found)
    else:
        for note in found.notes:
            echo(note)
        echo_detail(f"{count_noun(found.changed, 'asset')} of {found.assets:,} would be {verb}.")


def _document(result: BulkEditResult) -> dict[str, object]:
    return {"assets": result.assets, "changed": result.changed, "undo_until": result.undo_until}
