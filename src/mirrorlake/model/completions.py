"""What can be written at a position of a query."""

from __future__ import annotations

from enum import StrEnum

from mirrorlake.model.fields import ValueType
from mirrorlake.model.public import public_noun


class SuggestionKind(StrEnum):
    """What a suggestion is."""

    FIELD = "field"
    KEY = "key"
    FACT = "fact"
    TAG = "tag"
    VALUE = "value"
    OPERATOR = "operator"
    SORT = "sort"
    KEYWORD = "keyword"


@public_noun
class Suggestion:
    """Something that can be written."""

    text: str
    """What replaces the characters from `start` to `end` of the query, quoted where necessary."""
    label: str
    """The name or value itself."""
    kind: SuggestionKind
    assets: int | None = None
    """Assets that have it, those in the trash apart; null if that is not known."""
    type: ValueType | None = None
    """The type of a value, or of most values of a key."""


@public_noun
class Completions:
    """What can be written at a position of a query, the likeliest first."""

    start: int
    """The first character of the query that a suggestion replaces, counted from 0 in Unicode characters."""
    end: int
    """The character after the last one that a suggestion replaces."""
    suggestions: tuple[Suggestion, ...]
    complete: bool
    """Whether there is nothing else. Otherwise write more of it: only the first and frequent ones are listed."""
    pending: int
    """Assets that were changed and are not counted yet."""
