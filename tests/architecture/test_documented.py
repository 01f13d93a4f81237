"""Every command and option is in the reference of the command line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import typer.main
from typer.core import TyperGroup

from mirrorlake.cli.main import build_command

ROOT = Path(__file__).parents[2]
CLI = (ROOT / "docs/reference/cli.md").read_text()


def commands(group: TyperGroup, path: str) -> Iterator[tuple[str, list[str]]]:
    for name, command in group.commands.items():
        here = f"{path} {name}"
        if isinstance(command, TyperGroup):
            yield from commands(command, here)
        else:
            shown = [param for param in command.params if not getattr(param, "hidden", False)]
            options = [word for param in shown for word in param.opts if word.startswith("--")]
            yield here, [word for word in options if word != "--help"]


def test_every_command_and_option_is_documented() -> None:
    root = typer.main.get_command(build_command())
    assert isinstance(root, TyperGroup)
    for command, options in commands(root, "mirrorlake"):
        _, heading, section = CLI.partition(f"\n## {command}\n")
        assert heading, command
        section = section.partition("\n## ")[0]
        for option in options:
            assert re.search(rf"^\| `[^`]*{option}\b", section, re.MULTILINE), f"{command} {option}"
