"""The meaning of a glob pattern: its tokens, its three shapes, and the position of an error. Pure.

A pattern is anchored at both ends and starts at the datasource's prefix. It knows `*` (not across `/`),
`**` (across `/`) and quotes around the whole pattern (everything inside is literal); `? [ ] { }` are plain
characters, and patterns are case-sensitive. A leading `/` means the prefix's root and may be omitted; for a key that
itself begins with a slash, the pattern's leading `/` also matches that slash. `/**/` (and `**/` at the start) also
matches no folder. A pattern without a wildcard is one exact path.

This module works on no columns, so that commands that only check patterns do not load Arrow.
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
    """A wildcard token, with its meaning as a regular expression over bytes."""

    STAR = "[^/]*"
    STARS = ".*"
    FOLDERS = "(?:.*/)?"  # `**/` after a slash or at the start: any number of whole folders


_Token: TypeAlias = str | _Wild  # a literal, or a wildcard


@dataclass(frozen=True, slots=True)
class Exact:
    """No wildcard: exactly these keys."""

    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Ends:
    """Any of the prefixes, then anything, then the suffix, without overlap. All may be empty."""

    prefixes: tuple[str, ...]
    suffix: str


@dataclass(frozen=True, slots=True)
class Regex:
    """Any pattern that needs RE2; anchored, over bytes."""

    pattern: str


Shape: TypeAlias = Exact | Ends | Regex


def check_patterns(patterns: Sequence[str]) -> tuple[str, ...]:
    """Check that every pattern is valid. Raises PatternError, which points at the invalid character."""
    for pattern in patterns:
        read_pattern(pattern)
    return tuple(patterns)


def exactly(path: str) -> str:
    """The pattern that matches `path` and nothing else."""
    plain = "*" not in path and not path.startswith(("/", '"')) and not path.endswith('"')
    return path if plain else f'"{path}"'


def read_pattern(pattern: str) -> Shape:
    """The shape of one pattern. Raises PatternError, which points at the invalid character."""
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
    """Whether the pattern is quoted. Raises PatternError for an invalid pattern."""

    def wrong(message: str, fix: str, position: int) -> PatternError:
        return PatternError(message, fix, text=pattern, position=position)

    if pattern in {"", '""'}:
        raise wrong("A pattern is empty.", "Write ** to match everything, or remove the pattern.", len(pattern) // 2)
    for position, character in enumerate(pattern):
        if character == "\0" or "\ud800" <= character <= "\udfff":
            raise wrong(
                "Invalid character in a pattern: no object key can contain it.",
                "Remove the marked character.",
                position,
            )
    opens, closes = pattern.startswith('"'), pattern.endswith('"')
    if opens and (not closes or len(pattern) == 1):
        raise wrong("Unclosed quote in a pattern.", 'Put a " at the end of the pattern as well.', 0)
    if closes and not opens:
        raise wrong(
            "Unmatched closing quote in a pattern.", 'Put a " at the start of the pattern as well.', len(pattern) - 1
        )
    if len(pattern) - 2 * opens > MAX_PATTERN_CHARS:
        raise wrong(
            f"A pattern is longer than {MAX_PATTERN_CHARS:,} characters.",
            "No object key is that long. Write one pattern for each path.",
            MAX_PATTERN_CHARS + opens,
        )
    return opens


def _tokens(text: str, *, offset: int, pattern: str) -> list[_Token]:
    """Literals and wildcards in order; `offset` is the position of `text` in `pattern`, for messages."""
    tokens: list[_Token] = []
    for found in re.finditer(r"\*+|[^*]+", text):
        run, position = found.group(), found.start()
        if run.startswith("***"):
            raise PatternError(
                "Three or more * in a row have no meaning.",
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
    """Merge `**/**/` into `**/`, which means the same and costs less."""
    kept: list[_Token] = []
    for token in tokens:
        if not (token is _Wild.FOLDERS and kept and kept[-1] is _Wild.FOLDERS):
            kept.append(token)
    return kept
