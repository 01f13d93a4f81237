"""`mirrorlake thumbnails`: whether every asset has its thumbnail."""

from __future__ import annotations

from typing import Annotated

import typer

from mirrorlake.cli.output import bytes_text, print_json, results
from mirrorlake.cli.progress import shown_steps
from mirrorlake.cli.reader import open_acting
from mirrorlake.model.thumbnails import ThumbnailCheck

JSON = Annotated[bool, typer.Option("--json", help="One JSON document.")]

app = typer.Typer(
    help="Look after thumbnails: find those that are lost, and files that no asset uses.",
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
    used = f"{told.thumbnails:,} thumbnails of {told.assets:,} assets, {bytes_text(told.bytes)}"
    results.print(f"{used}: {f'{told.lacking:,} assets lack theirs.' if told.lacking else 'none is lacking.'}")
    if told.damaged:
        results.print(f"{told.damaged:,} of them have a damaged one.")
    if told.misplaced:
        results.print(f"{told.misplaced:,} of them have one in the wrong folder, which need not be made again.")
    if told.lacking:
        results.print(f"To make the others, {bytes_text(told.to_read)} of originals have to be read.")
    if told.left_over:
        results.print(f"{told.left_over:,} files belong to no asset, {bytes_text(told.left_over_bytes)}.")
    if told.unknown:
        results.print(f"{told.unknown:,} entries of the folder are none of ours; nothing touches them.")


def install(parent: typer.Typer) -> None:
    """Add the commands."""
    parent.add_typer(app, name="thumbnails")
