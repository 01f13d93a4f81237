"""`mirrorlake runs`: list, show, confirm, cancel and retry runs."""

from __future__ import annotations

from typing import Annotated

import typer

from mirrorlake.cli.backend import open_foreground, open_library, open_server
from mirrorlake.cli.documents import outcome_document, run_document
from mirrorlake.cli.formatting import describe_run, run_state, summarize_run
from mirrorlake.cli.options import JSON
from mirrorlake.cli.output import echo, echo_error, print_json, print_json_lines, print_table
from mirrorlake.cli.progress import shown_progress
from mirrorlake.cli.report import follow, show_report, terminate_as_interrupt
from mirrorlake.mirror.report import Report
from mirrorlake.model.runs import OutcomeKind, Run, RunState
from mirrorlake.services.contract import Library

app = typer.Typer(help="List and show runs; confirm, cancel or retry them.", no_args_is_help=True)

RUN = Annotated[int, typer.Argument(metavar="RUN", help="Number of the run, as printed by `mirrorlake runs list`.")]


@app.command("list")
def list_(
    *,
    datasource: Annotated[str | None, typer.Option(help="Show only runs of this datasource.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="Show at most this many.")] = 20,
    json: JSON = False,
) -> None:
    """List runs, the newest first."""
    with open_library() as library:
        runs = library.runs.list(limit=limit, datasource=datasource)
    if json:
        print_json_lines(run_document(run) for run in runs)
    elif not runs:
        echo("No runs yet. Start one: mirrorlake mirror s3://your-bucket/folder")
    else:
        print_table(
            ["run", "datasource", "state", "started", "listed", "outcomes"],
            (
                (
                    run.id,
                    run.datasource,
                    run_state(run),
                    f"{run.started:%Y-%m-%d %H:%M}",
                    f"{run.counts.listed:,}",
                    summarize_run(run),
                )
                for run in runs
            ),
            right=frozenset({0, 4}),
        )


@app.command("show")
def show(run_id: RUN, *, json: JSON = False) -> None:
    """Show a run with its counts."""
    with open_library() as library:
        run = library.runs.get(run_id)
    if json:
        print_json(run_document(run))
        return
    print_table(["", ""], describe_run(run))


@app.command("confirm")
def confirm(
    run_id: Annotated[int | None, typer.Argument(metavar="[RUN]", help="Number of a held run.")] = None,
    *,
    plan_hash: Annotated[str | None, typer.Option("--hash", help="The plan_hash of the held removals.")] = None,
    json: JSON = False,
) -> int:
    """Carry out the removals that a run holds, each only if its object is still gone."""
    with open_server() as server:
        if server is not None:
            return show_report(follow(server, server.runs.confirm(run_id=run_id, plan_hash=plan_hash)), json=json)
    with open_foreground() as library, terminate_as_interrupt():
        return show_report(library.confirm(run_id=run_id, plan_hash=plan_hash), json=json)


@app.command("cancel")
def cancel(run_id: RUN, *, json: JSON = False) -> int:
    """Cancel a run and wait until it has ended. Committed work is kept; held removals are dismissed."""
    echo(f"Cancelling run {run_id} …")
    run = _cancel(run_id)
    if json:
        print_json(run_document(run))
    match run.state:
        case RunState.CANCELLED:
            echo(f"Run {run.id} was cancelled. Committed work is kept.")
            return 0
        case RunState.RUNNING:
            echo_error(f"Run {run.id} has not ended yet. To see its state: mirrorlake runs show {run.id}")
        case _:
            echo_error(f"Run {run.id} ended before it received the request: {run.state.value}.")
    return 1


def _cancel(run_id: int) -> Run:
    with open_server() as server:
        if server is not None:
            return server.runs.wait(server.runs.cancel(run_id))
    with open_foreground() as library:
        return library.cancel(run_id)


@app.command("retry")
def retry(
    run_id: RUN,
    *,
    jobs: Annotated[
        int | None,
        typer.Option(
            min=1, max=256, help="Number of processes that read and decode images.", show_default="one per core"
        ),
    ] = None,
    json: JSON = False,
) -> int:
    """Retry only the failed objects of a run, including undecodable ones."""
    with open_server() as server:
        if server is not None:
            return show_report(_retry(server, run_id), json=json)
    with open_foreground() as library, terminate_as_interrupt(), shown_progress() as progress:
        report = library.retry(run_id, progress, jobs=jobs)
    return show_report(report, json=json)


def _retry(server: Library, run_id: int) -> Report:
    run = server.runs.get(run_id)
    if run.finished is None or run.counts.failed:
        return follow(server, server.runs.retry(run_id))
    notes = (f"No objects failed in run {run_id}: there is nothing to retry.",)
    return Report(run=None, datasource=run.datasource, state=RunState.SUCCEEDED, notes=notes)


@app.command("outcomes")
def outcomes(
    run_id: RUN,
    *,
    outcome: Annotated[OutcomeKind | None, typer.Option(help="Show only outcomes of this kind.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="Show at most this many.")] = 1000,
    offset: Annotated[int, typer.Option(min=0, help="Skip this many first.")] = 0,
    json: JSON = False,
) -> None:
    """Show the outcome of each object with the reason; unchanged objects are only counted."""
    with open_library() as library:
        found = library.runs.outcomes(run_id, limit=limit, offset=offset, kind=outcome)
    if json:
        print_json_lines(outcome_document(one) for one in found)
    elif not found:
        echo("No matching outcomes in this run.")
    else:
        print_table(
            ["outcome", "key", "stage", "reason"],
            ((one.kind.value, one.key, one.stage, one.reason) for one in found),
        )


def install(parent: typer.Typer) -> None:
    """Add these commands."""
    parent.add_typer(app, name="runs")
