"""`mirrorlake datasource`: list, run, schedule and delete datasources, and merge their metadata again."""

from __future__ import annotations

import shlex
from typing import Annotated

import typer

from mirrorlake.cli.backend import open_foreground, open_library, open_server
from mirrorlake.cli.commands.datasource_change import change, history, schedule
from mirrorlake.cli.commands.datasource_create import create, preview
from mirrorlake.cli.commands.datasource_events import app as events
from mirrorlake.cli.commands.datasource_labels import labels
from mirrorlake.cli.documents import datasource_document, report_document
from mirrorlake.cli.exit_codes import USAGE, exit_code_of
from mirrorlake.cli.formatting import deletion_details, describe_datasource, fit_rows, list_row, work_counts
from mirrorlake.cli.health import show_health
from mirrorlake.cli.options import JSON
from mirrorlake.cli.output import echo, echo_detail, echo_error, print_json, print_json_lines, print_table
from mirrorlake.cli.progress import shown_count, shown_progress
from mirrorlake.cli.report import follow, show_report, terminate_as_interrupt
from mirrorlake.core.text import count_noun
from mirrorlake.mirror.report import Report
from mirrorlake.model.acts import Purge

app = typer.Typer(help="Manage datasources: list, run, schedule, delete.", no_args_is_help=True)


ACKNOWLEDGE_HELP = "Number of assets to delete; must match the count printed by running without this option."


@app.command("list")
def list_(*, json: JSON = False) -> None:
    """List all datasources: where they are, how they are doing, and their last and next runs."""
    with open_library() as library:
        found = library.datasources.list()
    if json:
        print_json_lines(datasource_document(one) for one in found)
    elif not found:
        echo("No datasource yet. Mirror one: mirrorlake mirror s3://your-bucket/folder")
    else:
        columns = ("name", "connection", "provider", "bucket", "prefix", "status", "assets", "last run", "next due")
        rows = fit_rows(columns, [list_row(one) for one in found], elastic=frozenset({0, 1, 3, 4}))
        print_table(columns, rows, right=frozenset({6}))


app.command("create")(create)


@app.command("show")
def show(name: Annotated[str, typer.Argument(metavar="NAME")], *, json: JSON = False) -> None:
    """Show a datasource: its address, access options and patterns."""
    with open_library() as library:
        found = library.datasources.get(name)
    if json:
        print_json(datasource_document(found))
    else:
        print_table(["", ""], describe_datasource(found))


@app.command("check")
def check(
    name: Annotated[str, typer.Argument(metavar="NAME")],
    *,
    origin: Annotated[
        str | None, typer.Option(metavar="URL", help="Origin of the web pages, for CORS. Default: MIRRORLAKE_ORIGIN.")
    ] = None,
    json: JSON = False,
) -> int:
    """Check each ability that a run needs with real requests. Exit code 1 if one fails."""
    with open_library() as library:
        health = library.datasources.check(name, origin=origin)
    if json:
        print_json(health)
    else:
        show_health(health)
    return 0 if health.ok else 1


@app.command("explain")
def explain(
    name: Annotated[str, typer.Argument(metavar="NAME")],
    key: Annotated[str, typer.Argument(metavar="KEY", help="Complete object key, as in the bucket.")],
    *,
    json: JSON = False,
) -> None:
    """Show which rule selects or excludes a key: a pattern, an exclude, its name, or a property of its object."""
    with open_library() as library:
        explained = library.datasources.explain(name, key)
    if json:
        print_json(explained)
        return
    rows: list[tuple[str, object]] = [
        ("key", explained.key),
        ("verdict", explained.verdict.value),
        ("reason", explained.reason),
    ]
    if explained.sidecars:
        rows.append(("metadata from", ", else ".join(explained.sidecars)))
    print_table(["", ""], [*rows, ("object", explained.object)])


@app.command("run")
def run(
    name: Annotated[str, typer.Argument(metavar="NAME")],
    *,
    jobs: Annotated[
        int | None,
        typer.Option(
            min=1, max=256, help="Number of processes that read and decode images.", show_default="one per core"
        ),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Override the cooldown after a run that imported something.")
    ] = False,
    json: JSON = False,
) -> int:
    """Run a datasource now with its stored settings, and print the report.

    Fails while a run is queued or running. Also fails for one hour after a run that imported something, unless --force
    is given; who forced a run is recorded.
    """
    with open_server() as server:
        if server is not None:
            if jobs is not None:
                echo("--jobs is ignored: the number of processes is an option of the server's worker.")
            return show_report(follow(server, server.datasources.start(name, force=force)), json=json)
    with open_foreground() as library, terminate_as_interrupt(), shown_progress() as progress:
        report = library.start(name, progress, jobs=jobs, force=force)
    return show_report(report, json=json)


app.command("preview")(preview)
app.command("change")(change)
app.command("schedule")(schedule)
app.command("history")(history)


@app.command("reapply")
def reapply(name: Annotated[str, typer.Argument(metavar="NAME")], *, json: JSON = False) -> int:
    """Merge the metadata of all assets again by the datasource's strategies, from the sidecars as last read.

    Without it, a changed strategy applies only when a sidecar changes. Sends no requests to the bucket; assets can
    be edited meanwhile.
    """
    report = _reapply(name)
    counts = report.counts
    if json:
        print_json(report_document(report))
    else:
        echo_detail(
            f": {count_noun(counts.metadata_changed, 'asset')} changed, {counts.unchanged:,} unchanged; "
            f"{report.state.value} in {report.seconds:.1f} s",
            head=f"run {report.run}",
        )
    if report.error is not None:
        echo_error(report.error)
    return exit_code_of(report.state)


def _reapply(name: str) -> Report:
    with open_server() as server:
        if server is not None:
            return follow(server, server.datasources.reapply(name))
    with open_foreground() as library, shown_count("Merging") as done:
        return library.reapply(name, done)


@app.command("delete")
def delete(
    name: Annotated[str, typer.Argument(metavar="NAME")],
    *,
    acknowledge: Annotated[int | None, typer.Option(metavar="COUNT", help=ACKNOWLEDGE_HELP)] = None,
    json: JSON = False,
) -> int:
    """Delete a datasource.

    Without --acknowledge COUNT, shows only what would happen to its assets. Assets in a project stay. Assets that users
    annotated, tagged or edited are not removed but moved to the trash. The bucket is never modified.
    """
    with open_library() as library:
        if acknowledge is None:
            found = library.datasources.deletion(name)
        else:
            found = library.datasources.delete(name, acknowledge=acknowledge)
    if json:
        print_json(found)
    else:
        print_table(
            ["", ""],
            [("removed permanently", found.removed), ("moved to the trash", found.trashed), ("kept", found.kept)],
            right=frozenset({1}),
        )
        for sentence in deletion_details(found):
            echo_detail(sentence)
    if found.deleted:
        echo(f"Datasource {name} was deleted.")
        return 0
    echo_error(
        f"Nothing was deleted: {count_noun(found.acknowledge, 'asset')} would be removed. "
        f"To confirm: mirrorlake datasource delete {shlex.quote(name)} --acknowledge {found.acknowledge}"
    )
    return USAGE


@app.command("purge")
def purge(
    name: Annotated[str, typer.Argument(metavar="NAME")],
    *,
    days: Annotated[int, typer.Option(min=0, max=36500, help="Keep assets modified within the last N days.")] = 30,
    acknowledge: Annotated[int | None, typer.Option(metavar="COUNT", help=ACKNOWLEDGE_HELP)] = None,
    json: JSON = False,
) -> int:
    """Delete old assets from the trash of a datasource permanently. Requires --acknowledge COUNT.

    Each asset is deleted only if its object is still gone. Assets of a project or of another datasource are kept. The
    bucket is never modified.
    """
    purgeable, report = _purge(name, days, acknowledge)
    found = purgeable.acknowledge
    if report is not None:
        return show_report(report, json=json)
    if json:
        print_json({"purged": False, "datasource": name, **_numbers(purgeable)})
    if not found:
        echo(f"No trashed assets of {name} older than {count_noun(days, 'day')} can be deleted.")
        return 0
    if purgeable.worked_on:
        lost = count_noun(purgeable.worked_on, "asset")
        echo(f"{lost} of them would go with the work of users: {work_counts(purgeable)}.")
    echo_error(
        f"Nothing was deleted: {count_noun(found, 'asset')} would be removed permanently. "
        f"To confirm: mirrorlake datasource purge {shlex.quote(name)} --days {days} --acknowledge {found}"
    )
    return USAGE


def _numbers(purge: Purge) -> dict[str, int]:
    return {
        name: getattr(purge, name) for name in ("days", "worked_on", "annotated", "edited", "tagged", "acknowledge")
    }


def _purge(name: str, days: int, acknowledge: int | None) -> tuple[Purge, Report | None]:
    with open_server() as server:
        if server is not None:
            found = server.datasources.purgeable(name, days=days)
            if acknowledge is None or not found.acknowledge:
                return found, None
            return found, follow(server, server.datasources.purge(name, acknowledge=acknowledge, days=days))
    with open_foreground() as library, terminate_as_interrupt():
        return library.purge(name, days=days, acknowledged=acknowledge)


def install(parent: typer.Typer) -> None:
    """Add these commands."""
    app.add_typer(events, name="events")
    app.command("labels")(labels)
    parent.add_typer(app, name="datasource")
