"""Parse a JSON document of settings without duplicate names, and check the types of its values. Pure.

All functions raise SettingsError with the name of the setting and its allowed values; `where` precedes the name, also
in the `field` of the error, which a form marks.
"""

from __future__ import annotations

import json
from enum import StrEnum
from typing import TypeAlias, TypeVar

from mirrorlake.core.errors import SettingsError

Json: TypeAlias = "dict[str, Json] | list[Json] | str | int | float | bool | None"
_Choice = TypeVar("_Choice", bound=StrEnum)


def parse_json(text: str) -> Json:
    """Parse the text of a settings file."""
    try:
        return json.loads(text.removeprefix("\ufeff"), object_pairs_hook=_reject_duplicates)
    except json.JSONDecodeError as error:
        raise SettingsError(
            f"The settings are not valid JSON: {error.msg} (line {error.lineno}, column {error.colno}).",
            "Correct the file there.",
        ) from error
    except RecursionError as error:
        raise SettingsError("The settings are nested too deeply.", "Use a flat object.") from error


def _reject_duplicates(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    found: dict[str, Json] = {}
    for name, value in pairs:
        if name in found:
            raise SettingsError(f"Duplicate setting {name!r}.", "Keep one of the two.")
        found[name] = value
    return found


def read_object(value: Json, what: str) -> dict[str, Json]:
    """Check that `value` is an object; `what` names it in the error."""
    if not isinstance(value, dict):
        raise SettingsError(f"{what} is not a JSON object.", 'Write it as {"glob_patterns": ["photos/**"]}.')
    return value


def read_list(value: Json, what: str) -> list[Json]:
    """Check that `value` is a list; null is an empty one."""
    if value is None:
        return []
    if not isinstance(value, list):
        raise SettingsError(f"{what} is {quote(value)}, not a list.", "Put it in square brackets.", field=what)
    return value


def read_bool(settings: dict[str, Json], name: str, where: str) -> bool | None:
    """Read the setting as a boolean; None if it is absent."""
    value = settings.get(name)
    if value is None or isinstance(value, bool):
        return value
    raise SettingsError(f"{where}{name} is {quote(value)}.", "It can be true or false.", field=f"{where}{name}")


def read_text(settings: dict[str, Json], name: str, where: str = "") -> str | None:
    """Read the setting as a text; None if it is empty or absent."""
    value = settings.get(name)
    if value is None or isinstance(value, str):
        return value or None
    raise SettingsError(f"{where}{name} is {quote(value)}, not a text.", "Put it in quotes.", field=f"{where}{name}")


def read_texts(given: dict[str, Json], name: str, where: str) -> tuple[str, ...]:
    """Read the setting as a list of texts; empty if it is absent."""
    values = read_list(given.get(name), f"{where}{name}")
    read_texts = [value for value in values if isinstance(value, str)]
    if len(read_texts) < len(values):
        raise SettingsError(
            f"{where}{name} contains a value that is not text.",
            'Write a list of texts: ["photos/**"].',
            field=f"{where}{name}",
        )
    return tuple(read_texts)


def read_choice(given: dict[str, Json], name: str, kind: type[_Choice], default: _Choice, where: str) -> _Choice:
    """Read the setting as one of the values of `kind`; `default` if it is absent."""
    value = given.get(name)
    if value is None:
        return default
    if not isinstance(value, str) or value not in set(kind):
        raise SettingsError(
            f"{where}{name} is {quote(value)}.",
            f"It can be {join_choices([one.value for one in kind])}.",
            field=f"{where}{name}",
        )
    return kind(value)


def is_key(text: str) -> bool:
    """Whether an object key can contain all characters of the text."""
    return not any(character == "\0" or "\ud800" <= character <= "\udfff" for character in text)


def quote(value: Json) -> str:
    """A value as quoted in a message, cut to the width of a line."""
    text = json.dumps(value)
    return text if len(text) <= 60 else text[:59] + "…"  # noqa: PLR2004 - what fits into a line of a message


def join_choices(choices: list[str]) -> str:
    """Format choices as a sentence lists them."""
    return " or ".join(filter(None, [", ".join(choices[:-1]), choices[-1]]))
