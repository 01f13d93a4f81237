"""The decorator of public nouns: JSON, OpenAPI and the SDK are derived from their fields."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final, TypeVar, cast, dataclass_transform

T = TypeVar("T")
# For pydantic, which only the server loads: the string below a field describes it, and a response has every field.
_FOR_OPENAPI: Final = {"use_attribute_docstrings": True, "json_schema_serialization_defaults_required": True}


@dataclass_transform(kw_only_default=True, frozen_default=True, field_specifiers=(field,))
def public_noun(cls: type[T]) -> type[T]:
    """A frozen dataclass whose fields are public names: renaming one breaks scripts, adding one does not.

    Use only types that JSON has: text, numbers, booleans, times, enums of text, other public nouns, and tuples and
    mappings of them.
    """
    made = dataclass(frozen=True, slots=True, kw_only=True)(cls)
    cast("Any", made).__pydantic_config__ = _FOR_OPENAPI
    return made
