"""`mirrorlake datasource`: what is mirrored, and merging its metadata again."""

from __future__ import annotations

import shlex
from typing import Annotated

import typer

from mirrorlake.cli.backend import open_acting, open_actor, open_reader, open_server
from mirrorlake.cli.formatting import described, moment
from mirrorlake.cli.output import echo, echo_detail, echo_error, print_json, print_json_lines, print_table
from mirrorlake.cli.progress import shown_count, shown_progress
from mirrorlake.cli.report import follow, report_of, show_report, terminate_as_interrupt
from mirrorlake.core.errors import NotFound
from mirrorlake.core.settings import read_local_settings
from mirrorlake.core.text import count_noun
from mirrorlake.mirror.report import Report
from mirrorlake.model.acts import Purge
from mirrorlake.model.runs import RunState
from mirrorlake.model.schedule import schedule_from_text
from mirrorlake.model.serialization import datasource_to_json

app = typer.Typer(help="Manage datasources: list, run, schedule, delete.", no_args_is_help=True)

EXIT_CODES = {RunState.SUCCEEDED: 0, RunState.CANCELLED: 130}

JSON = Annotated[bool, typer.Option("--json", help="JSON on standard output.")]


@app.command("list")
def list_(*, json: JSON = False) -> None:
    """Every datasource, with its last run."""
    with open_reader() as reader:
        found = reader.datasources()
    if json:
        print_json_lines(datasource_to_json(one) for one in found)
    elif not found:
        echo("No datasource yet. Mirror one: mirrorlake mirror s3://your-bucket/folder")
    else:
        print_table(
            ["name", "uri", "assets", "last run", "next due"],
            (
                (
                    one.datasource.name,
                    one.datasource.location.uri,
                    one.assets,
                    one.last_run and one.last_run.state.value,
                    one.next_due and moment(one.next_due),
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
    if json:
        print_json(datasource_to_json(found))
    else:
        print_table(["", ""], described(found))


@app.command("explain")
def explain(
    name: Annotated[str, typer.Argument(metavar="NAME")],
    key: Annotated[str, typer.Argument(metavar="KEY", help="The whole key, as the bucket has it.")],
    *,
    json: JSON = False,
) -> None:
    """Which rule takes or leaves one key: a pattern, an exclude, its name, or what the object is."""
    with open_actor() as library:
        explained = library.explain(name, key)
    if json:
        print_json(explained.as_json())
        return
    told = explained.explanation
    rows: list[tuple[str, object]] = [("key", told.key), ("becomes", told.verdict.value), ("because", told.reason)]
    if told.sidecars:
        rows.append(("metadata from", ", else ".join(told.sidecars)))
    print_table(["", ""], [*rows, ("object", explained.object)])


@app.command("run")
def run(
    name: Annotated[str, typer.Argument(metavar="NAME")],
    *,
    jobs: Annotated[
        int | None, typer.Option(min=1, max=256, help="Processes that look at images.", show_default="one a core")
    ] = None,
    json: JSON = False,
) -> int:
    """Mirror it now, as it is set up, and print the report.

    Refused while a pass waits or is at work, and for an hour after one that imported something.
    """
    with open_server() as server:
        if server is not None:
            if jobs is not None:
                echo("--jobs is for this machine: the server's worker takes as many as it was started with.")
            return show_report(follow(server, server.start(name)), json=json)
    from mirrorlake.services.trigger import run_now  # noqa: PLC0415  loads the libraries that reach buckets

    with terminate_as_interrupt(), shown_progress() as progress:
        report = run_now(read_local_settings(), name, progress, jobs=jobs)
    return show_report(report, json=json)


@app.command("preview")
def preview(name: Annotated[str, typer.Argument(metavar="NAME")], *, json: JSON = False) -> int:
    """Say what a pass would do: counts, requests, and some keys of each kind with the reason. Stores nothing."""
    with open_server() as server:
        if server is not None:
            return show_report(report_of(server.preview(name)), json=json)
    with open_acting() as library, shown_progress() as progress:
        report = library.preview(name, progress)
    return show_report(report, json=json)


@app.command("schedule")
def schedule(
    name: Annotated[str, typer.Argument(metavar="NAME")],
    when: Annotated[str, typer.Argument(metavar="WHEN", help='"every: 6h", "0 3 * * *" (cron), or off.')],
    *,
    timezone: Annotated[
        str | None, typer.Option(help="Whose clock a cron expression means.", show_default="UTC")
    ] = None,
    json: JSON = False,
) -> None:
    """Say when it is mirrored by itself; a worker does it then."""
    schedule_from_text(when, timezone)  # what cannot be read is refused before anything is asked
    with open_actor() as actor:
        found = actor.change_settings(name, {"schedule": when, "timezone": timezone})
    if json:
        print_json(datasource_to_json(found))
    elif found.next_due is None:
        echo(f"{name} is mirrored only when somebody asks for it.")
    else:
        echo(f"{name} is due at {moment(found.next_due)}. A worker does it: mirrorlake worker, or mirrorlake up.")


@app.command("reapply")
def reapply(name: Annotated[str, typer.Argument(metavar="NAME")], *, json: JSON = False) -> int:
    """Merge all its assets again by the metadata strategies of its settings, from the sidecars as last read.

    A changed strategy otherwise acts when a sidecar changes. Asks no bucket; edits can go on meanwhile.
    """
    report = _reapplied(name)
    counts = report.counts
    if json:
        print_json(report.as_json())
    else:
        echo_detail(
            f": {count_noun(counts.metadata_changed, 'asset')} changed, {counts.unchanged:,} unchanged; "
            f"{report.state.value} in {report.seconds:.1f} s",
            head=f"run {report.run}",
        )
    if report.error is not None:
        echo_error(report.error)
    return EXIT_CODES.get(report.state, 1)


def _reapplied(name: str) -> Report:
    with open_server() as server:
        if server is not None:
            return follow(server, server.reapply(name))
    with open_acting() as library, shown_count("Merging") as done:
        return library.reapply(name, done)


@app.command("delete")
def delete(
    name: Annotated[str, typer.Argument(metavar="NAME")],
    *,
    acknowledge: Annotated[
        int | None, typer.Option(metavar="COUNT", help="How many assets go with it, as this command says without it.")
    ] = None,
    json: JSON = False,
) -> int:
    """Forget a datasource. Says what becomes of its assets, and does it only with --acknowledge."""
    with open_actor() as library:
        found, done = library.delete_datasource(name, acknowledge)
    if json:
        print_json(found.as_json(deleted=done))
    else:
        print_table(
            ["", ""],
            [("removed for good", found.removed), ("into the trash", found.trashed), ("kept as they are", found.kept)],
            right=frozenset({1}),
        )
        if found.handed_over:
            shared = count_noun(found.handed_over, "of them is", "of them are")
            echo_detail(f"{shared} shared: another datasource reaches the same objects, and governs those assets then.")
    if done:
        echo(f"The datasource {name} is deleted.")
        return 0
    echo_error(
        f"Nothing was done: {count_noun(found.acknowledge, 'asset')} would go. Your bucket itself is never touched. "
        f"If that is right: mirrorlake datasource delete {shlex.quote(name)} --acknowledge {found.acknowledge}"
    )
    return 2


@app.command("purge")
def purge(
    name: Annotated[str, typer.Argument(metavar="NAME")],
    *,
    days: Annotated[int, typer.Option(min=0, max=36500, help="What was touched since stays.")] = 30,
    acknowledge: Annotated[
        int | None, typer.Option(metavar="COUNT", help="How many assets go for good, as this command says without it.")
    ] = None,
    json: JSON = False,
) -> int:
    """Empty the trash of a datasource: its assets there go for good, once each object is proven gone once more.

    Those of a project, or of another datasource, stay. Does it only with --acknowledge. The bucket is never touched.
    """
    waiting, report = _purged(name, days, acknowledge)
    found = waiting.acknowledge
    if report is not None:
        return show_report(report, json=json)
    if json:
        print_json({"purged": False, "datasource": name, "days": days, "acknowledge": found})
    if not found:
        echo(f"Nothing waits in the trash of {name} for {count_noun(days, 'day')} that nothing else uses.")
        return 0
    echo_error(
        f"Nothing was done: {count_noun(found, 'asset')} would go for good. Your bucket itself is never touched. "
        f"If that is right: mirrorlake datasource purge {shlex.quote(name)} --days {days} --acknowledge {found}"
    )
    return 2


def _purged(name: str, days: int, acknowledge: int | None) -> tuple[Purge, Report | None]:
    with open_server() as server:
        if server is not None:
            found = server.purgeable(name, days=days)
            if acknowledge is None or not found.acknowledge:
                return found, None
            return found, follow(server, server.purge(name, acknowledge=acknowledge, days=days))
    with open_acting() as library, terminate_as_interrupt():
        return library.purge(name, days=days, acknowledged=acknowledge)


def install(parent: typer.Typer) -> None:
    """Add these commands."""
    parent.add_typer(app, name="datasource")
