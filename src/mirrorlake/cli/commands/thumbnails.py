"""`mirrorlake thumbnails`: check thumbnails, rebuild missing ones, and remove orphaned thumbnails."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

import typer

from mirrorlake.cli.backend import open_foreground, open_server
from mirrorlake.cli.documents import finding_document, making_document, thumbnails_document
from mirrorlake.cli.options import JSON
from mirrorlake.cli.output import echo, echo_detail, echo_error, print_json, print_table
from mirrorlake.cli.progress import shown_steps
from mirrorlake.cli.report import terminate_as_interrupt
from mirrorlake.cli.server_job import job_result
from mirrorlake.core.text import bytes_text, count_noun
from mirrorlake.model.thumbnails import Cleaning, Lack, MakeResult, Making, ThumbnailCheck, Unmade

GRACE_HOURS = 24  # a run writes thumbnails before it commits their assets


WHOLE = Annotated[
    bool, typer.Option("--whole", help="Read all of each pack. In a bucket, only their indexes are read otherwise.")
]

app = typer.Typer(
    help="Check, rebuild and clean thumbnails.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@app.command("check")
def check(*, whole: WHOLE = False, json: JSON = False) -> int:
    """Count missing thumbnails and orphaned thumbnails. Changes nothing."""
    result = _check(whole=whole)
    if json:
        print_json(thumbnails_document(result))
    else:
        _print_check(result)
    return 0 if result.clean else 1


def _check(*, whole: bool) -> ThumbnailCheck:
    with open_server() as server:
        if server is not None:
            return job_result(server, server.jobs.check_thumbnails(whole=whole), ThumbnailCheck)
    with open_foreground() as library, shown_steps() as step:
        return library.check_thumbnails(step, whole=whole)


def _print_check(result: ThumbnailCheck) -> None:
    thumbnails, assets = count_noun(result.thumbnails, "thumbnail"), count_noun(result.assets, "asset")
    packs, missing = count_noun(result.packs, "pack"), count_noun(result.lacking, "thumbnail is", "thumbnails are")
    echo_detail(
        f"{thumbnails} of {assets} in {packs}, {bytes_text(result.bytes)}. "
        f"{f'{missing} missing.' if result.lacking else 'None is missing.'}"
    )
    if result.damaged:
        echo_detail(f"{result.damaged:,} of them: damaged.")
    if result.misplaced:
        echo_detail(f"{result.misplaced:,} of them: found elsewhere in the library store, and need not be rebuilt.")
    if result.to_read:
        echo_detail(f"Rebuilding the others reads {bytes_text(result.to_read)} of originals.")
    if result.left_over:
        echo_detail(f"{count_noun(result.left_over, 'orphaned thumbnail')}, {bytes_text(result.left_over_bytes)}.")
    if result.unknown:
        echo_detail(f"{result.unknown:,} unrelated files in the folder: they are never touched.")


@app.command("make")
def make(
    *,
    jobs: Annotated[
        int | None,
        typer.Option(min=1, help="Number of processes that read and decode images.", show_default="one per core"),
    ] = None,
    whole: WHOLE = False,
    json: Annotated[
        bool, typer.Option("--json", help="Output JSON Lines: thumbnails that failed, then one summary.")
    ] = False,
) -> int:
    """Rebuild missing thumbnails from their objects. Assets are not changed."""
    made = _make(_json if json else _line, jobs, whole=whole)
    if json:
        print_json(making_document(made))
    else:
        _print_made(made)
    for datasource, error in made.errors.items():
        echo_error(f"Datasource {datasource} was skipped: {error}")
    return 0 if made.clean else 1


def _make(on_failure: Callable[[Unmade], None], jobs: int | None, *, whole: bool) -> Making:
    with open_server() as server:
        if server is not None:
            if jobs is not None:
                echo("--jobs is ignored: the number of processes is an option of the server's worker.")
            result = job_result(server, server.jobs.make_thumbnails(whole=whole), MakeResult)
            for unmade in result.unmade:
                on_failure(unmade)
            hidden = sum(result.making.unmade.values()) - len(result.unmade)
            if hidden:
                echo(f"A job keeps the first {len(result.unmade):,} failures; {hidden:,} more were counted.")
            return result.making
    with terminate_as_interrupt(), open_foreground() as library, shown_steps() as step:
        return library.make_thumbnails(step, on_failure=on_failure, jobs=jobs, whole=whole)


def _json(unmade: Unmade) -> None:
    print_json(finding_document(unmade))


def _line(unmade: Unmade) -> None:
    print_table(["", "", ""], [(unmade.lack.value, f"{unmade.datasource}: {unmade.key}", unmade.reason)])


def _print_made(made: Making) -> None:
    if not made.lacking:
        echo_detail("No thumbnails are missing.")
        return
    counts = [
        ("made", made.made),
        ("put back", made.put_back),
        *((lack.value, made.unmade.get(lack, 0)) for lack in Lack),
    ]
    summary = ", ".join(f"{count:,} {what}" for what, count in counts if count)
    echo_detail(f"{count_noun(made.lacking, 'thumbnail was', 'thumbnails were')} missing: {summary}.")


@app.command("clean")
def clean(
    *,
    hours: Annotated[
        int, typer.Option(min=0, max=87600, help="Keep thumbnails written within the last N hours.")
    ] = GRACE_HOURS,
    acknowledge: Annotated[
        int | None,
        typer.Option(metavar="COUNT", help="Number of thumbnails to remove; required if it is more than half of all."),
    ] = None,
    json: JSON = False,
) -> int:
    """Remove thumbnails that no asset uses, and merge sparse packs. Requires --acknowledge COUNT for more than half."""
    result = _clean(hours, acknowledge)
    if json:
        print_json(thumbnails_document(result))
    else:
        print_cleaned(result)
    if result.hold is not None:
        echo_error(
            f"Nothing was removed: {result.hold}. Check that this is the right library: mirrorlake thumbnails check. "
            f"To confirm: mirrorlake thumbnails clean --hours {hours} --acknowledge {result.left_over}"
        )
    return 0 if result.hold is None else 1


def _clean(hours: int, acknowledge: int | None) -> Cleaning:
    with open_server() as server:
        if server is not None:
            return job_result(server, server.jobs.clean_thumbnails(hours=hours, acknowledge=acknowledge), Cleaning)
    with terminate_as_interrupt(), open_foreground() as library, shown_steps() as step:
        return library.clean_thumbnails(step, hours=hours, acknowledged=acknowledge)


def print_cleaned(result: Cleaning) -> None:
    """Print the result of a cleanup for people."""
    if result.hold is None:
        echo_detail(f"{count_noun(result.removed, 'thumbnail')} removed, {bytes_text(result.removed_bytes)}.")
    if result.packed:
        echo_detail(f"{count_noun(result.packed, 'file')} moved into packs.")
    if result.repacked:
        echo_detail(f"{count_noun(result.repacked, 'pack')} merged or rewritten.")
    if result.remaining:
        echo_detail(f"{count_noun(result.remaining, 'more pack')} to rewrite.")
    for unreadable in result.unreadable:
        echo_error(f"This pack cannot be read, and was left as it is: {unreadable}")
    if result.young:
        echo_detail(f"{count_noun(result.young, 'recently written thumbnail')} kept.")


def install(parent: typer.Typer) -> None:
    """Add the commands."""
    parent.add_typer(app, name="thumbnails")
