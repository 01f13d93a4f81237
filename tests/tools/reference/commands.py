"""The commands with their arguments and options, from the help texts of the command line."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import typer
import typer.main
from tests.tools.reference.markdown import anchor, code, table
from typer.core import TyperGroup

from mirrorlake.cli.main import assemble

PROGRAM = "mirrorlake"


def command_reference() -> str:
    """An overview of all commands, then a section for each of them."""
    root = typer.main.get_command(assemble())
    found = list(walk(root, typer.Context(root, info_name=PROGRAM)))
    rows = [
        (f"[`{context.command_path}`](#{anchor(context.command_path)})", paragraphs(command)[0])
        for command, context in found
    ]
    sections = [section(command, context) for command, context in found]
    return "\n\n".join([table(("Command", "Purpose"), rows), *sections, general_options(root)])


def walk(group: Any, context: typer.Context) -> Iterator[tuple[Any, typer.Context]]:
    """Every command below a group that does something by itself, with its context."""
    for name, command in sorted(group.commands.items()):
        here = typer.Context(command, info_name=name, parent=context)
        if isinstance(command, TyperGroup):
            yield from walk(command, here)
        else:
            yield command, here


def section(command: Any, context: typer.Context) -> str:
    """One command: what it does, its arguments, its options."""
    parts = [f"## {context.command_path}", f"```text\n{usage(command, context)}\n```", *paragraphs(command)]
    arguments, options = [], []
    for parameter in command.get_params(context):
        record = parameter.get_help_record(context)
        if record is not None and parameter.name != "help":
            (options if parameter.param_type_name == "option" else arguments).append(record)
    for title, records in (("Argument", arguments), ("Option", options)):
        if records:
            parts.append(table((title, "Meaning"), [(code(name), meaning) for name, meaning in records]))
    return "\n\n".join(parts)


def usage(command: Any, context: typer.Context) -> str:
    """The line that shows how a command is called."""
    return f"{context.command_path} {' '.join(command.collect_usage_pieces(context))}"


def paragraphs(command: Any) -> list[str]:
    """The help text of a command, each paragraph on one line."""
    return [" ".join(one.split()) for one in (command.help or "").split("\n\n") if one.strip()] or ["–"]


def general_options(root: Any) -> str:
    """The options of the program itself."""
    context = typer.Context(root, info_name=PROGRAM)
    records = [one.get_help_record(context) for one in root.get_params(context)]
    rows = [(code(name), meaning) for name, meaning in filter(None, records)]
    return f"## General options\n\n{table(('Option', 'Meaning'), rows)}"
