"""Commands whose argument is a query, which may begin with a minus sign: that negates its first term."""

from __future__ import annotations

from collections.abc import Callable
from itertools import takewhile
from typing import Any

import typer
from typer.core import TyperCommand

from mirrorlake.core.errors import UsageError

ARGUMENT = "query"
WORKSPACE = "--workspace"
WORKSPACE_HINT = f"Write {WORKSPACE} before the command: mirrorlake {WORKSPACE} NAME …"


class _QueryCommand(TyperCommand):
    """Takes an unknown option for the query if it begins with one minus sign. Two are a mistyped option."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        known = {name for parameter in self.get_params(ctx) for name in (*parameter.opts, *parameter.secondary_opts)}
        for word in takewhile(lambda word: word != "--", args):
            name = word.partition("=")[0]
            if name.startswith("--") and name not in known and not ctx.resilient_parsing:
                fix = f"Try '{ctx.command_path} --help'."
                raise UsageError(f"No such option: {name}.", WORKSPACE_HINT if name == WORKSPACE else fix)
        return super().parse_args(ctx, args)


def add_query_command(app: typer.Typer, name: str, command: Callable[..., None]) -> None:
    """Add a command with a query. It has no `-h`, which would be found in a query such as `-height>100`."""
    settings = {"ignore_unknown_options": True, "help_option_names": ["--help"]}
    app.command(name, cls=_QueryCommand, context_settings=settings)(command)


def query_hint(message: str, option: str | None, context: typer.Context) -> str | None:
    """How to write the query of a misused command that has one; None if the mistake is another one."""
    arguments = [one.name for one in context.command.params if one.param_type_name == "argument"]
    if ARGUMENT not in arguments:
        return None
    if message.startswith("Got unexpected extra argument"):
        return "The query is one argument: put quotes around it, as in 'forklift width>600'."
    if option is not None and option.startswith("-") and not option.startswith("--"):
        return f"A query that begins with a minus sign comes last, after --: {context.command_path} … -- '-tag:done'"
    return None
