"""How the command line speaks: JSON and results on standard output, everything else on standard error."""

from __future__ import annotations

import os
import sys
from collections.abc import Generator, Iterable, Mapping
from contextlib import contextmanager
from functools import cached_property
from importlib import import_module
from typing import TYPE_CHECKING, BinaryIO

import orjson

from mirrorlake.errors import MirrorlakeError

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

_BOLD_RED, _PLAIN = "\x1b[1;31m", "\x1b[0m"


class Screen:
    """A stream that people read. What draws on it is loaded at the first drawing: it costs more than a sentence."""

    def __init__(self, *, errors: bool = False) -> None:
        self._errors = errors

    @cached_property
    def console(self) -> Console:
        """What bars, tables and colours are drawn with."""
        return import_module("rich.console").Console(stderr=self._errors, highlight=False)

    @property
    def is_terminal(self) -> bool:
        """Whether somebody watches."""
        return (sys.stderr if self._errors else sys.stdout).isatty()

    def print(self, drawn: RenderableType, *, markup: bool = True, soft_wrap: bool = False, end: str = "\n") -> None:
        """Draw a text with markup, or a table."""
        self.console.print(drawn, markup=markup, soft_wrap=soft_wrap, end=end)


people = Screen(errors=True)
results = Screen()


def say_error(message: str) -> None:
    """One error, as it stands: carets keep their column, and markup in keys stays text."""
    coloured = people.is_terminal and "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb"
    sys.stderr.write(f"{_BOLD_RED}error:{_PLAIN} " if coloured else "error: ")
    say(message)


def say(message: str) -> None:
    """A sentence for a person that is not a result."""
    sys.stderr.write(_harmless(message, keep="\n\t") + "\n")
    sys.stderr.flush()


def _harmless(text: str, *, keep: str = "") -> str:
    """Keys come from buckets, and sentences quote them: their control characters must not reach a terminal."""
    return "".join(ch if ch.isprintable() or ch in keep else "\N{REPLACEMENT CHARACTER}" for ch in text)


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
    """A plain table for people. `right` holds the positions of columns of numbers; no column need have a name."""
    names = tuple(columns)
    table = import_module("rich.table").Table(box=None, pad_edge=False, header_style="bold", show_header=any(names))
    for position, column in enumerate(names):
        table.add_column(column, justify="right" if position in right else "left", overflow="fold")
    for row in rows:
        table.add_row(*(_cell(value) for value in row))
    results.print(table)


def _cell(value: object) -> str:
    # Nor must a "[red]" in a key be taken for markup.
    return "" if value is None else _harmless(str(value)).replace("[", "\\[")


def bytes_text(size: int) -> str:
    """A size for people, in powers of 1,000 as storage vendors count."""
    value = float(size)
    for unit in ("B", "kB", "MB", "GB"):
        if value < 1000:  # noqa: PLR2004
            return f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:.1f} TB"
