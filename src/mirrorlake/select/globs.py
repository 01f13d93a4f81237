"""Match object keys against glob patterns, a column at a time and in linear time. Pure.

A pattern is anchored at both ends and starts at the datasource's prefix. It knows `*` (not across `/`),
`**` (across `/`) and quotes around the whole pattern (everything inside is literal); `? [ ] { }` are plain
characters and case counts. A leading `/` means the prefix's root and may be left out; where a key itself
begins with a slash, the pattern's leading `/` also matches that. `/**/` (and `**/` at the start) stands for
no folder, too. A pattern without a wildcard is one exact path. No pattern at all matches everything.

Matching works on the UTF-8 bytes of a key. RE2 (through Arrow) guarantees time linear in the key for every
pattern; the common shapes (exact paths, one prefix, one suffix) do not need it at all.
"""

from __future__ import annotations

import bisect
import functools
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import TypeAlias

import numpy as np
import pyarrow as pa

from mirrorlake.errors import PatternError
from mirrorlake.select import kernels
from mirrorlake.select.kernels import BoolMask, Column

MAX_PATTERN_CHARS = 1024  # the longest key of S3 has 1,024 bytes: a longer pattern is a mistake
_MAX_REGEX_CHARS = 8192  # patterns share one regular expression up to here; RE2 refuses huge programs
_FEW_KEYS = 100  # exact paths; looking more of them up in every batch of a listing costs more than to narrow them
_MAX_ENDS = 8  # beyond that many prefix/suffix tests of 3 to 8 ns a key, one RE2 pass of 75 ns is cheaper


class _Wild(Enum):
    """A token that stands for more than itself, with its meaning as a regular expression over bytes."""

    STAR = "[^/]*"
    STARS = ".*"
    FOLDERS = "(?:.*/)?"  # `**/` after a slash or at the start: any number of whole folders


_Token: TypeAlias = str | _Wild  # a literal, or a wildcard


@dataclass(frozen=True, slots=True)
class _Exact:
    """No wildcard: these keys and no others, as bytes in order."""

    keys: tuple[bytes, ...]
    among: Column = field(compare=False, repr=False)  # the same, as a column

    @classmethod
    def of(cls, keys: Iterable[bytes]) -> _Exact:
        ordered = tuple(sorted(set(keys)))
        return cls(ordered, pa.array(ordered, type=pa.binary()))


@dataclass(frozen=True, slots=True)
class _Ends:
    """Any of the prefixes, then anything at all, then the suffix, without overlap. All may be empty."""

    prefixes: tuple[str, ...]
    suffix: str


@dataclass(frozen=True, slots=True)
class _Regex:
    """Whatever needs RE2; anchored, over bytes."""

    pattern: str


_Matcher: TypeAlias = _Exact | _Ends | _Regex


@dataclass(frozen=True, slots=True)
class Globs:
    """Compiled patterns; an object matches if any of them does. Make one with `compile_globs`."""

    patterns: tuple[str, ...]
    _each: tuple[_Matcher, ...] = field(repr=False)  # one for each pattern
    _all: tuple[_Matcher, ...] = field(repr=False)  # fewer, that say the same together

    @property
    def everything(self) -> bool:
        """Whether every key matches, so that there is nothing to compute."""
        return not self.patterns or any(
            isinstance(matcher, _Ends) and not matcher.suffix and "" in matcher.prefixes for matcher in self._all
        )

    def match(self, keys: Column) -> BoolMask:
        """Which keys match. Keys are relative to the datasource's prefix, as string or binary."""
        if self.everything:
            return np.ones(len(keys), dtype=np.bool_)
        raw = kernels.as_binary(keys)
        return functools.reduce(np.logical_or, (_match(matcher, raw) for matcher in self._all))

    def match_one(self, key: str) -> str | None:
        """The first pattern that the key matches, None if there is none. An empty list answers `**`."""
        if not self.patterns:
            return "**"
        raw: Column = pa.array([key.encode()], type=pa.binary())
        for pattern, matcher in zip(self.patterns, self._each, strict=True):
            if _match(matcher, raw)[0]:
                return pattern
        return None


def compile_globs(patterns: Sequence[str]) -> Globs:
    """Compile patterns in order. Raises PatternError, which points at the character that is wrong."""
    if isinstance(patterns, str):
        raise TypeError("compile_globs takes a list of patterns, not one string")
    each = tuple(_compile(pattern) for pattern in patterns)
    return Globs(tuple(patterns), each, _combine(each))


def exactly(path: str) -> str:
    """The pattern that matches `path` and nothing else."""
    plain = "*" not in path and not path.startswith(("/", '"')) and not path.endswith('"')
    return path if plain else f'"{path}"'


def _compile(pattern: str) -> _Matcher:
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
            return _Ends(("",), "")
        case [str(head), _Wild.STARS]:
            return _Ends(_roots(head, rooted=rooted), "")
        case [_Wild.STARS, str(tail)]:
            return _Ends(("",), tail)
        case [str(head), _Wild.STARS, str(tail)]:
            return _Ends(_roots(head, rooted=rooted), tail)
        case [_Wild.FOLDERS, _Wild.STAR]:
            return _Ends(("",), "")
        case [str(head), _Wild.FOLDERS, _Wild.STAR]:
            return _Ends(_roots(head, rooted=rooted), "")
        case [_Wild.FOLDERS, _Wild.STAR, str(tail)] if "/" not in tail:
            return _Ends(("",), tail)
        case [str(head), _Wild.FOLDERS, _Wild.STAR, str(tail)] if "/" not in tail:
            return _Ends(_roots(head, rooted=rooted), tail)
        case _:
            body = "".join(token.value if isinstance(token, _Wild) else re.escape(token) for token in tokens)
            return _Regex("/?" + body if rooted else body)


def _exactly_one(path: str, *, rooted: bool) -> _Exact:
    return _Exact.of(key.encode() for key in _roots(path, rooted=rooted))


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


def _combine(each: tuple[_Matcher, ...]) -> tuple[_Matcher, ...]:
    """One set for all exact paths, and as few regular expressions as RE2 takes."""
    exact = [key for matcher in each if isinstance(matcher, _Exact) for key in matcher.keys]
    ends = [matcher for matcher in each if isinstance(matcher, _Ends)]
    bodies = [matcher.pattern for matcher in each if isinstance(matcher, _Regex)]
    if len(ends) > _MAX_ENDS:
        plain = [matcher for matcher in ends if not matcher.suffix and "" in matcher.prefixes]
        bodies += [_as_regex(matcher) for matcher in ends]
        ends = plain[:1]
    combined: list[_Matcher] = [_Exact.of(exact)] if exact else []
    combined += ends
    chunk: list[str] = []
    for body in bodies:
        if chunk and sum(map(len, chunk)) + len(body) > _MAX_REGEX_CHARS:
            combined.append(_Regex("|".join(chunk)))
            chunk = []
        chunk.append(body)
    if chunk:
        combined.append(_Regex("|".join(chunk)))
    return tuple(combined)


def _as_regex(ends: _Ends) -> str:
    return f"(?:{'|'.join(map(re.escape, ends.prefixes))}).*{re.escape(ends.suffix)}"


def _match(matcher: _Matcher, raw: Column) -> BoolMask:
    match matcher:
        case _Exact(keys, among):
            return kernels.is_in(raw, _between(raw, keys, among) if len(keys) > _FEW_KEYS else among)
        case _Ends(prefixes, suffix):
            return functools.reduce(np.logical_or, (_match_ends(raw, prefix, suffix) for prefix in prefixes))
        case _Regex(pattern):
            return kernels.mask_of(kernels.matches_regex(raw, rf"(?s)\A(?:{pattern})\z"))


def _between(raw: Column, keys: tuple[bytes, ...], among: Column) -> Column:
    """Those exact keys that the column could hold: a batch of a listing is a narrow stretch of all of them."""
    least, most = kernels.ends_of(raw)
    if least is None or most is None:
        return among.slice(0, 0)
    start = bisect.bisect_left(keys, least)
    return among.slice(start, bisect.bisect_right(keys, most) - start)


def _match_ends(raw: Column, prefix: str, suffix: str) -> BoolMask:
    if not suffix:
        return kernels.mask_of(kernels.starts_with(raw, prefix))
    ends = kernels.mask_of(kernels.ends_with(raw, suffix))
    if not prefix:
        return ends
    long_enough = kernels.byte_lengths(raw) >= len(prefix.encode()) + len(suffix.encode())
    return ends & long_enough & kernels.mask_of(kernels.starts_with(raw, prefix))
