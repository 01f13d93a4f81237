"""`mirrorlake thumbnails`: whether every asset has its thumbnail; make lost ones, and clear away what is left over."""

from __future__ import annotations

from typing import Annotated

import typer

from mirrorlake.cli.backend import open_acting
from mirrorlake.cli.output import bytes_text, echo_detail, echo_error, print_json, print_table
from mirrorlake.cli.progress import shown_steps
from mirrorlake.cli.report import terminate_as_interrupt
from mirrorlake.core.text import count_noun
from mirrorlake.model.thumbnails import Cleaning, Lack, Making, ThumbnailCheck, Unmade

GRACE_HOURS = 24  # a pass writes thumbnails a while before it commits their assets

JSON = Annotated[bool, typer.Option("--json", help="One JSON document.")]

app = typer.Typer(
    help="Check, rebuild and clean thumbnails.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@app.command("check")
def check(*, json: JSON = False) -> int:
    """Say how many assets lack their thumbnail, and how many files no asset uses. Changes nothing."""
    with open_acting() as library, shown_steps() as step:
        told = library.check_thumbnails(step)
    if json:
        print_json(told.as_json())
    else:
        _tell(told)
    return 0 if told.clean else 1


def _tell(told: ThumbnailCheck) -> None:
    used = f"{count_noun(told.thumbnails, 'thumbnail')} of {count_noun(told.assets, 'asset')}, {bytes_text(told.bytes)}"
    lack = f"{count_noun(told.lacking, 'asset lacks its', 'assets lack their')} thumbnail."
    echo_detail(f"{used}: {lack if told.lacking else 'none is lacking.'}")
    if told.damaged:
        echo_detail(f"{told.damaged:,} of them: a damaged file is there.")
    if told.misplaced:
        echo_detail(f"{told.misplaced:,} of them: it is in another folder, and need not be made again.")
    if told.to_read:
        echo_detail(f"To make the others, {bytes_text(told.to_read)} of originals have to be read.")
    if told.left_over:
        left = count_noun(told.left_over, "file belongs", "files belong")
        echo_detail(f"{left} to no asset, {bytes_text(told.left_over_bytes)}.")
    if told.unknown:
        echo_detail(f"{told.unknown:,} more in the folder: none of ours, and nothing touches it.")


@app.command("make")
def make(
    *,
    jobs: Annotated[
        int | None, typer.Option(min=1, help="Processes that look at images; one a core if left out.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="JSON Lines: what could not be made, then one summary.")] = False,
) -> int:
    """Make the thumbnails that are lacking, out of their objects. Changes nothing of the assets."""
    with terminate_as_interrupt(), open_acting() as library, shown_steps() as step:
        made = library.make_thumbnails(step, told=_json if json else _line, jobs=jobs)
    if json:
        print_json(made.as_json())
    else:
        _tell_made(made)
    for datasource, error in made.errors.items():
        echo_error(f"{datasource} was given up: {error}")
    return 0 if made.clean else 1


def _json(unmade: Unmade) -> None:
    print_json(unmade.as_json())


def _line(unmade: Unmade) -> None:
    print_table(["", "", ""], [(unmade.lack.value, f"{unmade.datasource}: {unmade.key}", unmade.reason)])


def _tell_made(made: Making) -> None:
    if not made.lacking:
        echo_detail("No thumbnail is lacking.")
        return
    counts = [
        ("made", made.made),
        ("put back", made.put_back),
        *((lack.value, made.unmade.get(lack, 0)) for lack in Lack),
    ]
    told = ", ".join(f"{count:,} {what}" for what, count in counts if count)
    echo_detail(f"{count_noun(made.lacking, 'asset')} lacked a thumbnail: {told}.")


@app.command("clean")
def clean(
    *,
    hours: Annotated[int, typer.Option(min=0, max=87600, help="What was written since stays.")] = GRACE_HOURS,
    acknowledge: Annotated[
        int | None, typer.Option(metavar="COUNT", help="How many files go, where this command asks for it.")
    ] = None,
    json: JSON = False,
) -> int:
    """Remove the files that no asset uses. Where more than half of all would go, does it only with --acknowledge."""
    with terminate_as_interrupt(), open_acting() as library, shown_steps() as step:
        told = library.clean_thumbnails(step, hours=hours, acknowledged=acknowledge)
    if json:
        print_json(told.as_json())
    else:
        tell_cleaned(told)
    if told.hold is not None:
        echo_error(
            f"Nothing was done: {told.hold}. Is it the right library? `mirrorlake thumbnails check` counts its assets. "
            f"If that is right: mirrorlake thumbnails clean --hours {hours} --acknowledge {told.left_over}"
        )
    return 0 if told.hold is None else 1


def tell_cleaned(told: Cleaning) -> None:
    """What a cleaning came to, for people."""
    if told.hold is None:
        echo_detail(f"{count_noun(told.removed, 'file')} removed, {bytes_text(told.removed_bytes)}.")
    if told.put_back:
        echo_detail(f"{count_noun(told.put_back, 'file')} put back: an asset uses what was put aside before.")
    if told.young:
        echo_detail(f"{count_noun(told.young, 'file stays', 'files stay')}: written too lately.")
    if told.waiting:
        files = count_noun(told.waiting, "file waits", "files wait")
        runs = ", ".join(f"run {run}" for run in told.waits_for)
        # Without any, those runs ended while this command was at work.
        then = f"the end of {runs}; run this command again then" if runs else "this command to be run again"
        echo_detail(f"{files} for {then}.")


def install(parent: typer.Typer) -> None:
    """Add the commands."""
    parent.add_typer(app, name="thumbnails")
