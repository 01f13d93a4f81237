"""Match object keys against glob patterns, a column at a time and in linear time. Pure.

`patterns.py` defines the meaning of a pattern. An empty list of patterns matches everything.

Matching works on the UTF-8 bytes of a key. RE2 (through Arrow) guarantees time linear in the key for every
pattern; the common shapes (exact paths, one prefix, one suffix) do not need it at all.
"""

from __future__ import annotations

import bisect
import functools
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
import pyarrow as pa

from mirrorlake.core import columnar as kernels
from mirrorlake.core.columnar import BoolMask, Column
from mirrorlake.select.patterns import Ends, Exact, Regex, Shape, read_pattern

_MAX_REGEX_CHARS = 8192  # limit of one combined regular expression; RE2 refuses huge programs
_FEW_KEYS = 100  # exact paths; for more of them, narrowing the set first is cheaper than testing all in every batch
_MAX_ENDS = 8  # beyond that many prefix/suffix tests of 3 to 8 ns a key, one RE2 pass of 75 ns is cheaper


@dataclass(frozen=True, slots=True)
class _Exact:
    """No wildcard: exactly these keys, as bytes in order."""

    keys: tuple[bytes, ...]
    among: Column = field(compare=False, repr=False)  # the same, as a column

    @classmethod
    def of(cls, keys: Iterable[bytes]) -> _Exact:
        ordered = tuple(sorted(set(keys)))
        return cls(ordered, pa.array(ordered, type=pa.binary()))


_Matcher: TypeAlias = _Exact | Ends | Regex


@dataclass(frozen=True, slots=True)
class Globs:
    """Compiled patterns; an object matches if any of them does. Create it with `compile_globs`."""

    patterns: tuple[str, ...]
    _each: tuple[_Matcher, ...] = field(repr=False)  # one for each pattern
    _all: tuple[_Matcher, ...] = field(repr=False)  # fewer matchers, equivalent to all patterns together

    @property
    def everything(self) -> bool:
        """Whether every key matches, so that nothing needs to be computed."""
        return not self.patterns or any(
            isinstance(matcher, Ends) and not matcher.suffix and "" in matcher.prefixes for matcher in self._all
        )

    def match(self, keys: Column) -> BoolMask:
        """Which keys match. Keys are relative to the datasource's prefix, as string or binary."""
        if self.everything:
            return np.ones(len(keys), dtype=np.bool_)
        raw = kernels.as_binary(keys)
        return functools.reduce(np.logical_or, (_match(matcher, raw) for matcher in self._all))

    def match_one(self, key: str) -> str | None:
        """The first pattern that the key matches, None if there is none. An empty list returns `**`."""
        if not self.patterns:
            return "**"
        raw: Column = pa.array([key.encode()], type=pa.binary())
        for pattern, matcher in zip(self.patterns, self._each, strict=True):
            if _match(matcher, raw)[0]:
                return pattern
        return None


def compile_globs(patterns: Sequence[str]) -> Globs:
    """Compile patterns in order. Raises PatternError, which points at the invalid character."""
    if isinstance(patterns, str):
        raise TypeError("compile_globs takes a list of patterns, not one string")
    each = tuple(_matcher(read_pattern(pattern)) for pattern in patterns)
    return Globs(tuple(patterns), each, _combine(each))


def _matcher(shape: Shape) -> _Matcher:
    return _Exact.of(key.encode() for key in shape.keys) if isinstance(shape, Exact) else shape


def _combine(each: tuple[_Matcher, ...]) -> tuple[_Matcher, ...]:
    """One set for all exact paths, and as few regular expressions as RE2 accepts."""
    exact = [key for matcher in each if isinstance(matcher, _Exact) for key in matcher.keys]
    ends = [matcher for matcher in each if isinstance(matcher, Ends)]
    bodies = [matcher.pattern for matcher in each if isinstance(matcher, Regex)]
    if len(ends) > _MAX_ENDS:
        plain = [matcher for matcher in ends if not matcher.suffix and "" in matcher.prefixes]
        bodies += [_as_regex(matcher) for matcher in ends]
        ends = plain[:1]
    combined: list[_Matcher] = [_Exact.of(exact)] if exact else []
    combined += ends
    chunk: list[str] = []
    for body in bodies:
        if chunk and sum(map(len, chunk)) + len(body) > _MAX_REGEX_CHARS:
            combined.append(Regex("|".join(chunk)))
            chunk = []
        chunk.append(body)
    if chunk:
        combined.append(Regex("|".join(chunk)))
    return tuple(combined)


def _as_regex(ends: Ends) -> str:
    return f"(?:{'|'.join(map(re.escape, ends.prefixes))}).*{re.escape(ends.suffix)}"


def _match(matcher: _Matcher, raw: Column) -> BoolMask:
    match matcher:
        case _Exact(keys, among):
            return kernels.is_in(raw, _between(raw, keys, among) if len(keys) > _FEW_KEYS else among)
        case Ends(prefixes, suffix):
            return functools.reduce(np.logical_or, (_match_ends(raw, prefix, suffix) for prefix in prefixes))
        case Regex(pattern):
            return kernels.mask_of(kernels.matches_regex(raw, rf"(?s)\A(?:{pattern})\z"))


def _between(raw: Column, keys: tuple[bytes, ...], among: Column) -> Column:
    """The exact keys within the range of the column: a batch of a listing covers a narrow range of all keys."""
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
