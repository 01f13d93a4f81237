"""Pieces of SQL with their values, and the helpers that join them. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import LiteralString

from mirrorlake.search.nodes import Comparison, Pattern

Param = str | int | float | datetime | None

SYMBOLS: dict[Comparison, LiteralString] = {
    Comparison.EQ: "=",
    Comparison.NE: "<>",
    Comparison.LT: "<",
    Comparison.LE: "<=",
    Comparison.GT: ">",
    Comparison.GE: ">=",
}


@dataclass(frozen=True, slots=True)
class Sql:
    """A piece of SQL and the values of its `%s`, in order. The type of `text` proves that it contains no value."""

    text: LiteralString
    params: tuple[Param, ...] = ()


def join(word: LiteralString, parts: list[Sql]) -> Sql:
    """The parts in brackets, with this word between them."""
    text = word.join([part.text for part in parts])
    return Sql("(" + text + ")", tuple(param for part in parts for param in part.params))


def like(text: str) -> str:
    """Escape `text` for LIKE, so that every character is literal."""
    return re.sub(r"([\\%_])", r"\\\1", text)


def like_pattern(pattern: Pattern) -> str:
    """A pattern for LIKE."""
    return "%".join(like(piece) for piece in pattern.pieces)
