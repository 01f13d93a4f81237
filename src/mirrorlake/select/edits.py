"""Read and check metadata keys, values and tags that users write. Pure.

Keys follow the rules of sidecars, so that a query can name every key.
"""

from __future__ import annotations

import json
import math
import re
import shlex
import unicodedata
from collections.abc import Iterable

from mirrorlake.core.errors import UsageError
from mirrorlake.model.assets import Scalar
from mirrorlake.model.edits import Edit
from mirrorlake.select.metadata import INTEGERS, KEY, KEY_RULE, MAX_KEY_CHARS

MAX_VALUE_CHARS = 8192  # of a text; longer ones are documents, not metadata
MAX_TAG_CHARS = 100
MAX_PROJECT_CHARS = 100
_EXAMPLE_CHARS = 60  # of a key in a message
_UNUSABLE = {"Cc", "Cs", "Zl", "Zp"}  # control characters, lone surrogates, line and paragraph separators


def check_edit(edit: Edit) -> Edit:
    """The edit with its tags trimmed.

    Raises UsageError for a key, value or tag that cannot be stored, and for one that is both added and removed.
    """
    for key, value in edit.metadata.items():
        check_key(key)
        _check_value(key, value)
    for key in edit.remove_metadata:
        check_key(key)
    add, remove = _tags(edit.add_tags), _tags(edit.remove_tags)
    _refuse_both("metadata key", set(edit.metadata) & set(edit.remove_metadata))
    _refuse_both("tag", set(add) & set(remove))
    _refuse_both("project", set(edit.add_projects) & set(edit.remove_projects))
    for name in (*edit.add_projects, *edit.remove_projects):
        check_project_name(name)
    return Edit(
        metadata=dict(edit.metadata),
        remove_metadata=edit.remove_metadata,
        add_tags=add,
        remove_tags=remove,
        add_projects=tuple(dict.fromkeys(edit.add_projects)),
        remove_projects=tuple(dict.fromkeys(edit.remove_projects)),
    )


def check_project_name(name: str) -> None:
    """Raise UsageError for a name that no project can have."""
    if not name.strip() or len(name) > MAX_PROJECT_CHARS or not name.isprintable():
        raise UsageError(
            f"Invalid project name: {name!r}.", f"Use 1 to {MAX_PROJECT_CHARS} characters without control characters."
        )


def parse_assignment(word: str) -> tuple[str, Scalar]:
    """Parse `KEY=VALUE`. Raises UsageError."""
    key, equals, text = word.partition("=")
    if not equals:
        raise UsageError(f"{_quote(word)} has no value.", "Write KEY=VALUE, for example site=north or weight=2.5.")
    check_key(key)
    value = parse_value(text, key)
    _check_value(key, value)
    return key, value


def parse_value(text: str, key: str) -> Scalar:
    """A JSON scalar if the text is one, else the text itself: `95` is a number, `"95"` and `front` are texts.

    Raises UsageError for `null`, and for a number that is too large.
    """
    try:
        found: object = json.loads(text, parse_int=_integer, parse_constant=_reject_constant)
    except (ValueError, RecursionError):
        return text
    match found:
        case None:
            raise UsageError(
                f"The value of {key} is null, which cannot be stored.",
                f"To remove the key: mirrorlake metadata remove ID {shlex.quote(key)}. For the text, write"
                f" {shlex.quote(key)}='\"null\"'.",
            )
        case bool() | int() | float() | str():
            return found
        case _:
            return text


def _integer(text: str) -> int:
    # Python refuses to parse integers of thousands of digits; any that is too long stands for all of them.
    return int(text) if len(text) <= len(str(INTEGERS.start)) else INTEGERS.stop


def _reject_constant(name: str) -> object:
    # NaN and Infinity are texts: JSON does not know them.
    raise ValueError(name)


def check_key(key: str) -> None:
    """Raise UsageError for a metadata key that cannot be stored: the rule of sidecars."""
    if len(key) > MAX_KEY_CHARS:
        raise UsageError(f"The metadata key {_quote(key)} is too long.", f"Use at most {MAX_KEY_CHARS:,} characters.")
    if not KEY.fullmatch(key):
        valid = re.sub(r"[^A-Za-z0-9_.]+", "_", key).lstrip(".")
        example = f" For example: {valid}." if KEY.fullmatch(valid) and len(valid) <= _EXAMPLE_CHARS else ""
        raise UsageError(f"Invalid metadata key: {_quote(key)}.", f"{KEY_RULE}.{example}")


def _check_value(key: str, value: Scalar) -> None:
    match value:
        case bool():
            return
        case int() if value not in INTEGERS:
            problem, fix = "is an integer of more than 64 bits", "Quote it to store it as a text."
        case float() if not math.isfinite(value):
            problem, fix = "is a number that is too large", "Quote it to store it as a text."
        case str() if len(value) > MAX_VALUE_CHARS:
            problem, fix = f"has {len(value):,} characters", f"Use at most {MAX_VALUE_CHARS:,}."
        case str() if "\0" in value or any(unicodedata.category(ch) == "Cs" for ch in value):
            problem, fix = "contains a NUL character or a lone surrogate", "Remove that character."
        case _:
            return
    raise UsageError(f"The value of {key} {problem}.", fix)


def _tags(tags: Iterable[str]) -> tuple[str, ...]:
    trimmed = dict.fromkeys(tag.strip() for tag in tags)
    for tag in trimmed:
        if not 0 < len(tag) <= MAX_TAG_CHARS or any(unicodedata.category(ch) in _UNUSABLE for ch in tag):
            raise UsageError(
                f"Invalid tag: {_quote(tag)}.",
                f"Use 1 to {MAX_TAG_CHARS} characters and no control characters.",
            )
    return tuple(trimmed)


def _refuse_both(what: str, both: set[str]) -> None:
    if both:
        raise UsageError(f"The {what} {_quote(min(both))} is both added and removed.", "Name it once.")


def _quote(text: str) -> str:
    return json.dumps(text if len(text) <= 60 else text[:59] + "…", ensure_ascii=not text.isprintable())  # noqa: PLR2004
