"""`mirrorlake backup` and `mirrorlake restore`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mirrorlake.cli.documents import backup_document, restoration_document
from mirrorlake.cli.options import JSON
from mirrorlake.cli.output import echo_detail, print_json
from mirrorlake.cli.progress import shown_steps
from mirrorlake.cli.report import terminate_as_interrupt
from mirrorlake.core.settings import read_local_settings
from mirrorlake.core.text import bytes_text, count_noun
from mirrorlake.model.backups import Backup, Restoration
from mirrorlake.services.backup import back_up
from mirrorlake.services.backup import restore as restore_library
from mirrorlake.services.callers import local_user


def backup(
    path: Annotated[Path, typer.Argument(metavar="FILE", help="File to write.")],
    *,
    thumbnails: Annotated[
        bool, typer.Option("--thumbnails/--no-thumbnails", help="Include the thumbnails.", show_default=True)
    ] = True,
    force: Annotated[bool, typer.Option("--force", help="Replace the file if it exists.")] = False,
    only: Annotated[
        str | None,
        typer.Option("--only", metavar="NAME", help="Back up this workspace alone, without members and keys."),
    ] = None,
    json: JSON = False,
) -> int:
    """Back up the library into one file: all workspaces, members and keys. Nothing has to be stopped."""
    with terminate_as_interrupt(), shown_steps() as step:
        made = back_up(read_local_settings(), local_user(), path, step, thumbnails=thumbnails, force=force, only=only)
    if json:
        print_json(backup_document(made))
    else:
        _print_backup(made)
    return 0


def _print_backup(made: Backup) -> None:
    echo_detail(f"{_content(made)} backed up in {made.seconds:.1f} s: {made.path}, {bytes_text(made.bytes)}.")
    if made.missing:
        echo_detail(
            f"{count_noun(made.missing, 'thumbnail is', 'thumbnails are')} missing in the library."
            " To rebuild them: mirrorlake thumbnails make"
        )


def restore(
    path: Annotated[Path, typer.Argument(metavar="FILE", help="File that `mirrorlake backup` wrote.")],
    *,
    only: Annotated[
        str | None,
        typer.Option(
            "--only", metavar="NAME", help="Restore this workspace alone, as `default`, without members and keys."
        ),
    ] = None,
    json: JSON = False,
) -> int:
    """Restore a backup into an empty library."""
    with terminate_as_interrupt(), shown_steps() as step:
        done = restore_library(read_local_settings(), local_user(), path, step, only=only)
    if json:
        print_json(restoration_document(done))
    else:
        _print_restoration(done)
    return 0


def _print_restoration(done: Restoration) -> None:
    echo_detail(f"{_content(done)} restored in {done.seconds:.1f} s, as of {done.created:%Y-%m-%d %H:%M:%S} UTC.")
    if done.migrated:
        echo_detail(f"The schema of the backup was migrated: {count_noun(done.migrated, 'step')}.")
    if done.interrupted or done.cancelled:
        echo_detail(
            f"Jobs of the time of the backup: {done.interrupted:,} running (now failed),"
            f" {done.cancelled:,} queued (now cancelled). Request them again if they are still needed."
        )
    if done.thumbnails is None:
        echo_detail("The backup contains no thumbnails. To find those that are missing: mirrorlake thumbnails check")


def _content(report: Backup | Restoration) -> str:
    parts = [count_noun(report.assets, "asset")]
    if len(report.workspaces) > 1:
        parts[0] += f" of {count_noun(len(report.workspaces), 'workspace')}"
    if report.thumbnails is not None:
        parts.append(count_noun(report.thumbnails, "thumbnail"))
    if report.members:
        parts.append(count_noun(report.members, "member"))
    return f"{', '.join(parts[:-1])} and {parts[-1]}" if len(parts) > 1 else parts[0]


def install_backup(app: typer.Typer) -> None:
    """Add `backup`."""
    app.command("backup")(backup)


def install_restore(app: typer.Typer) -> None:
    """Add `restore`."""
    app.command("restore")(restore)
