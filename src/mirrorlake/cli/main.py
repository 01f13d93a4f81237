"""Assemble the commands, and turn every ending into one sentence and an exit code."""

from __future__ import annotations

import sys
from importlib.metadata import version
from typing import Annotated

import typer

from mirrorlake.cli import asset, datasource, mirror, runs, search, server
from mirrorlake.cli.output import say_error
from mirrorlake.errors import MirrorlakeError, UsageError

EXIT_FAILED = 1
EXIT_USAGE = 2
EXIT_CANCELLED = 130

app = typer.Typer(
    name="mirrorlake",
    help="A searchable library of images that stays in step with your cloud buckets.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
app.command("mirror")(mirror.mirror)
# A query may begin with "-" (it means NOT): what is no option of ours belongs to the query.
app.command("search", context_settings={"ignore_unknown_options": True})(search.search)
app.command("up")(server.up)
app.command("down")(server.down)
app.command("doctor")(server.doctor)
app.add_typer(runs.app, name="runs")
app.add_typer(asset.app, name="asset")
app.add_typer(datasource.app, name="datasource")


def _on_version(value: bool) -> None:  # noqa: FBT001  typer calls it with the flag's value
    if value:
        typer.echo(f"mirrorlake {version('mirrorlake')}")
        raise typer.Exit


@app.callback()
def _options(
    *,
    version: Annotated[
        bool,
        typer.Option("--version", help="Say which version this is.", is_eager=True, callback=_on_version),
    ] = False,
) -> None:
    pass


def main() -> None:
    """Entry point of the `mirrorlake` command."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run one command and answer its exit code."""
    try:
        code = app(arguments, standalone_mode=False)
    except typer.TyperException as error:
        error.show()
        return error.exit_code
    except (KeyboardInterrupt, typer.Abort):
        say_error("Stopped. All work that was committed is kept.")
        return EXIT_CANCELLED
    except UsageError as error:
        say_error(str(error))
        return EXIT_USAGE
    except MirrorlakeError as error:
        say_error(str(error))
        return EXIT_FAILED
    return code if isinstance(code, int) else 0
