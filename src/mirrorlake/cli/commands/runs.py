"""`mirrorlake runs`: what passes did."""

from __future__ import annotations

from typing import Annotated

import typer

from mirrorlake.cli.backend import Server, open_acting, open_reader, open_server
from mirrorlake.cli.formatting import described_run, what_happened
from mirrorlake.cli.output import echo, echo_error, print_json, print_json_lines, print_table
from mirrorlake.cli.progress import shown_progress
from mirrorlake.cli.report import follow, show_report, terminate_as_interrupt
from mirrorlake.mirror.report import Report
from mirrorlake.model.runs import OutcomeKind, Run, RunState
from mirrorlake.model.serialization import outcome_to_json, run_to_json

app = typer.Typer(help="List and show runs; confirm, cancel or retry them.", no_args_is_help=True)

JSON = Annotated[bool, typer.Option("--json", help="JSON on standard output.")]
RUN = Annotated[int, typer.Argument(metavar="RUN", help="As `mirrorlake runs list` prints it.")]


@app.command("list")
def list_(
    *,
    datasource: Annotated[str | None, typer.Option(help="Only runs of this datasource.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 20,
    json: JSON = False,
) -> None:
    """The newest runs first."""
    with open_reader() as reader:
        runs = reader.runs(limit=limit, datasource=datasource)
    if json:
        print_json_lines(run_to_json(run) for run in runs)
    elif not runs:
        echo("No run yet. Start one: mirrorlake mirror s3://your-bucket/folder")
    else:
        print_table(
            ["run", "datasource", "state", "started", "listed", "what happened"],
            (
                (
                    run.id,
                    run.datasource,
                    run.state.value,
                    f"{run.started:%Y-%m-%d %H:%M}",
                    f"{run.counts.listed:,}",
                    what_happened(run),
                )
                for run in runs
            ),
            right=frozenset({0, 4}),
        )


@app.command("show")
def show(run_id: RUN, *, json: JSON = False) -> None:
    """One run with its counts."""
    with open_reader() as reader:
        run = reader.run(run_id)
    if json:
        print_json(run_to_json(run))
        return
    print_table(["", ""], described_run(run))


@app.command("confirm")
def confirm(
    run_id: Annotated[int | None, typer.Argument(metavar="[RUN]", help="A run in the state held.")] = None,
    *,
    plan_hash: Annotated[str | None, typer.Option("--hash", help="The plan_hash of what is held.")] = None,
    json: JSON = False,
) -> int:
    """Let the removals happen that a run holds back: exactly those, each object proven gone once more."""
    with open_server() as server:
        if server is not None:
            return show_report(follow(server, server.confirm(run_id=run_id, plan_hash=plan_hash)), json=json)
    with open_acting() as library, terminate_as_interrupt():
        return show_report(library.confirm(run_id=run_id, plan_hash=plan_hash), json=json)


@app.command("cancel")
def cancel(run_id: RUN, *, json: JSON = False) -> int:
    """End a run: what it committed is kept, what it holds back is dismissed. Waits until it has ended."""
    echo(f"Asking run {run_id} to end …")
    run = _cancelled(run_id)
    if json:
        print_json(run_to_json(run))
    match run.state:
        case RunState.CANCELLED:
            echo(f"Run {run.id} is cancelled. All work that was committed is kept.")
            return 0
        case RunState.RUNNING:
            echo_error(f"Run {run.id} was asked to end and has not yet: mirrorlake runs show {run.id}")
        case _:
            echo_error(f"Run {run.id} came to its own end before it heard the request: {run.state.value}.")
    return 1


def _cancelled(run_id: int) -> Run:
    with open_server() as server:
        if server is not None:
            return server.wait(server.cancel(run_id))
    with open_acting() as library:
        return library.cancel(run_id)


@app.command("retry")
def retry(
    run_id: RUN,
    *,
    jobs: Annotated[
        int | None, typer.Option(min=1, max=256, help="Processes that look at images.", show_default="one a core")
    ] = None,
    json: JSON = False,
) -> int:
    """Look again at the objects that failed in a run, also at those that could not be decoded, and at nothing else."""
    with open_server() as server:
        if server is not None:
            return show_report(_retried(server, run_id), json=json)
    with open_acting() as library, terminate_as_interrupt(), shown_progress() as progress:
        report = library.retry(run_id, progress, jobs=jobs)
    return show_report(report, json=json)


def _retried(server: Server, run_id: int) -> Report:
    run = server.run(run_id)
    if run.finished is None or run.counts.failed:
        return follow(server, server.retry(run_id))
    notes = (f"Nothing failed in run {run_id}: there is nothing to try again.",)
    return Report(run=None, datasource=run.datasource, state=RunState.SUCCEEDED, notes=notes)


@app.command("outcomes")
def outcomes(
    run_id: RUN,
    *,
    outcome: Annotated[OutcomeKind | None, typer.Option(help="Only these.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 1000,
    offset: Annotated[int, typer.Option(min=0, help="Leave out so many first.")] = 0,
    json: JSON = False,
) -> None:
    """What happened to each object that was not simply unchanged, and why."""
    with open_reader() as reader:
        found = reader.outcomes(run_id, limit=limit, offset=offset, kind=outcome)
    if json:
        print_json_lines(outcome_to_json(one) for one in found)
    elif not found:
        echo("No such outcome in this run.")
    else:
        print_table(
            ["outcome", "key", "stage", "reason"],
            ((one.kind.value, one.key, one.stage, one.reason) for one in found),
        )


def install(parent: typer.Typer) -> None:
    """Add these commands."""
    parent.add_typer(app, name="runs")
