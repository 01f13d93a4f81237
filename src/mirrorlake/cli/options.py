"""Options that many commands have."""

from __future__ import annotations

from typing import Annotated

import typer

JSON = Annotated[bool, typer.Option("--json", help="Print JSON on standard output.")]
ASSETS = Annotated[
    list[str] | None,
    typer.Option("--asset", metavar="ID", help="Only the asset with this id, instead of a query. Repeatable."),
]
JSON_LINES = Annotated[bool, typer.Option("--json", help="Output JSON Lines.")]
