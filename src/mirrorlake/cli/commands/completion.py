"""`mirrorlake completion`: print the script that makes a shell complete commands and options."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer


class Shell(StrEnum):
    """The shells that a script exists for."""

    BASH = "bash"
    ZSH = "zsh"
    FISH = "fish"


def completion(shell: Annotated[Shell, typer.Argument(help="Shell to print the script for.")]) -> None:
    """Print the completion script of a shell.

    bash: add `eval "$(mirrorlake completion bash)"` to ~/.bashrc.
    zsh: add `eval "$(mirrorlake completion zsh)"` to ~/.zshrc, after compinit.
    fish: run `mirrorlake completion fish > ~/.config/fish/completions/mirrorlake.fish`.
    """
    from typer.completion import (  # noqa: PLC0415  only this command needs it
        get_completion_script,  # pyright: ignore[reportPrivateImportUsage]  typer has no public name for it
    )

    from mirrorlake.cli.main import COMPLETION_VARIABLE, PROGRAM  # noqa: PLC0415  main imports the registry of commands

    typer.echo(get_completion_script(prog_name=PROGRAM, complete_var=COMPLETION_VARIABLE, shell=shell.value))


def install(app: typer.Typer) -> None:
    """Add the command."""
    app.command("completion")(completion)
