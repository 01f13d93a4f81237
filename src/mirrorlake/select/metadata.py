"""Read a JSON metadata sidecar into flat keys and plain values. Pure; the bytes are untrusted.

An invalid key costs that key, with a warning. Only a file that is not a JSON object, is too large or nests too
deeply is rejected. Time and memory are linear in the size of the file.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

import orjson

from mirrorlake.core.errors import BadSidecar
from mirrorlake.model.assets import Scalar
from mirrorlake.model.companions import METADATA

MAX_SIDECAR_BYTES = METADATA.max_bytes
MAX_DEPTH = 32  # objects and lists inside each other; nobody reads metadata that is nested deeper
MAX_KEY_CHARS = 1024  # of a flattened key; without a limit, long keys around many small ones would multiply
MAX_WARNINGS = 20  # reported for one sidecar; more add nothing

INTEGERS = range(-(2**63), 2**63)  # what databases and Arrow can represent exactly
_INTEGER_DIGITS = 20  # no longer text can be one of them
_WHOLE_INTEGER_DIGITS = 400  # what any JSON parser accepts; a longer integer is not a value but an attack
KEY = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.]*")
KEY_RULE = "A key consists of the letters a to z and A to Z, digits, _ and dots, and does not start with a dot"
_NESTING = re.compile(
    r'"(?:[^"\\]++|\\.)*+"?|[\[\]{}]', re.DOTALL
)  # whole strings, so that brackets in them do not count

__all__ = [
    "INTEGERS",
    "KEY",
    "KEY_RULE",
    "MAX_DEPTH",
    "MAX_KEY_CHARS",
    "MAX_SIDECAR_BYTES",
    "BadSidecar",
    "Sidecar",
    "read_sidecar",
    "stored_values",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sidecar:
    """The contents of a sidecar. Nested names are joined by dots; nulls are omitted."""

    values: dict[str, Scalar]
    # The whole file as JSON, so that `stored_values` finds exactly `values` in it. Values that no database can store
    # are null in it: a text with a NUL or a lone surrogate, a number beyond floating point.
    whole: str
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _UnusableNumber:
    """A JSON number that cannot be stored."""

    text: str
    reason: str


_Json: TypeAlias = "dict[str, _Json] | list[_Json] | str | int | float | bool | _UnusableNumber | None"


@dataclass(slots=True)
class _WarningList:
    """Collects the first warnings and counts the rest."""

    texts: list[str] = field(default_factory=list[str])
    more: int = 0

    def add(self, text: str) -> None:
        if len(self.texts) < MAX_WARNINGS:
            self.texts.append(text)
        else:
            self.more += 1

    def all(self) -> tuple[str, ...]:
        return (*self.texts, f"{self.more} more warnings of this kind.") if self.more else tuple(self.texts)


def read_sidecar(data: bytes) -> Sidecar:
    """Parse, flatten and check a sidecar. Raises BadSidecar if nothing of it can be used.

    Integers must fit into 64 bits. If a name occurs twice in an object, or twice after flattening, the last counts.
    """
    warnings = _WarningList()
    document = _parse(_text(data), warnings)
    if not isinstance(document, dict):
        raise BadSidecar("The sidecar is not a JSON object.", 'Write it as {"name": value, ...}.')
    values: dict[str, Scalar] = {}
    for key, value in _flatten(document, "", warnings):
        if key in values:
            warnings.add(f"{_quote_key(key)} occurs twice after nested names are joined by dots; the last one counts.")
        values[key] = value
    return Sidecar(values=values, whole=orjson.dumps(_make_storable(document)).decode(), warnings=warnings.all())


def stored_values(whole: str) -> dict[str, Scalar]:
    """The values of a stored whole sidecar, the same as when it was read."""
    noop_callback = _WarningList()
    document = _parse(whole, noop_callback)
    return dict(_flatten(document, "", noop_callback)) if isinstance(document, dict) else {}


def _text(data: bytes) -> str:
    if len(data) > MAX_SIDECAR_BYTES:
        raise BadSidecar(
            f"The sidecar has {len(data):,} bytes; the limit is {MAX_SIDECAR_BYTES:,}.", "Make it smaller."
        )
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadSidecar(f"The sidecar is not UTF-8 text (byte {error.start}).", "Save it as UTF-8.") from error
    if not text.strip():
        raise BadSidecar("The sidecar is empty.", "Write at least {} into it, or delete it.")
    return text


def _parse(text: str, warnings: _WarningList) -> _Json:
    if text.count("{") + text.count("[") > MAX_DEPTH:
        _check_depth(text)

    try:
        return _DECODER.decode(text)
    except _RepeatedKey:
        return _decoder(lambda pairs: _as_object(pairs, warnings)).decode(text)
    except json.JSONDecodeError as error:
        raise BadSidecar(
            f"The sidecar is not valid JSON: {error.msg} (line {error.lineno}, column {error.colno}).",
            "Correct it there.",
        ) from error


class _RepeatedKey(Exception):
    """A key occurs more than once in one object."""


def _as_object(pairs: list[tuple[str, _Json]], warnings: _WarningList | None) -> dict[str, _Json]:
    """The last value of each key. Raises _RepeatedKey if there is no list for the warnings."""
    found = dict(pairs)
    if len(found) < len(pairs):
        if warnings is None:
            raise _RepeatedKey
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                warnings.add(f"{_quote_key(key)} occurs more than once in one object; the last one counts.")
            seen.add(key)
    return found


def _decoder(as_object: Callable[[list[tuple[str, _Json]]], dict[str, _Json]]) -> json.JSONDecoder:
    return json.JSONDecoder(
        object_pairs_hook=as_object,
        parse_int=_integer,
        parse_float=_number,
        parse_constant=lambda name: _UnusableNumber(name, "is not a number"),
    )


def _check_depth(text: str) -> None:
    """Check the depth before parsing, so that no parser can run out of stack."""
    depth = 0
    for token in _NESTING.finditer(text):
        character = token.group()[0]
        if character in "{[":
            depth += 1
            if depth > MAX_DEPTH:
                raise BadSidecar(
                    f"The sidecar nests deeper than {MAX_DEPTH} levels (character {token.start()}).", "Flatten it."
                )
        elif character in "}]":
            depth -= 1


def _integer(text: str) -> int | _UnusableNumber:
    if len(text) <= _INTEGER_DIGITS and (value := int(text)) in INTEGERS:
        return value
    return _UnusableNumber(text, "is an integer of more than 64 bits")


def _number(text: str) -> float | _UnusableNumber:
    value = float(text)
    return value if math.isfinite(value) else _UnusableNumber(text, "is a number that is too large")


# Made once, because making one takes as long as reading a short sidecar.
_DECODER = _decoder(lambda pairs: _as_object(pairs, None))


def _flatten(node: dict[str, _Json], prefix: str, warnings: _WarningList) -> Iterator[tuple[str, Scalar]]:
    """The usable keys below `node` with their values, in the order of the file."""
    for name, value in node.items():
        if value is None:
            continue
        key = prefix + name
        if len(key) > MAX_KEY_CHARS:
            warnings.add(f"{_quote_key(key)} was ignored: the key is longer than {MAX_KEY_CHARS:,} characters.")
        elif not KEY.fullmatch(key):
            warnings.add(f"{_quote_key(key)} was ignored: {KEY_RULE[0].lower()}{KEY_RULE[1:]}.")
        elif isinstance(value, dict):
            yield from _flatten(value, key + ".", warnings)
        elif isinstance(value, list):
            warnings.add(f"{_quote_key(key)} was ignored: it is a list, not a text, number or boolean.")
        elif isinstance(value, _UnusableNumber):
            warnings.add(f"{_quote_key(key)} was ignored: its value {value.reason}.")
        elif isinstance(value, str) and _make_storable_text(value) != value:
            warnings.add(f"{_quote_key(key)} was ignored: its text contains a NUL character or a lone surrogate.")
        else:
            yield key, value


def _make_storable(value: _Json) -> object:
    """The document without values that no database can store. Recursion is safe, because the depth is checked."""
    if isinstance(value, dict):
        return {_make_storable_text(key): _make_storable(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_make_storable(inner) for inner in value]
    if isinstance(value, _UnusableNumber):
        integer = value.text.lstrip("-").isdigit() and len(value.text) <= _WHOLE_INTEGER_DIGITS
        return orjson.Fragment(value.text) if integer else None
    return None if isinstance(value, str) and _make_storable_text(value) != value else value


_UNSTORABLE = re.compile("[\0\ud800-\udfff]")


def _make_storable_text(text: str) -> str:
    return text if text.isprintable() else _UNSTORABLE.sub("\ufffd", text)


def _quote_key(key: str) -> str:
    """A key for a message: short, and without characters that could disturb a terminal."""
    shown = key if len(key) <= 60 else key[:59] + "…"  # noqa: PLR2004 - what fits into a line of a message
    return f'"{shown}"' if shown.isprintable() else json.dumps(shown)
