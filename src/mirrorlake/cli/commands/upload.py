"""`mirrorlake upload`: make assets of files of this machine."""

from __future__ import annotations

import time
from collections.abc import Generator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Annotated, BinaryIO

import typer

from mirrorlake.cli.backend import open_foreground, open_server
from mirrorlake.cli.options import JSON_LINES
from mirrorlake.cli.output import echo, echo_error, print_json_lines, print_table
from mirrorlake.core.errors import UsageError
from mirrorlake.core.text import count_noun
from mirrorlake.model.edits import Edit
from mirrorlake.model.splits import Split
from mirrorlake.model.uploads import MAX_FILES, Upload, UploadOptions, UploadState
from mirrorlake.select.edits import check_edit, parse_assignment
from mirrorlake.services.waiting import pauses


def upload(
    paths: Annotated[list[Path], typer.Argument(metavar="PATH…", help="Files of this machine.")],
    *,
    datasource: Annotated[
        str | None, typer.Option(help="Datasource whose connection may write; by default the library's own folder.")
    ] = None,
    metadata: Annotated[
        list[str] | None, typer.Option("--metadata", metavar="KEY=VALUE", help="Metadata to set.")
    ] = None,
    tag: Annotated[list[str] | None, typer.Option("--tag", help="Tag to add.")] = None,
    project: Annotated[list[str] | None, typer.Option("--project", help="Project to add the assets to.")] = None,
    split: Annotated[Split | None, typer.Option(help="Split of the assets in these projects.")] = None,
    json: JSON_LINES = False,
) -> int:
    """Upload files as new assets, with metadata, tags, projects and a split. Equal bytes are named."""
    edit = check_edit(
        Edit(
            metadata=dict(parse_assignment(word) for word in metadata or ()),
            add_tags=tuple(tag or ()),
            add_projects=tuple(project or ()),
        )
    )
    options = UploadOptions(datasource=datasource, edit=edit, split=split)
    found: list[Upload] = []
    for start in range(0, len(paths), MAX_FILES):
        with _opened(paths[start : start + MAX_FILES]) as files:
            found += _upload(files, options)
    if json:
        print_json_lines(found)
    else:
        print_table(["id", "name", "key", "same bytes as"], (_row(one) for one in found))
    for one in found:
        if one.error is not None:
            echo_error(f"{one.name}: {one.error}")
    imported = sum(one.state is UploadState.IMPORTED for one in found)
    echo(f"{count_noun(imported, 'file')} of {len(found):,} imported.")
    return 0 if imported == len(found) else 1


def _upload(files: Sequence[tuple[str, BinaryIO]], options: UploadOptions) -> list[Upload]:
    with open_server() as server:
        if server is not None:
            made = list(server.assets.upload_files(files, options))
            for pause in pauses():
                if all(one.state is not UploadState.WAITING for one in made):
                    break
                time.sleep(pause)
                made = [server.assets.get_upload(one.id) for one in made]
            return made
    with open_foreground() as library:
        return list(library.upload(files, options))


@contextmanager
def _opened(paths: Sequence[Path]) -> Generator[list[tuple[str, BinaryIO]]]:
    with ExitStack() as stack:
        files: list[tuple[str, BinaryIO]] = []
        for path in paths:
            try:
                files.append((path.name, stack.enter_context(path.open("rb"))))
            except OSError as error:
                raise UsageError(f"{path} cannot be read: {error.strerror}.", "Name files of this machine.") from error
        yield files


def _row(one: Upload) -> tuple[object, ...]:
    return one.asset or "", one.name, one.key, ", ".join(one.duplicates)


def install(parent: typer.Typer) -> None:
    """Add this command."""
    parent.command("upload")(upload)
