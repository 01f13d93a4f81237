"""`mirrorlake function`: own functions, which workers call for assets and runs."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from mirrorlake.cli.backend import open_library
from mirrorlake.cli.formatting import moment
from mirrorlake.cli.options import JSON
from mirrorlake.cli.output import echo, print_json, print_json_lines, print_table
from mirrorlake.core.errors import UsageError
from mirrorlake.model.functions import (
    DEFAULT_ATTEMPTS,
    DEFAULT_MEMORY_MB,
    DEFAULT_TIMEOUT_S,
    Function,
    FunctionEvent,
    FunctionFailure,
    NewFunction,
    Repeat,
)
from mirrorlake.model.jobs import DEFAULT_POOL, Job

app = typer.Typer(
    help="Manage own functions: Python or webhooks that are called for assets and runs.", no_args_is_help=True
)

NAME = Annotated[str, typer.Argument(metavar="NAME", help="Name of the function.")]


@app.command("add")
def add(
    name: NAME,
    target: Annotated[
        str, typer.Argument(metavar="FILE:CALLABLE|URL", help="A file in Python and a function in it, or an address.")
    ],
    *,
    on: Annotated[
        list[FunctionEvent] | None,
        typer.Option("--on", help="What it is called for; repeatable.", show_default="asset.created"),
    ] = None,
    query: Annotated[str, typer.Option(help="Call it for the assets of this query.", show_default="all")] = "",
    repeat: Annotated[Repeat, typer.Option(help="How often it is called for one asset.")] = Repeat.ALWAYS,
    pool: Annotated[str, typer.Option(metavar="NAME", help="The workers that call it.")] = DEFAULT_POOL,
    timeout: Annotated[int, typer.Option(metavar="SECONDS", help="The longest time of one call.")] = DEFAULT_TIMEOUT_S,
    memory: Annotated[
        int,
        typer.Option(
            metavar="MB",
            help="The most memory of a process that calls it, as address space. 0: no limit, which a GPU needs.",
        ),
    ] = DEFAULT_MEMORY_MB,
    attempts: Annotated[int, typer.Option(help="Calls for the same before it has failed.")] = DEFAULT_ATTEMPTS,
    replace: Annotated[bool, typer.Option("--replace", help="Give an existing function this file.")] = False,
    json: JSON = False,
) -> None:
    """Add a function. It is called for all existing assets of its query too, unless only changes are named.

    The text of a file is stored in the library, so that every worker of the pool has it.
    """
    source, entry = (None, None) if _is_url(target) else read_source(target)
    with open_library() as library:
        if replace:
            if source is None or entry is None:
                raise UsageError("Only a file can be replaced.", "Delete the function and add it again.")
            found = library.functions.replace_source(name, source, entry)
        else:
            new = NewFunction(
                name=name,
                url=target if source is None else None,
                source=source,
                entry=entry,
                events=tuple(dict.fromkeys(on or (FunctionEvent.CREATED,))),
                query=query,
                repeat=repeat,
                pool=pool,
                timeout_s=timeout,
                memory_mb=memory,
                attempts=attempts,
            )
            found = library.functions.add(new)
    if json:
        print_json(found)
        return
    _print(found)
    if found.secret is not None:
        echo("Store the secret now: it is not shown again.")


@app.command("list")
def list_(*, json: JSON = False) -> None:
    """List all functions with the numbers of their calls."""
    with open_library() as library:
        found = library.functions.list()
    if json:
        print_json_lines(found)
    elif not found:
        echo("No functions yet. Add one: mirrorlake function add NAME FILE:CALLABLE")
    else:
        print_table(
            ["name", "on", "query", "pool", "state", "waiting", "done", "failed"],
            (
                (one.name, ", ".join(one.events), one.query, one.pool, _state(one), one.waiting, one.done, one.failed)
                for one in found
            ),
            right=frozenset({5, 6, 7}),
        )


@app.command("show")
def show(name: NAME, *, json: JSON = False) -> None:
    """Show a function."""
    with open_library() as library:
        found = library.functions.get(name)
    if json:
        print_json(found)
    else:
        _print(found)


@app.command("failures")
def failures(
    name: NAME,
    *,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="Show at most this many.")] = 100,
    json: JSON = False,
) -> None:
    """Show the calls of a function that failed, or that wait for another attempt, with the reason of each."""
    with open_library() as library:
        found = library.functions.failures(name, limit=limit)
    if json:
        print_json_lines(found)
    elif not found:
        echo("No call failed.")
    else:
        print_failures(found)


@app.command("retry")
def retry(name: NAME, *, json: JSON = False) -> None:
    """Queue another attempt for every call of a function that failed."""
    with open_library() as library:
        job = library.functions.call(name, failed=True)
    if json:
        print_json(job)
    else:
        print_queued(job)


@app.command("pause")
def pause(name: NAME, *, json: JSON = False) -> None:
    """Call a function no more. What happens meanwhile is caught up on when it is resumed."""
    with open_library() as library:
        found = library.functions.pause(name)
    if json:
        print_json(found)
    else:
        echo(f"The function {name} is paused. To call it again: mirrorlake function resume {shlex.quote(name)}")


@app.command("resume")
def resume(name: NAME, *, json: JSON = False) -> None:
    """Call a paused function again, also for what happened meanwhile."""
    with open_library() as library:
        found = library.functions.resume(name)
    if json:
        print_json(found)
    else:
        echo(f"The function {name} is called again.")


@app.command("delete")
def delete(name: NAME) -> None:
    """Delete a function. What it changed stays."""
    with open_library() as library:
        library.functions.delete(name)
    echo(f"The function {name} was deleted.")


def read_source(target: str) -> tuple[str, str]:
    """The text of FILE:CALLABLE and the name of the callable. Raises UsageError."""
    file, colon, entry = target.rpartition(":")
    if not colon or not file or not entry.isidentifier():
        raise UsageError(
            f"{target!r} is neither an address nor FILE:CALLABLE.", "Write, for example, sharpness.py:measure."
        )
    try:
        return Path(file).read_text("utf-8"), entry
    except (OSError, UnicodeError) as error:
        raise UsageError(f"The file {file} cannot be read: {error}.") from error


def print_queued(job: Job) -> None:
    """Report which job was queued, and what it waits for."""
    waits = "" if job.waiting is None else f": {job.waiting.reason}"
    echo(f"Job {job.id} is queued{waits}. To watch it: mirrorlake jobs wait {job.id}")


def print_failures(found: Sequence[FunctionFailure]) -> None:
    """A table of failures."""
    print_table(
        ["asset", "key", "event", "state", "attempts", "next attempt", "error"],
        (
            (
                one.asset if one.run is None else f"run {one.run}",
                one.key,
                one.event.value,
                one.state.value,
                one.attempts,
                one.next_attempt and moment(one.next_attempt),
                one.error,
            )
            for one in found
        ),
        right=frozenset({4}),
    )


def _is_url(target: str) -> bool:
    return target.startswith(("http://", "https://"))


def _state(found: Function) -> str:
    if found.problem is not None:
        return "unusable"
    return "paused" if found.paused else "active"


def _print(found: Function) -> None:
    rows: list[tuple[str, object]] = [
        ("name", found.name),
        ("kind", found.kind.value),
        ("callable", found.entry),
        ("digest", found.digest),
        ("url", found.url),
        ("on", ", ".join(found.events)),
        ("query", found.query or None),
        ("repeat", found.repeat.value),
        ("pool", found.pool),
        ("time limit", f"{found.timeout_s} s"),
        ("memory limit", None if found.entry is None else f"{found.memory_mb} MB" if found.memory_mb else "none"),
        ("attempts", found.attempts),
        ("state", _state(found)),
        ("problem", found.problem),
        ("waiting", found.waiting),
        ("done", found.done),
        ("failed", found.failed),
        ("secret", found.secret),
    ]
    print_table(["", ""], [row for row in rows if row[1] is not None])


def install(parent: typer.Typer) -> None:
    """Add these commands."""
    parent.add_typer(app, name="function")
