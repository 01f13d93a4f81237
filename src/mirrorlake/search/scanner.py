"""Scan the characters of a query: spaces, quoted texts, raw words, and errors that point at a character."""

from __future__ import annotations

from dataclasses import dataclass

from mirrorlake.core.errors import QueryError

_LAST_SURROGATE = "\udfff"
_FIRST_SURROGATE = "\ud800"


@dataclass(frozen=True, slots=True)
class Value:
    """A value as typed: its text with escapes resolved, its position, and whether it was quoted."""

    text: str
    at: int
    quoted: bool


class Scanner:
    """A cursor over one query. `at` is the position of the next character, counted from 0."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.at = 0

    def error(self, message: str, fix: str = "", *, at: int | None = None) -> QueryError:
        """Return the error to raise, pointing at `at` or at the next character."""
        return QueryError(message, fix, text=self.source, position=self.at if at is None else at)

    @property
    def at_end(self) -> bool:
        """Whether all characters have been read."""
        return self.at >= len(self.source)

    @property
    def next(self) -> str:
        """The next character, or an empty text at the end."""
        return self.source[self.at : self.at + 1]

    @property
    def at_space(self) -> bool:
        """Whether the next character is white space."""
        return self.next.isspace()

    def skip_spaces(self) -> None:
        """Advance to the next character that is not white space."""
        while self.at_space:
            self.at += 1

    def take(self, text: str) -> bool:
        """Read `text` if it comes next. Return whether it did."""
        if not self.source.startswith(text, self.at):
            return False
        self.at += len(text)
        return True

    def check_characters(self) -> None:
        """Reject characters that no name, tag or value in the library can contain."""
        for at, ch in enumerate(self.source):
            if ch == "\0" or _FIRST_SURROGATE <= ch <= _LAST_SURROGATE:
                raise self.error("Unsearchable character: no name or value can contain it.", "Remove it.", at=at)

    def read_quoted(self, *, follows: str = ")") -> Value:
        r"""`quoted = '"' { any character but '"' and '\' | '\"' | '\\' | '\' } '"'`, a space, `follows` or the end."""
        opened = self.at
        self.at += 1
        pieces: list[str] = []
        while not self.take('"'):
            if self.at_end:
                raise self.error("Unclosed quotation mark.", 'Put a " where the text ends.', at=opened)
            if self.next == "\\" and self.source[self.at + 1 : self.at + 2] in ('"', "\\"):
                self.at += 1
            pieces.append(self.next)
            self.at += 1
        if not (self.at_end or self.at_space or self.next in follows):
            raise self.error(
                "Expected a space after the closing quotation mark.",
                r"Inside quotes, write a quotation mark as \" and a backslash as \\.",
            )
        return Value("".join(pieces), opened, quoted=True)

    def read_raw(self) -> Value:
        """`raw = { any character but space, '"' and unbalanced ')' }`; a `(` inside a word is part of it."""
        start = self.at
        opened: list[int] = []
        while not (self.at_end or self.at_space):
            if self.next == '"':
                raise self.error(
                    "A word cannot contain a quotation mark.",
                    r'Quote the whole text and write the mark inside it as \", for example "5\" lens".',
                )
            if self.next == "(":
                opened.append(self.at)
            elif self.next == ")":
                if not opened:
                    break
                opened.pop()
            self.at += 1
        if opened:
            raise self.error(
                "Unclosed bracket inside a word.",
                "Put a space before it to group terms, or quote the text.",
                at=opened[-1],
            )
        return Value(self.source[start : self.at], start, quoted=False)

    def word_end(self) -> int:
        """The end of the word that starts here, up to the next space or quotation mark."""
        end = self.at
        while end < len(self.source) and not self.source[end].isspace() and self.source[end] != '"':
            end += 1
        return end
