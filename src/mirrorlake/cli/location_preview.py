"""Show the preview of a location: live while it is listed, then as tables."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager

from mirrorlake.cli.output import echo, echo_detail, echo_error, people, print_json, print_table
from mirrorlake.cli.progress import LineInterval
from mirrorlake.core.errors import MirrorlakeError, RunCancelled
from mirrorlake.core.text import bytes_text, count_noun
from mirrorlake.model.jobs import Job
from mirrorlake.model.location_previews import Estimate, LeftOutKind, LocationSummary
from mirrorlake.model.runs import RunState
from mirrorlake.select.json_reader import Json
from mirrorlake.services.contract import Library

SummaryCallback = Callable[[LocationSummary], object]

SHOWN_FOLDERS = 12
SHOWN_SUFFIXES = 8
SHOWN_SAMPLES = 3  # of each kind that is left out

_REASONS = {
    LeftOutKind.FOLDER_MARKER: "folder markers",
    LeftOutKind.UNSUPPORTED: "not of a supported format",
    LeftOutKind.NO_PATTERN: "no pattern selects them",
    LeftOutKind.EXCLUDED: "excluded by a pattern",
    LeftOutKind.EMPTY: "selected, but empty",
    LeftOutKind.ARCHIVED: "selected, but archived",
    LeftOutKind.UNUSABLE: "symbolic links, or keys that cannot be stored",
}


@contextmanager
def shown_listing(uri: str) -> Generator[SummaryCallback]:
    """Return a callback that shows a growing summary on standard error."""
    if not people.is_terminal:
        interval = LineInterval()

        def show(summary: LocationSummary) -> None:
            if interval.is_due():
                echo(f"listing: {_so_far(summary)}")

        yield show
        return
    from mirrorlake.cli.progress_bar import spinner  # noqa: PLC0415  loads rich

    with spinner(people.console, f"Listing {uri}") as spin:
        yield lambda summary: spin(f"Listing {uri}: {_so_far(summary)}")


def preview_on_server(
    server: Library, uri: str, *, connection: str | None, settings: Mapping[str, Json] | None, watch: SummaryCallback
) -> LocationSummary:
    """The summary of a preview that a server makes; `watch` sees it grow. Ctrl-C cancels it there.

    Raises MirrorlakeError if it failed before anything was listed.
    """
    import msgspec  # noqa: PLC0415  start-up of the other commands

    def progress(job: Job) -> None:
        if job.progress is not None and job.progress.partial is not None:
            watch(msgspec.convert(job.progress.partial, LocationSummary))

    preview = server.datasources.begin_location_preview(uri, connection=connection, settings=settings)
    if preview.waiting is not None and preview.waiting.stuck:
        echo(f"Job {preview.id} is queued: {preview.waiting.reason}.")
    try:
        server.jobs.wait(server.jobs.get(int(preview.id)), progress)
    except KeyboardInterrupt:
        server.jobs.cancel(int(preview.id))
        raise
    preview = server.datasources.get_location_preview(preview.id)
    if preview.state is RunState.CANCELLED:
        raise RunCancelled(preview.error or f"Job {preview.id} was cancelled.")
    if preview.summary is None or (preview.state is RunState.FAILED and preview.summary.error is None):
        raise MirrorlakeError(preview.error or f"Job {preview.id} failed.")
    return preview.summary


def show_summary(summary: LocationSummary, *, json: bool) -> int:
    """Print a summary, and return the exit code: 1 if not everything was listed."""
    if json:
        print_json(summary)
    else:
        _print(summary)
    for note in summary.notes:
        echo(note)
    if summary.error is not None:
        echo_error(summary.error)
    return 0 if summary.complete else 1


def _so_far(summary: LocationSummary) -> str:
    listed = f"{count_noun(summary.listed, 'object')}, {bytes_text(summary.listed_bytes)}"
    return f"{listed}; {summary.selected:,} selected"


def _print(summary: LocationSummary) -> None:
    so_far = "" if summary.complete else " so far"
    echo_detail(f" of {summary.uri}, {summary.seconds:.1f} s{so_far}", head="preview")
    if summary.server is not None:
        echo_detail(f"Server: {summary.server}.")
    sidecars = summary.sidecars
    rows = [
        ("listed", summary.listed, bytes_text(summary.listed_bytes), "objects"),
        ("selected", summary.selected, bytes_text(summary.selected_bytes), "objects of supported formats"),
        *(("left out", one.objects, bytes_text(one.bytes), _REASONS[one.kind]) for one in summary.left_out),
        ("sidecars", sidecars.found, bytes_text(sidecars.bytes), _pairs(summary)),
    ]
    print_table(["", "objects", "bytes", ""], rows, right=frozenset({1, 2}))
    if summary.formats:
        formats = [(one.format, one.objects, one.selected, bytes_text(one.bytes)) for one in summary.formats]
        print_table(["format", "objects", "selected", "bytes"], formats, right=frozenset({1, 2, 3}))
    others = [f"{name or 'no suffix'} {number:,}" for name, number in summary.other_suffixes.items()]
    if others:
        echo_detail(f"Other suffixes: {', '.join(others[:SHOWN_SUFFIXES])}{', …' if others[SHOWN_SUFFIXES:] else ''}.")
    if summary.folders:
        print_table(["folder", "objects", "selected", "bytes"], _folder_rows(summary), right=frozenset({1, 2, 3}))
    samples = [("selected", one.key, one.reason) for one in summary.samples]
    samples += [("left out", one.key, one.reason) for kind in summary.left_out for one in kind.samples[:SHOWN_SAMPLES]]
    samples += [("unpaired sidecar", key, "no selected object has its name") for key in sidecars.samples]
    if samples:
        print_table(["for example", "", ""], samples)
    _print_estimate(summary.estimate)


def _pairs(summary: LocationSummary) -> str:
    return f"{summary.sidecars.paired:,} with a selected object, {summary.sidecars.unpaired:,} without one"


def _folder_rows(summary: LocationSummary) -> Iterator[tuple[object, ...]]:
    for one in summary.folders[:SHOWN_FOLDERS]:
        yield one.folder or "(no folder)", one.objects, one.selected, bytes_text(one.bytes)
    hidden = summary.folders[SHOWN_FOLDERS:]
    others = summary.other_folders
    number = len(hidden) + (0 if others is None else others.folders)
    if number:
        objects = sum(one.objects for one in hidden) + (0 if others is None else others.objects)
        size = sum(one.bytes for one in hidden) + (0 if others is None else others.bytes)
        yield f"({count_noun(number, 'other folder')})", objects, None, bytes_text(size)


def _print_estimate(estimate: Estimate) -> None:
    needed = estimate.requests
    echo_detail(
        f"Estimate of a first run: {needed.list:,} LIST, {needed.get:,} GET and {needed.head:,} HEAD requests, "
        f"{bytes_text(estimate.bytes)} to read, about {_duration(estimate.seconds)} on this machine."
    )
    cost = estimate.cost
    if cost is not None:
        echo_detail(
            f"Estimated cost: {cost.currency} {_amount(cost.same_region)} in the region of the bucket, "
            f"{_amount(cost.with_egress)} outside of the cloud (prices of {cost.prices}, {cost.as_of}: {cost.source})."
        )


def _amount(money: float) -> str:
    return f"{money:,.2f}" if money >= 1 else f"{money:.4f}"  # a thousand requests cost less than a cent


def _duration(seconds: float) -> str:
    if seconds < 90:  # noqa: PLR2004
        return count_noun(max(round(seconds), 1), "second")
    if seconds < 5400:  # noqa: PLR2004
        return count_noun(round(seconds / 60), "minute")
    return count_noun(round(seconds / 3600), "hour")
