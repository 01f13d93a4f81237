"""Assemble the commands, and turn every result into one message and an exit code."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from mirrorlake.cli import exit_codes
from mirrorlake.cli.commands.registry import COMMANDS, SPELLINGS, install_command
from mirrorlake.cli.output import checked_standard_output, echo, echo_error
from mirrorlake.cli.query_command import WORKSPACE, WORKSPACE_HINT, query_hint
from mirrorlake.core.errors import MirrorlakeError, UsageError
from mirrorlake.core.settings import use_workspace

PROGRAM = "mirrorlake"
COMPLETION_VARIABLE = f"_{PROGRAM}_complete".upper()  # set by the completion script of a shell
HELP_WIDTH = 110  # maximum columns, if the terminal has as many
HELP_OPTIONS = ["-h", "--help"]
QUERY_COMMANDS = ("search", "facets", "duplicates")  # those of `add_query_command`
ACCESS_OPTIONS = ("--endpoint", "--region", "--profile", "--anonymous")  # of `mirror`
CONNECTION_HINT = (
    "This command takes the server and its credentials from a stored connection: mirrorlake connection add NAME "
    "--kind …, then --connection NAME."
)


def _on_version(value: bool) -> None:  # noqa: FBT001  typer calls it with the flag's value
    if value:
        from importlib.metadata import version  # noqa: PLC0415  only --version needs it

        typer.echo(f"mirrorlake {version('mirrorlake')}")
        raise typer.Exit


def _on_workspace(name: str | None) -> None:
    if name is not None:
        use_workspace(name)


def _options(
    *,
    version: Annotated[
        bool,
        typer.Option("--version", help="Show the version and exit.", is_eager=True, callback=_on_version),
    ] = False,
    workspace: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Use this workspace instead of that of the environment. Before the command.",
            callback=_on_workspace,
        ),
    ] = None,
) -> None:
    pass


def build_command(commands: Iterable[str] = COMMANDS) -> typer.Typer:
    """Build the command line with these commands."""
    app = _empty()
    for command in commands:
        install_command(command, app)
    return app


def _overview() -> typer.Typer:
    """The names and summaries of all commands, for `--help` and for an unknown command."""
    app = _empty()
    for command, summary in COMMANDS.items():
        app.command(command, short_help=summary)(_command_stub)
    return app


def _command_stub() -> None:
    """Placeholder for a command whose module is not imported."""


class _Group(TyperGroup):
    """All commands."""

    def invoke(self, ctx: Any) -> object:
        """Run the command. Typer itself would end on Ctrl-C without a message."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            raise typer.Abort from None


def _empty() -> typer.Typer:
    app = typer.Typer(
        cls=_Group,
        name="mirrorlake",
        help="Keep a searchable library of images in step with your cloud buckets.",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        add_completion=False,
        context_settings={"max_content_width": HELP_WIDTH, "help_option_names": HELP_OPTIONS},
        rich_markup_mode=None,  # plain help: drawing frames around it takes as long as everything else
    )
    app.callback()(_options)
    return app


def run(arguments: list[str]) -> int:
    """Run one command and return its exit code."""
    words = expand_arguments(arguments)
    try:
        code = _call(_app_for(_completed_words(words)), words)
    except typer.TyperException as error:
        return _explain_misuse(error)
    except (KeyboardInterrupt, typer.Abort):
        echo_error("Stopped. Committed work is kept.")
        return exit_codes.CANCELLED
    except MirrorlakeError as error:
        echo_error(str(error))
        return exit_codes.USAGE if isinstance(error, UsageError) else exit_codes.FAILED
    return code if isinstance(code, int) else 0


def _call(app: Callable[..., object], words: list[str]) -> object:
    """Run the command line. Raises UsageError for an argument that could not be encoded."""
    try:
        with checked_standard_output():
            return app(words, prog_name=PROGRAM, standalone_mode=False)
    except (UnicodeEncodeError, TypeError) as error:
        other = next((word for word in words if _is_refused(word, error)), None)
        if other is None:
            raise
        raise UsageError(f"{other!r} is not UTF-8.", "Use a name or path that is.") from error


def _is_refused(word: str, error: UnicodeEncodeError | TypeError) -> bool:
    """Whether this argument is not UTF-8 and could therefore not be encoded, as for a database or JSON.

    Python replaces its other bytes by lone surrogates.
    """
    lone = {character for character in word if "\ud800" <= character <= "\udfff"}
    if isinstance(error, UnicodeEncodeError):
        return not lone.isdisjoint(error.object[error.start : error.end])
    return bool(lone) and "surrogates not allowed" in str(error)  # orjson


def expand_arguments(arguments: list[str]) -> list[str]:
    """Return the arguments with `help COMMAND` as `COMMAND --help` and alternative spellings replaced."""
    words = list(arguments)
    asks_help = words[:1] == ["help"]
    if asks_help:
        words = words[1:]
    place = _place_of_command(words)
    if len(words) > place and words[place] in SPELLINGS:
        words[place] = SPELLINGS[words[place]]
    if words[place : place + 1] and words[place] in QUERY_COMMANDS and words[place + 1 : place + 2] == ["-h"]:
        words[place + 1] = "--help"  # only these have no -h, since their query may begin with "-"
    return [*words, "--help"] if asks_help else words


def _place_of_command(words: list[str]) -> int:
    """Where the command is: after the workspace, if one is named."""
    if words[:1] == [WORKSPACE]:
        return 2
    return 1 if words and words[0].startswith(f"{WORKSPACE}=") else 0


def _app_for(words: list[str]) -> typer.Typer:
    """The command line with the command in `words`; without one, the overview of all commands."""
    place = _place_of_command(words)
    called = [word for word in words[place : place + 1] if word in COMMANDS]
    return build_command(called) if called else _overview()


def _completed_words(words: list[str]) -> list[str]:
    """The words typed so far while a shell asks for completions, else `words`."""
    if COMPLETION_VARIABLE not in os.environ:
        return words
    from typer.completion import (  # noqa: PLC0415  only a shell that completes needs it
        completion_init,  # pyright: ignore[reportPrivateImportUsage]  typer has no public name for it
    )

    completion_init()
    return expand_arguments(os.environ.get("COMP_WORDS", os.environ.get("_TYPER_COMPLETE_ARGS", "")).split()[1:])


def _explain_misuse(error: typer.TyperException) -> int:
    message = error.format_message()
    if message.startswith("Usage:"):  # for a group without a command, typer raises its help
        echo(message)
        return error.exit_code
    echo_error(message)
    context = getattr(error, "ctx", None)  # of a usage error: the misused command
    if context is None:
        echo(f"Try '{PROGRAM} --help'.")
    else:
        if getattr(error, "option_name", None) == WORKSPACE:
            echo(WORKSPACE_HINT)
        if _wants_connection(error, context):
            echo(CONNECTION_HINT)
        hint = query_hint(message, getattr(error, "option_name", None), context)
        if hint is not None:
            echo(hint)
        echo(context.get_usage())
        echo(f"Try '{context.command_path} --help'.")
    return error.exit_code


def _wants_connection(error: typer.TyperException, context: typer.Context) -> bool:
    """Whether an option of `mirror` was given to a command that takes it from a connection."""
    known = {name for parameter in context.command.params for name in parameter.opts}
    return getattr(error, "option_name", None) in ACCESS_OPTIONS and "--connection" in known
