"""`mirrorlake project split|assign`: divide a project into train, valid and test."""

from __future__ import annotations

from typing import Annotated

import typer

from mirrorlake.cli.backend import open_foreground, open_server
from mirrorlake.cli.commands.project_details import JSON, NAME, print_splits, settings_text
from mirrorlake.cli.output import echo, echo_detail, print_json
from mirrorlake.cli.progress import shown_count
from mirrorlake.cli.server_job import job_result
from mirrorlake.core.errors import UsageError
from mirrorlake.core.text import count_noun
from mirrorlake.model.splits import BY_ASSET, Split, SplitAssignment, SplitOptions, SplitResult, SplitSettings

AUTOMATIC, NONE = "auto", "none"
PERCENT = Annotated[int | None, typer.Option(min=0, max=100, help="Percentage of groups. The three sum to 100.")]


def split(
    name: NAME,
    *,
    train: PERCENT = None,
    valid: PERCENT = None,
    test: PERCENT = None,
    by: Annotated[
        str | None,
        typer.Option(help="What makes a group, which is never divided: asset, content, folder or metadata.KEY."),
    ] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Another seed divides the groups differently.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the numbers, and change nothing.")] = False,
    json: JSON = False,
) -> None:
    """Divide a project into train, valid and test; without percentages, as before.

    An asset keeps its split when others are added. Splits that `project assign` chose stay.
    """
    options = SplitOptions(project=name, settings=_settings(train, valid, test, by, seed), dry_run=dry_run)
    _report(_run(options), json=json)


def _settings(
    train: int | None, valid: int | None, test: int | None, by: str | None, seed: int | None
) -> SplitSettings | None:
    if train is None and valid is None and test is None:
        if by is not None or seed is not None:
            raise UsageError("--by and --seed need percentages.", "Name --train, --valid and --test too.")
        return None
    return SplitSettings(train=train or 0, valid=valid or 0, test=test or 0, by=by or BY_ASSET, seed=seed or 0)


def assign(
    name: NAME,
    split: Annotated[
        str, typer.Argument(metavar="SPLIT", help="train, valid, test, none, or auto: as the project is divided.")
    ],
    asset_ids: Annotated[list[str] | None, typer.Argument(metavar="[ID…]", help="Ids of the assets.")] = None,
    *,
    query: Annotated[str | None, typer.Option(help="Assets of the project that match, instead of ids.")] = None,
    json: JSON = False,
) -> None:
    """Choose the split of assets of a project, whatever dividing it would choose."""
    if split not in (*Split, NONE, AUTOMATIC):
        raise UsageError(f"Unknown split: {split!r}.", f"Splits are {', '.join(Split)}, {NONE} and {AUTOMATIC}.")
    assignment = SplitAssignment(
        project=name,
        split=None if split in (NONE, AUTOMATIC) else Split(split),
        automatic=split == AUTOMATIC,
        assets=tuple(asset_ids or ()),
        query=query,
    )
    _report(_run(assignment), json=json)


def _run(order: SplitOptions | SplitAssignment) -> SplitResult:
    with open_server() as server:
        if server is not None:
            projects = server.projects
            job = projects.start_split(order) if isinstance(order, SplitOptions) else projects.start_assignment(order)
            return job_result(server, job, SplitResult)
    with open_foreground() as library, shown_count("Dividing assets") as done:
        return library.split(order, lambda _step, some, total: done(some, total))


def _report(result: SplitResult, *, json: bool) -> None:
    if json:
        print_json(result)
        return
    if result.settings is not None:
        echo_detail(f"  divided {settings_text(result.settings)}", head=result.project)
    print_splits(result.counts)
    moved = count_noun(result.moved, "asset")
    echo(f"{moved} would change the split. Nothing was changed." if result.dry_run else f"{moved} changed the split.")
    if result.ungrouped:
        echo(f"{count_noun(result.ungrouped, 'asset')} without the metadata key: each is a group of its own.")
    for note in result.notes:
        echo(note)


def install_splits(app: typer.Typer) -> None:
    """Add these commands."""
    app.command("split")(split)
    app.command("assign")(assign)
