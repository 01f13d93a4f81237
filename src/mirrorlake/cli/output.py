"""Output of the command line: JSON and results on standard output, everything else on standard error."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING, Any, BinaryIO, TextIO, cast

import orjson

from mirrorlake.core.errors import MirrorlakeError

if TYPE_CHECKING:
    from rich.console import Console

COLUMN_GAP = "  "  # columns of a table that is not shown on a terminal


class Style(StrEnum):
    """Styles of words on a terminal, as escape sequences."""

    BOLD = "1"
    BOLD_RED = "1;31"
    GREEN = "32"
    RED = "31"


class Screen:
    """A stream that people read. Its console is created on first use, because it costs more than a line of text."""

    def __init__(self, *, errors: bool = False) -> None:
        self._errors = errors

    @cached_property
    def console(self) -> Console:
        """The console that draws bars and tables on a terminal."""
        from rich.console import Console  # noqa: PLC0415  rich costs 0.1 s that plain output need not spend

        return Console(stderr=self._errors, highlight=False)

    @property
    def is_terminal(self) -> bool:
        """Whether the stream is a terminal."""
        return (sys.stderr if self._errors else sys.stdout).isatty()

    def styled(self, text: str, style: Style) -> str:
        """The text in this style if the stream is a terminal with colours, else unchanged."""
        plain = not self.is_terminal or "NO_COLOR" in os.environ or os.environ.get("TERM") == "dumb"
        return text if plain else f"\x1b[{style.value}m{text}\x1b[0m"


people = Screen(errors=True)
results = Screen()


def echo_error(message: str) -> None:
    """Print an error unchanged: carets keep their column, and markup in keys stays text."""
    echo(message, head=people.styled("error: ", Style.BOLD_RED))


def echo(message: str, *, head: str = "") -> None:
    """Print a message that is not a result, after `head`, which may be styled."""
    sys.stderr.write(f"{head}{_escape_controls(message, keep=chr(10) + chr(9))}\n")
    sys.stderr.flush()


def echo_detail(sentence: str, *, head: str = "") -> None:
    """Print a line of a result, however long; `head` is its first words, bold on a terminal."""
    _write_lines([results.styled(_escape_controls(head), Style.BOLD) + _escape_controls(sentence)])


def _escape_controls(text: str, *, keep: str = "") -> str:
    """Replace control characters, which must not reach a terminal: messages quote keys, and keys come from buckets."""
    return "".join(ch if ch.isprintable() or ch in keep else "\N{REPLACEMENT CHARACTER}" for ch in text)


# JSON may contain these bare, but terminals obey some (DEL to U+009F), and many tools take others for the end of a line
# (U+0085, U+2028, U+2029). Keys can contain anything.
_CONTROL_CHARS = re.compile(rb"\x7f|\xc2[\x80-\x9f]|\xe2\x80[\xa8\xa9]")


def _as_line(document: object) -> bytes:
    return _CONTROL_CHARS.sub(lambda found: b"\\u%04x" % ord(found[0].decode()), orjson.dumps(document)) + b"\n"


def print_json(document: object) -> None:
    """Print one JSON document on a line of its own."""
    print_json_lines([document])


def print_json_lines(documents: Iterable[object]) -> None:
    """Print JSON Lines, each as soon as it is available."""
    for document in documents:
        line = _as_line(document)
        with _standard_output() as out:
            out.write(line)
    with _standard_output() as out:
        out.flush()


def write_bytes(data: bytes) -> None:
    """Write a piece of a file, which is useless to a reader that ends before the last one."""
    try:
        with _standard_output() as out:
            out.write(data)
            out.flush()
    except BrokenPipeError as error:
        _discard_output()
        raise MirrorlakeError("The program that reads the standard output ended before the last byte.") from error


def _discard_output() -> None:
    """Send what is still buffered nowhere: Python would write it again at exit, and print an error of its own."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@contextmanager
def _standard_output() -> Generator[BinaryIO]:
    try:
        yield sys.stdout.buffer
    except BrokenPipeError:
        raise  # the reader closed the pipe
    except OSError as error:
        _discard_output()
        raise MirrorlakeError(
            f"Cannot write the result to standard output: {error.strerror or error}.",
            "Free some space, or redirect the output elsewhere.",
        ) from error


class _CheckedText:
    """Standard output for text that others write: it fails like a result of ours."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        if text == "":  # typer tries a stream in this way, and ignores the error
            return 0
        with _standard_output():
            return self._stream.write(text)

    def flush(self) -> None:
        with _standard_output():
            self._stream.flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


@contextmanager
def checked_standard_output() -> Generator[None]:
    """Raise MirrorlakeError if text that others write, such as typer's help, does not fit into standard output."""
    stream = sys.stdout
    sys.stdout = cast("TextIO", _CheckedText(stream))
    try:
        yield
    finally:
        sys.stdout = stream


def print_table(
    columns: Iterable[str], rows: Iterable[Iterable[object]], *, right: frozenset[int] = frozenset()
) -> None:
    """Print a plain table. `right` holds the indexes of right-aligned columns; column names may be empty.

    A terminal wraps wide cells. For anything else each row is one line, however long.
    """
    names = tuple(columns)
    cells = [["" if value is None else _escape_controls(str(value)) for value in row] for row in rows]
    if results.is_terminal:
        _draw_table(names, cells, right)
    else:
        _write_lines(_align([list(names), *cells] if any(names) else cells, right))


def print_text(text: str) -> None:
    """Print lines of text as they are, without control characters."""
    _write_lines([_escape_controls(text, keep="\n\t")])


def _draw_table(names: Sequence[str], cells: Iterable[Iterable[str]], right: frozenset[int]) -> None:
    from rich.table import Table  # noqa: PLC0415  as above
    from rich.text import Text  # noqa: PLC0415  as above

    table = Table(box=None, pad_edge=False, header_style="bold", show_header=any(names))
    for position, column in enumerate(names):
        table.add_column(column, justify="right" if position in right else "left", overflow="fold")
    for row in cells:
        table.add_row(*map(Text, row))  # a plain str would be parsed as markup, and keys may contain markup
    results.console.print(table)


def _align(lines: Sequence[Sequence[str]], right: frozenset[int]) -> Iterator[str]:
    from rich.cells import cell_len  # noqa: PLC0415  as above

    wide = [[cell_len(cell) for cell in line] for line in lines]
    widest = [max(column) for column in zip(*wide, strict=True)]
    for line, widths in zip(lines, wide, strict=True):
        padded = [
            " " * (most - width) + cell if position in right else cell + " " * (most - width)
            for position, (cell, width, most) in enumerate(zip(line, widths, widest, strict=True))
        ]
        yield COLUMN_GAP.join(padded).rstrip()


def _write_lines(lines: Iterable[str]) -> None:
    """Write lines of text and flush them, because bars and errors are printed in between."""
    with _standard_output() as out:
        for line in lines:
            out.write(f"{line}\n".encode(sys.stdout.encoding or "utf-8", "replace"))
        out.flush()
