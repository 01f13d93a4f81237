"""Load named statements from `sql/*.sql`.

A statement begins with `-- name: the_name`, followed by comment lines that describe it, then SQL up to the next name.
psycopg's placeholders are `%(name)s`; statements that run through ADBC have `$1`, `$2`, ...
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
    """One SQL statement, or a fragment of one, and its purpose."""

    name: str
    description: str
    text: str  # as ADBC takes it

    @property
    def query(self) -> bytes:
        """The statement for psycopg: bytes, because it is not a literal in our code."""
        return self.text.encode()


def parse(text: str, origin: str) -> list[Statement]:
    """Parse the statements of one file. Raises ValueError if a description or SQL is missing."""
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
    """All statements by name. Raises ValueError if two have the same name."""
    found: dict[str, Statement] = {}
    for entry in sorted(resources.files("mirrorlake.catalog").joinpath("sql").iterdir(), key=lambda item: item.name):
        if not entry.name.endswith(".sql"):
            continue
        for statement in parse(entry.read_text("utf-8"), entry.name):
            if statement.name in found:
                raise ValueError(f"{entry.name}: a statement named {statement.name} already exists")
            found[statement.name] = statement
    return found


def statement(name: str) -> Statement:
    """The statement with this name."""
    return all_statements()[name]
