"""What a glob pattern says: its words, its three shapes, and the character at which it is wrong. Pure.

A pattern is anchored at both ends and starts at the datasource's prefix. It knows `*` (not across `/`),
`**` (across `/`) and quotes around the whole pattern (everything inside is literal); `? [ ] { }` are plain
characters and case counts. A leading `/` means the prefix's root and may be left out; where a key itself
begins with a slash, the pattern's leading `/` also matches that. `/**/` (and `**/` at the start) stands for
no folder, too. A pattern without a wildcard is one exact path.

Nothing here touches a column: commands that only read or check patterns do not load what matches them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias

from mirrorlake.core.errors import PatternError

MAX_PATTERN_CHARS = 1024  # the longest key of S3 has 1,024 bytes: a longer pattern is a mistake


class _Wild(Enum):
    """A token that stands for more than itself, with its meaning as a regular expression over bytes."""

    STAR = "[^/]*"
    STARS = ".*"
    FOLDERS = "(?:.*/)?"  # `**/` after a slash or at the start: any number of whole folders


_Token: TypeAlias = str | _Wild  # a literal, or a wildcard


@dataclass(frozen=True, slots=True)
class Exact:
    """No wildcard: these keys and no others."""

    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Ends:
    """Any of the prefixes, then anything at all, then the suffix, without overlap. All may be empty."""

    prefixes: tuple[str, ...]
    suffix: str


@dataclass(frozen=True, slots=True)
class Regex:
    """Whatever needs RE2; anchored, over bytes."""

    pattern: str


Shape: TypeAlias = Exact | Ends | Regex


def check_patterns(patterns: Sequence[str]) -> tuple[str, ...]:
    """The patterns, each of which can be read. Raises PatternError, which points at the character that is wrong."""
    for pattern in patterns:
        read_pattern(pattern)
    return tuple(patterns)


def exactly(path: str) -> str:
    """The pattern that matches `path` and nothing else."""
    plain = "*" not in path and not path.startswith(("/", '"')) and not path.endswith('"')
    return path if plain else f'"{path}"'


def read_pattern(pattern: str) -> Shape:
    """The shape of one pattern. Raises PatternError, which points at the character that is wrong."""
    quoted = _check(pattern)
    text = pattern[1:-1] if quoted else pattern
    rooted = text.startswith("/")
    text = text[1:] if rooted else text
    tokens = [text] if quoted else _tokens(text, offset=int(rooted), pattern=pattern)
    match tokens:
        case [] | [""]:
            return _exactly_one("", rooted=rooted)
        case [str(path)]:
            return _exactly_one(path, rooted=rooted)
        case [_Wild.STARS]:
            return Ends(("",), "")
        case [str(head), _Wild.STARS]:
            return Ends(_roots(head, rooted=rooted), "")
        case [_Wild.STARS, str(tail)]:
            return Ends(("",), tail)
        case [str(head), _Wild.STARS, str(tail)]:
            return Ends(_roots(head, rooted=rooted), tail)
        case [_Wild.FOLDERS, _Wild.STAR]:
            return Ends(("",), "")
        case [str(head), _Wild.FOLDERS, _Wild.STAR]:
            return Ends(_roots(head, rooted=rooted), "")
        case [_Wild.FOLDERS, _Wild.STAR, str(tail)] if "/" not in tail:
            return Ends(("",), tail)
        case [str(head), _Wild.FOLDERS, _Wild.STAR, str(tail)] if "/" not in tail:
            return Ends(_roots(head, rooted=rooted), tail)
        case _:
            body = "".join(token.value if isinstance(token, _Wild) else re.escape(token) for token in tokens)
            return Regex("/?" + body if rooted else body)


def _exactly_one(path: str, *, rooted: bool) -> Exact:
    return Exact(_roots(path, rooted=rooted))


def _roots(text: str, *, rooted: bool) -> tuple[str, ...]:
    return (text, "/" + text) if rooted else (text,)


def _check(pattern: str) -> bool:
    """Whether the pattern is quoted. Raises PatternError for what no pattern may be."""

    def wrong(message: str, fix: str, position: int) -> PatternError:
        return PatternError(message, fix, text=pattern, position=position)

    if pattern in {"", '""'}:
        raise wrong("A pattern is empty.", "Write ** to match everything, or leave the pattern out.", len(pattern) // 2)
    for position, character in enumerate(pattern):
        if character == "\0" or "\ud800" <= character <= "\udfff":
            raise wrong(
                "A pattern holds a character that no object key can hold.", "Remove the marked character.", position
            )
    opens, closes = pattern.startswith('"'), pattern.endswith('"')
    if opens and (not closes or len(pattern) == 1):
        raise wrong("A quote is opened but never closed.", 'Put a " at the end of the pattern as well.', 0)
    if closes and not opens:
        raise wrong(
            "A quote is closed but never opened.", 'Put a " at the start of the pattern as well.', len(pattern) - 1
        )
    if len(pattern) - 2 * opens > MAX_PATTERN_CHARS:
        raise wrong(
            f"A pattern is longer than {MAX_PATTERN_CHARS:,} characters.",
            "No object key is that long; write one pattern for each path.",
            MAX_PATTERN_CHARS + opens,
        )
    return opens


def _tokens(text: str, *, offset: int, pattern: str) -> list[_Token]:
    """Literals and wildcards in order; `offset` is where `text` stands in `pattern`, for messages."""
    tokens: list[_Token] = []
    for found in re.finditer(r"\*+|[^*]+", text):
        run, position = found.group(), found.start()
        if run.startswith("***"):
            raise PatternError(
                "Three or more * in a row mean nothing.",
                'Write * for part of a name, ** to cross folders, or quote the whole pattern ("...") for a literal *.',
                text=pattern,
                position=position + offset,
            )
        if run == "*":
            tokens.append(_Wild.STAR)
        elif run == "**":
            whole = (position == 0 or text[position - 1] == "/") and text[found.end() : found.end() + 1] == "/"
            tokens.append(_Wild.FOLDERS if whole else _Wild.STARS)
        else:
            after_folders = bool(tokens) and tokens[-1] is _Wild.FOLDERS
            literal = run[1:] if after_folders else run  # its slash belongs to the folders
            if literal:
                tokens.append(literal)
    return _without_repeats(tokens)


def _without_repeats(tokens: list[_Token]) -> list[_Token]:
    """`**/**/` says no more than `**/`, but would cost more."""
    kept: list[_Token] = []
    for token in tokens:
        if not (token is _Wild.FOLDERS and kept and kept[-1] is _Wild.FOLDERS):
            kept.append(token)
    return kept
