"""`mirrorlake verify`: whether the library still says what its sources say."""

from __future__ import annotations

from typing import Annotated

import typer

from mirrorlake.cli.backend import open_acting
from mirrorlake.cli.output import echo_detail, echo_error, print_json, print_table
from mirrorlake.cli.progress import shown_count
from mirrorlake.core.errors import UsageError
from mirrorlake.core.text import count_noun
from mirrorlake.model.verification import DriftKind, Finding, Verification

SAMPLE = 500  # enough to see a drift of one in a hundred almost surely
MOST_SAMPLED = 100_000  # held in memory; more is what --all is for


def verify(
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", help="A datasource; all if left out.")] = None,
    *,
    sample: Annotated[
        int | None,
        typer.Option(min=1, max=MOST_SAMPLED, help="So many objects of each, at random.", show_default=str(SAMPLE)),
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="Every object that is remembered.")] = False,
    json: Annotated[bool, typer.Option("--json", help="JSON Lines: each finding, then one summary.")] = False,
) -> int:
    """Check the catalog against the source buckets (read-only)."""
    if everything and sample is not None:
        raise UsageError("--all and --sample exclude each other.", "Leave one of them out.")
    with open_acting() as library, shown_count("Verifying") as done:
        told = library.verify(
            name, sample=None if everything else sample or SAMPLE, found=_json if json else _line, done=done
        )
    if json:
        print_json(told.as_json())
    else:
        _summary(told)
    for datasource, error in told.errors.items():
        echo_error(f"{datasource} could not be verified: {error}")
    return 0 if told.clean else 1


def _json(finding: Finding) -> None:
    print_json(finding.as_json())


def _line(finding: Finding) -> None:
    print_table(["", "", ""], [(finding.drift.value, f"{finding.datasource}: {finding.key}", finding.reason)])


def _summary(told: Verification) -> None:
    if told.clean:
        echo_detail(
            f"{count_noun(told.verified, 'object')} verified; nothing disagrees with what the library remembers."
        )
        return
    counts = ", ".join(f"{told.drift.get(drift, 0):,} {drift.value}" for drift in DriftKind if told.drift.get(drift))
    echo_detail(f"{count_noun(told.verified, 'object')} verified: {counts or 'no drift'}.")
    if any(told.drift.get(drift) for drift in (DriftKind.GONE, DriftKind.CHANGED, DriftKind.BACK)):
        echo_detail("The next pass brings the library in step.")
    if told.drift.get(DriftKind.THUMBNAIL):
        echo_detail("mirrorlake thumbnails make makes lost thumbnails again.")


def install(app: typer.Typer) -> None:
    """Add the command."""
    app.command("verify")(verify)
