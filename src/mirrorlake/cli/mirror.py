"""`mirrorlake mirror`: one pass over a bucket or folder, in the foreground."""

from __future__ import annotations

import signal
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Annotated, NoReturn

import typer

from mirrorlake.app.mirroring import mirror as run_mirror
from mirrorlake.app.request import MirrorRequest, read_request
from mirrorlake.cli.output import bytes_text, print_json, print_table, results, say, say_error
from mirrorlake.cli.progress import shown_progress
from mirrorlake.errors import SettingsError
from mirrorlake.mirror.report import Report
from mirrorlake.model.runs import RunState
from mirrorlake.settings import read_settings

EXIT_CODES = {RunState.SUCCEEDED: 0, RunState.CANCELLED: 130}


def mirror(
    uri: Annotated[str, typer.Argument(metavar="URI", help="s3://bucket/folder or file:///folder")],
    *,
    name: Annotated[str | None, typer.Option(help="The datasource's name; made from the address if left out.")] = None,
    glob: Annotated[
        list[str] | None, typer.Option(help="Mirror only keys that match, below the address. Repeatable.")
    ] = None,
    settings: Annotated[Path | None, typer.Option(help="A JSON file of mirror settings.")] = None,
    endpoint: Annotated[
        str | None, typer.Option(help="Address of an S3-compatible server, with http:// or https://.")
    ] = None,
    region: Annotated[str | None, typer.Option(help="Region of the bucket.")] = None,
    profile: Annotated[str | None, typer.Option(help="Profile of this machine's AWS configuration.")] = None,
    anonymous: Annotated[bool, typer.Option("--anonymous", help="Sign no request: a public bucket.")] = False,
    jobs: Annotated[
        int | None, typer.Option(min=1, max=256, help="Processes that look at images.", show_default="one a core")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what a pass would do, and do nothing.")] = False,
    json: Annotated[bool, typer.Option("--json", help="The report as one JSON document.")] = False,
) -> int:
    """Bring the library in step with a bucket or folder, and print the report.

    The first pass makes the datasource; later ones reuse it, and look only at what changed.
    """
    request = MirrorRequest(
        uri=uri,
        name=name,
        globs=None if glob is None else tuple(glob),
        settings_json=None if settings is None else _read(settings),
        endpoint=endpoint,
        region=region,
        profile=profile,
        anonymous=anonymous,
        jobs=jobs,
        dry_run=dry_run,
    )
    asked = read_request(request)
    with _terminate_as_interrupt(), shown_progress() as progress:
        report = run_mirror(read_settings(), asked, progress)
    if json:
        print_json(report.as_json())
    else:
        _print_report(report)
    for note in report.notes:
        say(note)
    if report.error is not None:
        say_error(report.error)
    return EXIT_CODES.get(report.state, 1)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(
            f"The settings file {path} cannot be read: {error}.", "Name a readable JSON file in UTF-8."
        ) from error


@contextmanager
def _terminate_as_interrupt() -> Generator[None]:
    """A polite kill ends like Ctrl-C: the run is cancelled and what was committed stays."""

    def interrupt(_signal: int, _frame: FrameType | None) -> NoReturn:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _print_report(report: Report) -> None:
    counts = report.counts
    word = "would be " if report.would is not None else ""
    results.print(
        f"[bold]{'dry run' if report.run is None else f'run {report.run}'}[/bold] of {report.datasource}: "
        f"{report.state.value} in {report.seconds:.1f} s"
    )
    rows = [
        ("listed", counts.listed, "objects in the bucket"),
        ("selected", counts.selected, "images that the patterns take"),
        ("new", counts.new, f"{word}added to the library"),
        ("changed", counts.changed, f"{word}read again: other bytes under a known key"),
        ("metadata changed", counts.metadata_changed, f"{word}updated: another sidecar"),
        ("moved", counts.moved, "known bytes under another key: identity kept"),
        ("missing", counts.missing, "known, but no longer in the bucket: kept and marked"),
        ("unchanged", counts.unchanged, ""),
        ("skipped", counts.skipped, "left out by a rule, or unreadable as before"),
        ("failed", counts.failed, "could not be read"),
    ]
    print_table(["", "", ""], rows, right=frozenset({1}))
    if report.would is not None:
        results.print(
            f"It would take {report.would.get} GETs, {report.would.head} HEADs and {bytes_text(report.would.bytes)}."
        )
    else:
        requests = report.requests
        read = bytes_text(report.bytes_read)
        results.print(f"{requests.list} LIST, {requests.get} GET, {requests.head} HEAD requests; {read} read.")
        if counts.failed or counts.skipped:
            results.print(f"mirrorlake runs outcomes {report.run} tells which were skipped or failed, and why.")


def install(app: typer.Typer) -> None:
    """Add the command."""
    app.command("mirror")(mirror)
