"""`mirrorlake snapshot`: frozen projects, each under a number and a digest."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import Annotated

import typer

from mirrorlake.cli.backend import open_foreground, open_library, open_server
from mirrorlake.cli.exit_codes import USAGE
from mirrorlake.cli.options import JSON
from mirrorlake.cli.output import echo, echo_detail, print_json, print_json_lines, print_table
from mirrorlake.cli.progress import shown_count
from mirrorlake.cli.server_job import job_result
from mirrorlake.core.text import bytes_text, count_noun
from mirrorlake.model.snapshots import Gone, GoneAsset, RestoreOptions, Snapshot, SnapshotOptions, SnapshotRestored

app = typer.Typer(help="Freeze projects, and compare and restore what was frozen.", no_args_is_help=True)

SNAPSHOT = Annotated[str, typer.Argument(metavar="SNAPSHOT", help="Name of the snapshot, such as roads@3.")]
PROJECT = Annotated[str, typer.Argument(metavar="PROJECT", help="Name of the project.")]
DIGEST_SHOWN = 12  # characters
GONE_SHOWN = 10  # assets that a restore cannot bring back
_GONE = {
    Gone.REMOVED.value: "removed from the library",
    Gone.TRASH.value: "in the trash",
    Gone.MISSING.value: "missing from the bucket",
    Gone.REPLACED.value: "replaced by other content",
}


@app.command("create")
def create(
    project: PROJECT,
    *,
    note: Annotated[str, typer.Option(help="Note for people, such as what it is for.")] = "",
    json: JSON = False,
) -> None:
    """Freeze the assets of a project with their versions, splits, metadata, tags and annotations."""
    options = SnapshotOptions(project=project, note=note)
    found = _freeze(options)
    if json:
        print_json(found)
    else:
        echo_detail(f"{found.name} has {count_noun(found.assets, 'asset')}, digest {found.digest[:DIGEST_SHOWN]}.")


def _freeze(options: SnapshotOptions) -> Snapshot:
    with open_server() as server:
        if server is not None:
            return job_result(server, server.snapshots.start(options), Snapshot)
    with open_foreground() as library, shown_count("Freezing assets") as done:
        return library.freeze(options, lambda _step, some, total: done(some, total))


@app.command("list")
def list_(
    project: Annotated[str | None, typer.Argument(metavar="[PROJECT]", help="Project; all if omitted.")] = None,
    *,
    asset: Annotated[
        str | None, typer.Option(metavar="ID", help="Only snapshots that hold the asset with this id.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="Number of snapshots.")] = 20,
    json: JSON = False,
) -> None:
    """List snapshots, the newest first."""
    with open_library() as library:
        found = library.snapshots.list(limit=limit, project=project, asset=asset)
    if json:
        print_json_lines(found)
    elif not found and asset is not None:
        echo(f"No snapshot holds asset {asset}.")
    elif not found:
        echo("No snapshots yet. Make one: mirrorlake snapshot create PROJECT")
    else:
        rows = (_line(one) for one in found)
        print_table(["name", "assets", "digest", "created", "by", "note"], rows, right=frozenset({1}))


def _line(one: Snapshot) -> tuple[object, ...]:
    made = f"{one.created:%Y-%m-%d %H:%M}"
    return one.name, one.assets, one.digest[:DIGEST_SHOWN], made, one.created_by or "", one.note


@app.command("show")
def show(name: SNAPSHOT, *, json: JSON = False) -> None:
    """Show a snapshot: its digest, splits and classes."""
    with open_library() as library:
        found = library.snapshots.get(name)
    if json:
        print_json(found)
        return
    echo_detail(f"  {count_noun(found.assets, 'asset')}, {bytes_text(found.bytes)}", head=found.name)
    echo_detail(f"digest  {found.digest}")
    echo_detail(f"created {found.created:%Y-%m-%d %H:%M} by {found.created_by}")
    if found.note:
        echo_detail(f"note    {found.note}")
    parts = list(found.splits)
    print_table(["split", "assets"], found.splits.items(), right=frozenset({1}))
    if found.classes:
        rows = ((name, *(counts.get(part, 0) for part in parts)) for name, counts in sorted(found.classes.items()))
        print_table(["class", *parts], rows, right=frozenset(range(1, len(parts) + 1)))


@app.command("compare")
def compare(
    before: Annotated[str, typer.Argument(metavar="BEFORE", help="Name of a snapshot, such as roads@2.")],
    after: Annotated[str, typer.Argument(metavar="AFTER", help="Name of a later one, such as roads@3.")],
    *,
    limit: Annotated[int, typer.Option(min=0, max=10_000, help="Number of differing assets to show.")] = 20,
    json: JSON = False,
) -> None:
    """Compare two snapshots: assets added, removed and changed, with what changed."""
    with open_library() as library:
        found = library.snapshots.compare(before, after, limit=limit)
    if json:
        print_json(found)
        return
    counts = (
        f"{found.added:,} added, {found.removed:,} removed, {found.changed:,} changed, {found.unchanged:,} unchanged"
    )
    echo_detail(f"  equal content, {counts}" if found.equal else f"  {counts}", head=f"{before} → {after}")
    rows = ((one.difference.value, one.asset_id, one.key, ", ".join(one.fields)) for one in found.changes)
    if found.changes:
        print_table(["difference", "id", "key", "what"], rows)
    if (total := found.added + found.removed + found.changed) > len(found.changes):
        echo(f"Showing {len(found.changes):,} of {total:,} differing assets. Use --limit N for more.")


@app.command("assets")
def assets(
    name: SNAPSHOT,
    *,
    named: Annotated[str | None, typer.Option(help="Show only assets whose name or key contains this text.")] = None,
    class_name: Annotated[
        str | None,
        typer.Option("--class", metavar="[ONTOLOGY/]CLASS", help="Show only assets with an annotation of this class."),
    ] = None,
    json: JSON = False,
) -> None:
    """List the assets of a snapshot as they were."""
    with open_library() as library:
        found = library.snapshots.assets(name, named=named, class_name=class_name)
        if json:
            print_json_lines(found)
        else:
            print_table(["id", "split", "key"], ((one.id, one.split or "", one.key) for one in found))


@app.command("gone")
def gone(name: SNAPSHOT, *, json: JSON = False) -> None:
    """List the assets of a snapshot whose frozen content the library does not reach any more."""
    with open_library() as library:
        found = list(library.snapshots.gone(name))
    if json:
        print_json_lines(found)
    elif not found:
        echo(f"Nothing of {name} is gone.")
    else:
        _print_gone_table(found)


@app.command("restore")
def restore(
    name: SNAPSHOT,
    *,
    metadata: Annotated[bool, typer.Option("--metadata", help="Also the metadata that users had set.")] = False,
    tags: Annotated[bool, typer.Option("--tags", help="Also the tags.")] = False,
    annotations: Annotated[bool, typer.Option("--annotations", help="Also the annotations.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would change, and change nothing.")] = False,
    json: JSON = False,
) -> None:
    """Restore the assets and splits of a project as they were. Its present state becomes a snapshot, too."""
    options = RestoreOptions(snapshot=name, metadata=metadata, tags=tags, annotations=annotations, dry_run=dry_run)
    found = _restore(options)
    if json:
        print_json(found)
        return
    verb = "would be" if found.dry_run else "were"
    added = count_noun(found.added, "asset")
    echo_detail(f"{added} {verb} added, {found.removed:,} removed, {found.splits:,} moved to another split.")
    if metadata or tags or annotations:
        echo_detail(
            f"Changed assets: {found.metadata:,} metadata, {found.tags:,} tags, {found.annotations:,} annotations."
        )
    _print_gone(found)
    for each in found.unknown_classes:
        echo(f"Class {each} does not exist any more; its annotations were left out.")
    if found.undo is not None:
        echo(f"To undo this: mirrorlake snapshot restore {shlex.quote(found.undo)}")


def _print_gone(found: SnapshotRestored) -> None:
    """What does not come back as it was frozen, and why."""
    if not found.gone_reasons:
        return
    total = sum(found.gone_reasons.values())
    counts = ", ".join(f"{number:,} {_GONE[reason]}" for reason, number in found.gone_reasons.items())
    verb = "does" if total == 1 else "do"
    echo(f"{count_noun(total, 'asset')} {verb} not come back as frozen: {counts}.")
    _print_gone_table(found.gone_assets[:GONE_SHOWN])
    if total > GONE_SHOWN:
        echo(f"All of them: mirrorlake snapshot gone {shlex.quote(found.snapshot)}")


def _print_gone_table(gone: Sequence[GoneAsset]) -> None:
    rows = ((one.reason.value, one.asset_id, one.key, one.version or "") for one in gone)
    print_table(["reason", "id", "key", "version"], rows)


def _restore(options: RestoreOptions) -> SnapshotRestored:
    with open_server() as server:
        if server is not None:
            return job_result(server, server.snapshots.start_restore(options), SnapshotRestored)
    with open_foreground() as library, shown_count("Restoring assets") as done:
        return library.restore_snapshot(options, lambda _step, some, total: done(some, total))


@app.command("note")
def note(name: SNAPSHOT, text: Annotated[str, typer.Argument(metavar="TEXT", help="New note.")]) -> None:
    """Change the note of a snapshot."""
    with open_library() as library:
        library.snapshots.set_note(name, text)
        echo(f"Note of {name} saved.")


@app.command("delete")
def delete(
    name: SNAPSHOT,
    *,
    acknowledge: Annotated[
        int | None,
        typer.Option(
            min=0, help="Number of assets in it; must match the count printed by running without this option."
        ),
    ] = None,
) -> int:
    """Delete a snapshot. Its number is not given again."""
    with open_library() as library:
        if acknowledge is None:
            found = library.snapshots.get(name)
            echo(f"Snapshot {name} has {count_noun(found.assets, 'asset')}.")
            echo(f"To delete it: mirrorlake snapshot delete {shlex.quote(name)} --acknowledge {found.assets}")
            return USAGE
        library.snapshots.delete(name, acknowledge=acknowledge)
        echo(f"Snapshot {name} deleted.")
        return 0


def install(parent: typer.Typer) -> None:
    """Add these commands."""
    parent.add_typer(app, name="snapshot")
