"""Every command, option, setting and query word stands in the documents."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import typer.main
from typer.core import TyperGroup

from mirrorlake.cli.main import build_command

ROOT = Path(__file__).parents[2]
CLI = (ROOT / "docs/cli.md").read_text()


def commands(group: TyperGroup, path: str) -> Iterator[tuple[str, list[str]]]:
    for name, command in group.commands.items():
        here = f"{path} {name}"
        if isinstance(command, TyperGroup):
            yield from commands(command, here)
        else:
            options = [word for param in command.params for word in param.opts if word.startswith("--")]
            yield here, [word for word in options if word != "--help"]


def test_every_command_and_option_is_documented() -> None:
    root = typer.main.get_command(build_command())
    assert isinstance(root, TyperGroup)
    for command, options in commands(root, "mirrorlake"):
        assert f"`{command}" in CLI, command
        for option in options:
            assert f"`{option}`" in CLI, f"{command} {option}"


def test_every_variable_of_the_environment_is_documented() -> None:
    named = set(re.findall(r"MIRRORLAKE_[A-Z_]+", (ROOT / "src/mirrorlake/core/settings.py").read_text()))
    assert named
    for name in named:
        assert f"`{name}`" in CLI, name
