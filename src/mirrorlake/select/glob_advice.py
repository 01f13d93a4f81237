"""Explain why a glob matches nothing, and find the smallest change with which it matches. Pure.

Other tools read `?`, `[ab]` and `{a,b}` as wildcards and let `*` cross folders; `patterns.py` has their meaning here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations, product
from math import prod

from mirrorlake.core.errors import PatternError
from mirrorlake.select.patterns import check_patterns

MAX_ALTERNATIVES = 8  # patterns in place of one; more are not worth reading

_FOREIGN = re.compile(r"\{(?P<braces>[^{}]*,[^{}]*)\}|\[(?P<brackets>[^\[\]!^-]{1,6})\]|\[[^\[\]]+\]|\?+")
_ONE_STAR = re.compile(r"(?<!\*)\*(?!\*)")


@dataclass(frozen=True, slots=True)
class _Change:
    """One way to correct a pattern: why, and the patterns that replace one pattern (none: it does not apply)."""

    reason: Callable[[str], str]
    apply: Callable[[str], Sequence[str]]


def explain_glob(pattern: str, *, folders: bool = True) -> str | None:
    """What a pattern means here, where other tools read it differently, as a clause; None if they do not.

    Without `folders`, no key has one, and they are not mentioned.
    """
    if pattern.startswith('"'):
        return None
    ordinary = _ordinary_characters(pattern)
    return ordinary or (_CROSS_FOLDERS.reason(pattern) if folders and _cross_folders(pattern) else None)


def find_correction(pattern: str, match_any: Callable[[Sequence[str]], bool], prefix: str = "") -> str | None:
    """Why a pattern matches nothing, and what would, as a clause; None if no small change matches anything.

    `match_any` returns whether some patterns match any object that is known. Patterns are relative to the datasource's
    `prefix`.
    """
    if pattern.startswith('"'):
        return None
    below = _Change(lambda _: f"patterns start below `{prefix}`", lambda before: _without_prefix(before, prefix))
    changes = (_SPELL_OUT, below, _CROSS_FOLDERS, _OPEN_ENDS, _OTHER_CASE)
    for size in range(1, len(changes) + 1):
        for chosen in combinations(changes, size):
            tried = _apply_all(pattern, chosen)
            if tried and match_any(tried):
                reasons = " and ".join(change.reason(pattern) for change in chosen)
                return f"{reasons}, try {' and '.join(f'`{one}`' for one in tried)}"
    return None


def _apply_all(pattern: str, changes: Sequence[_Change]) -> tuple[str, ...]:
    """The patterns after these changes; none if one of the changes does not apply, or the patterns are no use."""
    patterns = [pattern]
    for change in changes:
        replaced = [change.apply(before) for before in patterns]
        if not any(replaced):
            return ()
        patterns = [one for before, after in zip(patterns, replaced, strict=True) for one in (after or [before])]
    try:
        check_patterns(patterns)
    except PatternError:
        return ()
    return tuple(dict.fromkeys(patterns)) if len(patterns) <= MAX_ALTERNATIVES else ()


def _ordinary_characters(pattern: str) -> str | None:
    found = [f"`{one}`" for one in "?[{" if one in pattern]
    if not found:
        return None
    verb = "is an ordinary character" if len(found) == 1 else "are ordinary characters"
    return f"{' and '.join(found)} {verb}"


def _spell_out(pattern: str) -> Sequence[str]:
    """`{a,b}` and `[ab]` as one pattern for each alternative; `?` and longer brackets as `*`."""
    pieces: list[Sequence[str]] = []
    at = 0
    for found in _FOREIGN.finditer(pattern):
        braces, brackets = found["braces"], found["brackets"]
        pieces.append([pattern[at : found.start()]])
        beside_star = "*" in (pattern[found.start() - 1 : found.start()], pattern[found.end() : found.end() + 1])
        pieces.append(braces.split(",") if braces is not None else tuple(brackets or ("" if beside_star else "*",)))
        at = found.end()
    pieces.append([pattern[at:]])
    if at == 0 or prod(map(len, pieces)) > MAX_ALTERNATIVES:
        return ()
    return [*map("".join, product(*pieces))]


def _without_prefix(pattern: str, prefix: str) -> Sequence[str]:
    text = pattern.removeprefix("/")
    return [text.removeprefix(prefix)] if prefix and text.startswith(prefix) and text != prefix else ()


def _cross_folders(pattern: str) -> Sequence[str]:
    """The last star that stops at `/` also crosses it: `a/*.jpg` becomes `a/**/*.jpg`, and `a/*` becomes `a/**`."""
    head, slash, name = pattern.rpartition("/")
    if _ONE_STAR.search(name) and not head.endswith("**"):
        return [f"{head}{slash}**" if name == "*" else f"{head}{slash}**/{name}"]
    stars = list(_ONE_STAR.finditer(head))
    return [f"{pattern[: stars[-1].start()]}**{pattern[stars[-1].end() :]}"] if stars else ()


def _open_ends(pattern: str) -> Sequence[str]:
    """A pattern without a wildcard is one key: as a folder, as a suffix, or as a name in any folder."""
    if "*" in pattern:
        return ()
    name = pattern.rpartition("/")[2]
    if "." not in name:
        return [f"{pattern.rstrip('/')}/**"]
    return [f"**{pattern}" if pattern.startswith(".") else f"**/{pattern.lstrip('/')}"]


def _other_case(pattern: str) -> Sequence[str]:
    """With a suffix in the other case, or all in lower case."""
    head, dot, suffix = pattern.rpartition(".")
    other = f"{head}{dot}{suffix.swapcase()}" if dot and suffix.isalnum() else pattern.lower()
    return [other] if other != pattern else ()


_SPELL_OUT = _Change(lambda pattern: _ordinary_characters(pattern) or "", _spell_out)
_CROSS_FOLDERS = _Change(lambda _: "`*` stops at `/`", _cross_folders)
_OPEN_ENDS = _Change(lambda _: "a pattern without `*` is one whole key", _open_ends)
_OTHER_CASE = _Change(lambda _: "patterns are case-sensitive", _other_case)
