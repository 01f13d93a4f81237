"""`mirrorlake project create|show|rename|describe|delete`: single projects."""

from __future__ import annotations

import shlex
from typing import Annotated

import typer

from mirrorlake.cli.backend import open_library
from mirrorlake.cli.exit_codes import USAGE
from mirrorlake.cli.options import JSON
from mirrorlake.cli.output import echo, echo_detail, print_json, print_table
from mirrorlake.core.text import count_noun
from mirrorlake.model.projects import ProjectDetail
from mirrorlake.model.splits import SplitCounts, SplitSettings

NAME = Annotated[str, typer.Argument(metavar="NAME", help="Name of the project.")]


def create(
    name: NAME,
    *,
    description: Annotated[str, typer.Option(help="What the project is for.")] = "",
    json: JSON = False,
) -> None:
    """Create a project without assets."""
    with open_library() as library:
        made = library.projects.create(name, description=description)
    if json:
        print_json(made)
    else:
        echo(f"Project {name} created. Add assets: mirrorlake project add {shlex.quote(name)} ID")


def show(name: NAME, *, json: JSON = False) -> None:
    """Show a project: its splits, classes and last snapshot."""
    with open_library() as library:
        found = library.projects.get(name)
    if json:
        print_json(found)
    else:
        _print(found)


def _print(found: ProjectDetail) -> None:
    by = f" by {found.created_by}" if found.created_by else ""
    made = f"created {found.created:%Y-%m-%d}{by}"
    echo_detail(f"  {count_noun(found.assets, 'asset')}, {made}", head=found.name)
    for text in _absent_texts(found):
        echo_detail(text)
    if found.description:
        echo_detail(found.description)
    if found.split is not None:
        echo_detail(f"divided {settings_text(found.split)}")
    parts = print_splits(found.splits)
    if found.classes is None:
        echo("Counting the annotations by class took too long. `mirrorlake labels stats` counts them.")
    elif found.classes:
        rows = ((name, *(counts.get(part, 0) for part in parts)) for name, counts in sorted(found.classes.items()))
        print_table(["class", *parts], rows, right=frozenset(range(1, len(parts) + 1)))
    if found.last_snapshot is not None:
        last = found.last_snapshot
        echo_detail(f"last snapshot {last.name}, {last.created:%Y-%m-%d %H:%M}, {count_noun(last.assets, 'asset')}")


def _absent_texts(found: ProjectDetail) -> list[str]:
    """What part of a project is missing or in the trash, and how to list it."""
    name = found.name.replace("\\", "\\\\").replace('"', '\\"')
    texts: list[str] = []
    if found.missing:
        missing = count_noun(found.missing, "asset")
        texts.append(f"{missing} missing from the bucket: search 'project:\"{name}\" state:missing'")
    if found.trashed:
        trashed = count_noun(found.trashed, "asset")
        texts.append(f"{trashed} in the trash: search 'project:\"{name}\" state:trash'")
    return texts


def settings_text(settings: SplitSettings) -> str:
    """The settings of splits in one line."""
    parts = f"{settings.train}/{settings.valid}/{settings.test} (train/valid/test)"
    return f"{parts} by {settings.by}, seed {settings.seed}"


def print_splits(counts: SplitCounts) -> list[str]:
    """Print the number of assets by split; return the splits that have any."""
    numbers = {part: getattr(counts, part) for part in ("train", "valid", "test", "none")}
    found = {part: number for part, number in numbers.items() if number}
    print_table(["split", "assets"], found.items(), right=frozenset({1}))
    return list(found)


def rename(name: NAME, new_name: Annotated[str, typer.Argument(metavar="NEW-NAME", help="New name.")]) -> None:
    """Rename a project. Its snapshots get the new name too."""
    with open_library() as library:
        library.projects.change(name, new_name=new_name)
        echo(f"Project {name} is now {new_name}.")


def describe(
    name: NAME, description: Annotated[str, typer.Argument(metavar="TEXT", help="What the project is for.")]
) -> None:
    """Set the description of a project."""
    with open_library() as library:
        library.projects.change(name, description=description)
        echo(f"Description of {name} saved.")


def delete(
    name: NAME,
    *,
    acknowledge: Annotated[
        int | None,
        typer.Option(
            min=0, help="Number of assets in it; must match the count printed by running without this option."
        ),
    ] = None,
    snapshots: Annotated[bool, typer.Option("--snapshots", help="Also delete its snapshots.")] = False,
) -> int:
    """Delete a project. Its assets stay in the library, no longer protected from removal by it."""
    with open_library() as library:
        if acknowledge is None:
            found = library.projects.get(name)
            kept = f" and {count_noun(found.snapshots, 'snapshot')}" if found.snapshots else ""
            option = " --snapshots" if found.snapshots else ""
            echo(f"Project {name} has {count_noun(found.assets, 'asset')}{kept}.")
            quoted = shlex.quote(name)
            echo(f"To delete it: mirrorlake project delete {quoted} --acknowledge {found.assets}{option}")
            return USAGE
        library.projects.delete(name, acknowledge=acknowledge, snapshots=snapshots)
        echo(f"Project {name} deleted.")
        return 0


def install_details(app: typer.Typer) -> None:
    """Add these commands."""
    for name, command in (("create", create), ("show", show), ("rename", rename), ("describe", describe)):
        app.command(name)(command)
    app.command("delete")(delete)
