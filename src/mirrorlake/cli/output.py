"""How the command line speaks: JSON and results on standard output, everything else on standard error."""

from __future__ import annotations

import os
import sys
from collections.abc import Generator, Iterable, Mapping
from contextlib import contextmanager
from typing import BinaryIO

import orjson
from rich.console import Console
from rich.table import Table

from mirrorlake.errors import MirrorlakeError

people = Console(stderr=True, highlight=False)
results = Console(highlight=False)


def say_error(message: str) -> None:
    """One error, as it stands: carets keep their column, and markup in keys stays text."""
    people.print("error:", style="bold red", end=" ")
    people.print(message, markup=False, soft_wrap=True)


def say(message: str) -> None:
    """A sentence for a person that is not a result."""
    people.print(message, markup=False, soft_wrap=True)


# JSON may hold these bare, but many tools take them for the end of a line; keys hold anything.
_LINE_ENDS = {char.encode(): f"\\u{ord(char):04x}".encode() for char in "\x85\u2028\u2029"}


def _line(document: Mapping[str, object]) -> bytes:
    text = orjson.dumps(document)
    for char, escaped in _LINE_ENDS.items():
        text = text.replace(char, escaped)
    return text + b"\n"


def print_json(document: Mapping[str, object]) -> None:
    """One JSON document on a line of its own."""
    print_json_lines([document])


def print_json_lines(documents: Iterable[Mapping[str, object]]) -> None:
    """JSON Lines, each written as soon as it is known."""
    for document in documents:
        line = _line(document)
        with _standard_output() as out:
            out.write(line)
    with _standard_output() as out:
        out.flush()


@contextmanager
def _standard_output() -> Generator[BinaryIO]:
    try:
        yield sys.stdout.buffer
    except BrokenPipeError:
        raise  # whoever read has seen enough
    except OSError as error:
        # Python would try once more at its end, and complain in its own words.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise MirrorlakeError(
            f"The result cannot be written to standard output: {error.strerror or error}.",
            "Make room where it goes, or send it elsewhere.",
        ) from error


def print_table(
    columns: Iterable[str], rows: Iterable[Iterable[object]], *, right: frozenset[int] = frozenset()
) -> None:
    """A plain table for people. `right` holds the positions of columns of numbers."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for position, column in enumerate(columns):
        table.add_column(column, justify="right" if position in right else "left", overflow="fold")
    for row in rows:
        table.add_row(*(_cell(value) for value in row))
    results.print(table)


def _cell(value: object) -> str:
    # Keys come from buckets: control characters must not reach a terminal, nor "[red]" the markup.
    text = "" if value is None else str(value)
    return "".join(ch if ch.isprintable() else "\N{REPLACEMENT CHARACTER}" for ch in text).replace("[", "\\[")


def bytes_text(size: int) -> str:
    """A size for people, in powers of 1,000 as storage vendors count."""
    value = float(size)
    for unit in ("B", "kB", "MB", "GB"):
        if value < 1000:  # noqa: PLR2004
            return f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:.1f} TB"
