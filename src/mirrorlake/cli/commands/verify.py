"""`mirrorlake verify`: check the catalog against the source buckets."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

import typer

from mirrorlake.cli.backend import open_foreground, open_server
from mirrorlake.cli.documents import finding_document, verification_document
from mirrorlake.cli.output import echo, echo_detail, echo_error, print_json, print_table
from mirrorlake.cli.progress import shown_count
from mirrorlake.cli.server_job import job_result
from mirrorlake.core.errors import UsageError
from mirrorlake.core.text import count_noun
from mirrorlake.model.verification import DriftKind, Finding, Verification, VerifyResult

SAMPLE = 500  # finds a drift of one in a hundred almost surely
MAX_SAMPLE = 100_000  # held in memory; --all checks more


def verify(
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", help="Name of a datasource; all if omitted.")] = None,
    *,
    sample: Annotated[
        int | None,
        typer.Option(min=1, max=MAX_SAMPLE, help="Check this many random objects of each.", show_default=str(SAMPLE)),
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="Check every object in the catalog.")] = False,
    content: Annotated[
        bool, typer.Option("--content", help="Also read the objects and compare their bytes with the stored digests.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Output JSON Lines: each finding, then one summary.")] = False,
) -> int:
    """Check the catalog against the source buckets (read-only)."""
    if everything and sample is not None:
        raise UsageError("--all and --sample cannot be combined.", "Omit one of them.")
    result = _verification(name, None if everything else sample or SAMPLE, _json if json else _line, content=content)
    if json:
        print_json(verification_document(result))
    else:
        _summary(result)
    for datasource, error in result.errors.items():
        echo_error(f"{datasource} could not be verified: {error}")
    return 0 if result.clean else 1


def _verification(
    name: str | None, sample: int | None, found: Callable[[Finding], None], *, content: bool
) -> Verification:
    with open_server() as server:
        if server is not None:
            result = job_result(server, server.jobs.verify(name, sample=sample, content=content), VerifyResult)
            for finding in result.findings:
                found(finding)
            hidden = sum(result.verification.drift.values()) - len(result.findings)
            if hidden:
                echo(f"A job keeps the first {len(result.findings):,} differences; {hidden:,} more were counted.")
            return result.verification
    with open_foreground() as library, shown_count("Verifying") as done:
        return library.verify(name, sample=sample, content=content, found=found, done=done)


def _json(finding: Finding) -> None:
    print_json(finding_document(finding))


def _line(finding: Finding) -> None:
    print_table(["", "", ""], [(finding.drift.value, f"{finding.datasource}: {finding.key}", finding.reason)])


def _summary(result: Verification) -> None:
    if result.clean:
        echo_detail(f"{count_noun(result.verified, 'object')} verified; no differences from the catalog.")
        return
    counts = ", ".join(
        f"{result.drift.get(drift, 0):,} {drift.value}" for drift in DriftKind if result.drift.get(drift)
    )
    echo_detail(f"{count_noun(result.verified, 'object')} verified: {counts or 'no drift'}.")
    for name in result.damaged_snapshots:
        echo_detail(f"Snapshot {name} is damaged: restore a backup of the library, or delete it.")
    if any(result.drift.get(drift) for drift in (DriftKind.GONE, DriftKind.CHANGED, DriftKind.BACK)):
        echo_detail("The next run updates the catalog.")
    if result.drift.get(DriftKind.CONTENT):
        echo_detail("Runs do not notice other bytes under the same token. Touch such files, or upload them again.")
    if result.drift.get(DriftKind.THUMBNAIL):
        echo_detail("To rebuild missing thumbnails: mirrorlake thumbnails make")


def install(app: typer.Typer) -> None:
    """Add the command."""
    app.command("verify")(verify)
