"""Assemble the commands, and turn every ending into one sentence and an exit code."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from mirrorlake.cli.commands.registry import ALIASES, COMMANDS, install_command
from mirrorlake.cli.output import echo, echo_error
from mirrorlake.core.errors import MirrorlakeError, UsageError

EXIT_FAILED = 1
EXIT_USAGE = 2
EXIT_CANCELLED = 130
HELP_WIDTH = 110  # columns at most, where the terminal has them


def _on_version(value: bool) -> None:  # noqa: FBT001  typer calls it with the flag's value
    if value:
        from importlib.metadata import version  # noqa: PLC0415  only --version needs it

        typer.echo(f"mirrorlake {version('mirrorlake')}")
        raise typer.Exit


def _options(
    *,
    version: Annotated[
        bool,
        typer.Option("--version", help="Say which version this is.", is_eager=True, callback=_on_version),
    ] = False,
) -> None:
    pass


def assemble(commands: Iterable[str] = COMMANDS) -> typer.Typer:
    """The command line with these commands."""
    app = _empty()
    for command in commands:
        install_command(command, app)
    return app


def _overview() -> typer.Typer:
    """The names of all commands and what each does, for `--help` and for a name that is none."""
    app = _empty()
    for command, summary in COMMANDS.items():
        app.command(command, short_help=summary)(_named)
    return app


def _named() -> None:
    """Stands for a command whose module was not imported."""


class _Group(TyperGroup):
    """All commands."""

    def invoke(self, ctx: Any) -> object:
        """Run the command that was called. Left to typer, Ctrl-C would end it without a word."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            raise typer.Abort from None


def _empty() -> typer.Typer:
    app = typer.Typer(
        cls=_Group,
        name="mirrorlake",
        help="A searchable library of images that stays in step with your cloud buckets.",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        add_completion=False,
        context_settings={"max_content_width": HELP_WIDTH},
        rich_markup_mode=None,  # plain help: drawing frames around it takes as long as all the rest
    )
    app.callback()(_options)
    return app


def run(arguments: list[str]) -> int:
    """Run one command and answer its exit code."""
    arguments = [*(ALIASES.get(word, word) for word in arguments[:1]), *arguments[1:]]
    called = [word for word in arguments[:1] if word in COMMANDS]
    try:
        app = assemble(called) if called else _overview()
        code = app(arguments, prog_name="mirrorlake", standalone_mode=False)
    except typer.TyperException as error:
        said = error.format_message()
        if said.startswith("Usage:"):  # a name without a command: typer raises the help, as a class it keeps to itself
            echo(said)
        else:
            echo_error(f"{said} (mirrorlake --help says more)")
        return error.exit_code
    except (KeyboardInterrupt, typer.Abort):
        echo_error("Stopped. All work that was committed is kept.")
        return EXIT_CANCELLED
    except MirrorlakeError as error:
        echo_error(str(error))
        return EXIT_USAGE if isinstance(error, UsageError) else EXIT_FAILED
    return code if isinstance(code, int) else 0
