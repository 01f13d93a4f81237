"""What a query means, as frozen values: the tree between the parser and the SQL."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from mirrorlake.model.assets import AssetState
from mirrorlake.model.media import MediaKind


class Comparison(StrEnum):
    """How a value is compared. `:` and `=` are the same."""

    EQ = "="
    NE = "!="
    LT = "<"
    LE = "<="
    GT = ">"
    GE = ">="


class IntegerColumn(StrEnum):
    """Whole numbers that every asset has."""

    SIZE = "size"  # bytes
    WIDTH = "width"  # pixels, upright
    HEIGHT = "height"


class TimeColumn(StrEnum):
    """Moments of an asset. `modified` may be unknown, the others never are."""

    CREATED = "created"  # when the library first saw it
    UPDATED = "updated"  # when the library last changed anything about it
    MODIFIED = "modified"  # when the bucket says the object was written


@dataclass(frozen=True, slots=True)
class Text:
    """A quoted value, or one that is no number, boolean or date: compared as text only."""

    text: str


@dataclass(frozen=True, slots=True)
class Number:
    """An unquoted number. Equal to the same number, and to the text as it was typed."""

    text: str
    value: Decimal


@dataclass(frozen=True, slots=True)
class Boolean:
    """An unquoted `true` or `false`. Equal to that boolean, and to the text as it was typed."""

    text: str
    value: bool


@dataclass(frozen=True, slots=True)
class Span:
    """An unquoted date or time: everything from `start` up to, not including, `end` (UTC unless it says a zone)."""

    text: str
    start: datetime
    end: datetime


Literal = Text | Number | Boolean | Span


@dataclass(frozen=True, slots=True)
class Pattern:
    """A text with `*`: the literal pieces between the stars, so `a*b` is `("a", "b")`. Never fewer than two."""

    pieces: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Everything:
    """No condition at all."""


@dataclass(frozen=True, slots=True)
class And:
    """All of them. Never fewer than two."""

    terms: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """Any of them. Never fewer than two."""

    terms: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """Everything that the term does not match, assets that lack the thing asked about included."""

    term: Node


@dataclass(frozen=True, slots=True)
class NameContains:
    """The name holds this text, in any case."""

    text: str


@dataclass(frozen=True, slots=True)
class FileName:
    """The name's last segment is this text, or matches this pattern, in any case."""

    value: str | Pattern


@dataclass(frozen=True, slots=True)
class PathMatches:
    """The object key matches this glob from end to end; its pieces were found by the parser."""

    glob: str
    literal: bool  # quoted: no character of it is a wildcard


@dataclass(frozen=True, slots=True)
class MetadataExists:
    """The asset has this metadata key, whatever its value."""

    key: str


@dataclass(frozen=True, slots=True)
class MetadataCompare:
    """The value under a metadata key, compared. Assets that lack the key never match, for NE neither."""

    key: str
    comparison: Comparison
    literal: Literal


@dataclass(frozen=True, slots=True)
class MetadataMatches:
    """The text under a metadata key matches a pattern; case matters."""

    key: str
    pattern: Pattern


@dataclass(frozen=True, slots=True)
class HasTag:
    """The asset carries this tag (case matters), or one that matches the pattern."""

    value: str | Pattern


@dataclass(frozen=True, slots=True)
class InProject:
    """The asset is in the project of this name (case matters), or in one that matches the pattern."""

    value: str | Pattern


@dataclass(frozen=True, slots=True)
class InDatasource:
    """The asset is reached by the datasource of this name."""

    name: str


@dataclass(frozen=True, slots=True)
class HasMediaType:
    """`image/png` exactly, or a whole family as `image`."""

    value: str


@dataclass(frozen=True, slots=True)
class HasKind:
    """Images, videos, documents, ..."""

    kind: MediaKind


@dataclass(frozen=True, slots=True)
class HasId:
    """The asset with this id."""

    id: int


@dataclass(frozen=True, slots=True)
class IntegerCompare:
    """One of the whole-number columns, compared."""

    column: IntegerColumn
    comparison: Comparison
    value: int


@dataclass(frozen=True, slots=True)
class TimeCompare:
    """One of the moments, compared with a span: `=` is inside it, `<` before it, `>` after it."""

    column: TimeColumn
    comparison: Comparison
    span: Span


@dataclass(frozen=True, slots=True)
class StateIs:
    """The asset's state; None is any state, which also brings the trash into view."""

    state: AssetState | None


Leaf = (
    Everything
    | NameContains
    | FileName
    | PathMatches
    | MetadataExists
    | MetadataCompare
    | MetadataMatches
    | HasTag
    | InProject
    | InDatasource
    | HasMediaType
    | HasKind
    | HasId
    | IntegerCompare
    | TimeCompare
    | StateIs
)
Node = Leaf | And | Or | Not


class SortColumn(StrEnum):
    """What a result can be ordered by, metadata keys apart."""

    NAME = "name"
    KEY = "key"
    TYPE = "type"
    SIZE = "size"
    WIDTH = "width"
    HEIGHT = "height"
    CREATED = "created"
    UPDATED = "updated"
    MODIFIED = "modified"
    ID = "id"


@dataclass(frozen=True, slots=True)
class MetadataColumn:
    """Order by the value under a metadata key; assets without it come last."""

    key: str


@dataclass(frozen=True, slots=True)
class Sort:
    """One rule of order. Ascending unless `descending`."""

    by: SortColumn | MetadataColumn
    descending: bool


@dataclass(frozen=True, slots=True)
class Query:
    """A whole query: which assets, and in which order (none = newest first)."""

    where: Node
    sorts: tuple[Sort, ...]
