"""Assemble the commands, and turn every ending into one sentence and an exit code."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from importlib import import_module
from importlib.metadata import version
from typing import Annotated

import typer

from mirrorlake.cli.output import say_error
from mirrorlake.errors import MirrorlakeError, UsageError

EXIT_FAILED = 1
EXIT_USAGE = 2
EXIT_CANCELLED = 130

# Each command lives in a module with a function `install(app)`. Only the module of the command that was
# called is imported: the web server's libraries alone would add half a second to every search.
MODULES = {
    "mirror": "mirrorlake.cli.mirror",
    "search": "mirrorlake.cli.search",
    "asset": "mirrorlake.cli.asset",
    "tag": "mirrorlake.cli.tag",
    "metadata": "mirrorlake.cli.metadata",
    "datasource": "mirrorlake.cli.datasource",
    "project": "mirrorlake.cli.project",
    "runs": "mirrorlake.cli.runs",
    "up": "mirrorlake.cli.up",
    "down": "mirrorlake.cli.down",
    "doctor": "mirrorlake.cli.doctor",
}


def _on_version(value: bool) -> None:  # noqa: FBT001  typer calls it with the flag's value
    if value:
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


def assemble(commands: Iterable[str] = MODULES) -> typer.Typer:
    """The command line with these commands."""
    app = typer.Typer(
        name="mirrorlake",
        help="A searchable library of images that stays in step with your cloud buckets.",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        add_completion=False,
    )
    app.callback()(_options)
    for command in commands:
        import_module(MODULES[command]).install(app)
    return app


def main() -> None:
    """Entry point of the `mirrorlake` command."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run one command and answer its exit code."""
    called = [word for word in arguments[:1] if word in MODULES]
    try:
        code = assemble(called or MODULES)(arguments, prog_name="mirrorlake", standalone_mode=False)
    except typer.TyperException as error:
        say_error(f"{error.format_message()} (mirrorlake --help says more)")
        return error.exit_code
    except (KeyboardInterrupt, typer.Abort):
        say_error("Stopped. All work that was committed is kept.")
        return EXIT_CANCELLED
    except MirrorlakeError as error:
        say_error(str(error))
        return EXIT_USAGE if isinstance(error, UsageError) else EXIT_FAILED
    return code if isinstance(code, int) else 0
