"""How the command line speaks: JSON and results on standard output, everything else on standard error."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING, BinaryIO

import orjson

from mirrorlake.core.errors import MirrorlakeError

if TYPE_CHECKING:
    from rich.console import Console

_BETWEEN = "  "  # columns of a table that nobody watches


class Style(StrEnum):
    """How single words may look at a terminal, as its escape sequences say it."""

    BOLD = "1"
    BOLD_RED = "1;31"
    GREEN = "32"
    RED = "31"


class Screen:
    """A stream that people read. What draws on it is loaded at the first drawing: it costs more than a sentence."""

    def __init__(self, *, errors: bool = False) -> None:
        self._errors = errors

    @cached_property
    def console(self) -> Console:
        """What bars and tables are drawn with, where somebody watches."""
        from rich.console import Console  # noqa: PLC0415  rich costs 0.1 s that plain output need not spend

        return Console(stderr=self._errors, highlight=False)

    @property
    def is_terminal(self) -> bool:
        """Whether somebody watches."""
        return (sys.stderr if self._errors else sys.stdout).isatty()

    def styled(self, text: str, style: Style) -> str:
        """The text in this style where somebody watches who wants colours, else as it stands."""
        plain = not self.is_terminal or "NO_COLOR" in os.environ or os.environ.get("TERM") == "dumb"
        return text if plain else f"\x1b[{style.value}m{text}\x1b[0m"


people = Screen(errors=True)
results = Screen()


def echo_error(message: str) -> None:
    """One error, as it stands: carets keep their column, and markup in keys stays text."""
    echo(message, head=people.styled("error: ", Style.BOLD_RED))


def echo(message: str, *, head: str = "") -> None:
    """A sentence for a person that is not a result; `head` stands before it, styled or not."""
    sys.stderr.write(f"{head}{_harmless(message, keep=chr(10) + chr(9))}\n")
    sys.stderr.flush()


def echo_detail(sentence: str, *, head: str = "") -> None:
    """A result in words, on one line however long; `head` are its first words, bold where somebody watches."""
    _write_lines([results.styled(_harmless(head), Style.BOLD) + _harmless(sentence)])


def _harmless(text: str, *, keep: str = "") -> str:
    """Keys come from buckets, and sentences quote them: their control characters must not reach a terminal."""
    return "".join(ch if ch.isprintable() or ch in keep else "\N{REPLACEMENT CHARACTER}" for ch in text)


# JSON may hold these bare, but terminals obey some (DEL to U+009F), and many tools take others for the end of a line
# (U+0085, U+2028, U+2029); keys hold anything.
_OBEYED = re.compile(rb"\x7f|\xc2[\x80-\x9f]|\xe2\x80[\xa8\xa9]")


def _line(document: object) -> bytes:
    return _OBEYED.sub(lambda found: b"\\u%04x" % ord(found[0].decode()), orjson.dumps(document)) + b"\n"


def print_json(document: object) -> None:
    """One JSON document on a line of its own."""
    print_json_lines([document])


def print_json_lines(documents: Iterable[object]) -> None:
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
    """A plain table. `right` holds the positions of columns of numbers; no column need have a name.

    A terminal folds what is too wide for it. For whatever else reads it each row is one whole line, however long.
    """
    names = tuple(columns)
    cells = [["" if value is None else _harmless(str(value)) for value in row] for row in rows]
    if results.is_terminal:
        _draw_table(names, cells, right)
    else:
        _write_lines(_aligned([list(names), *cells] if any(names) else cells, right))


def _draw_table(names: Sequence[str], cells: Iterable[Iterable[str]], right: frozenset[int]) -> None:
    from rich.table import Table  # noqa: PLC0415  as above
    from rich.text import Text  # noqa: PLC0415  as above

    table = Table(box=None, pad_edge=False, header_style="bold", show_header=any(names))
    for position, column in enumerate(names):
        table.add_column(column, justify="right" if position in right else "left", overflow="fold")
    for row in cells:
        table.add_row(*map(Text, row))  # a bare string would be read as markup, and keys may hold markup
    results.console.print(table)


def _aligned(lines: Sequence[Sequence[str]], right: frozenset[int]) -> Iterator[str]:
    from rich.cells import cell_len  # noqa: PLC0415  as above

    wide = [[cell_len(cell) for cell in line] for line in lines]
    widest = [max(column) for column in zip(*wide, strict=True)]
    for line, widths in zip(lines, wide, strict=True):
        padded = [
            " " * (most - width) + cell if position in right else cell + " " * (most - width)
            for position, (cell, width, most) in enumerate(zip(line, widths, widest, strict=True))
        ]
        yield _BETWEEN.join(padded).rstrip()


def _write_lines(lines: Iterable[str]) -> None:
    """Lines of text, as the stream writes text, and out at once: bars and errors come in between."""
    with _standard_output() as out:
        for line in lines:
            out.write(f"{line}\n".encode(sys.stdout.encoding or "utf-8", "replace"))
        out.flush()


def bytes_text(size: int) -> str:
    """A size for people, in powers of 1,000 as storage vendors count."""
    value = float(size)
    for unit in ("B", "kB", "MB", "GB"):
        if value < 1000:  # noqa: PLR2004
            return f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:.1f} TB"
