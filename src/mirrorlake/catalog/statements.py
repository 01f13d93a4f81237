"""SQL lives in `sql/*.sql`, each statement with a name and a sentence on what it does; here they are found by name.

A statement begins with `-- name: the_name`, then comment lines that describe it, then SQL up to the next name.
psycopg's placeholders are `%(name)s`; the statements that run through ADBC have `$1`, `$2`, ...
States, ops and results are written by name, as in `{known.missing}`; see `sql_names.py`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from importlib import resources

from mirrorlake.catalog.sql_names import replace_names

_NAME = re.compile(r"^-- name: ([a-z_]+)\n", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One SQL statement (or fragment of one), and what it is for."""

    name: str
    description: str
    text: str  # as ADBC takes it

    @property
    def query(self) -> bytes:
        """The statement as psycopg takes it: bytes, because it is no literal in our code."""
        return self.text.encode()


def parse(text: str, origin: str) -> list[Statement]:
    """The statements of one file. Raises ValueError where one lacks its description or SQL, or uses an unknown name."""
    pieces = _NAME.split(text)
    statements: list[Statement] = []
    for name, body in zip(pieces[1::2], pieces[2::2], strict=True):
        lines = body.strip().splitlines()
        comments = [line for line in lines if line.startswith("--")]
        sql = "\n".join(line for line in lines if not line.startswith("--")).strip().removesuffix(";")
        if not comments or not sql:
            raise ValueError(f"{origin}: statement {name} needs a description and SQL")
        statements.append(
            Statement(
                name=name,
                description=" ".join(line.removeprefix("--").strip() for line in comments),
                text=replace_names(sql),
            )
        )
    return statements


@cache
def all_statements() -> dict[str, Statement]:
    """Every statement by its name. Raises ValueError when two have the same."""
    found: dict[str, Statement] = {}
    for entry in sorted(resources.files("mirrorlake.catalog").joinpath("sql").iterdir(), key=lambda item: item.name):
        if not entry.name.endswith(".sql"):
            continue
        for statement in parse(entry.read_text("utf-8"), entry.name):
            if statement.name in found:
                raise ValueError(f"{entry.name}: a statement named {statement.name} exists already")
            found[statement.name] = statement
    return found


def statement(name: str) -> Statement:
    """The statement of this name."""
    return all_statements()[name]
