"""The meaning of a query as frozen values: the tree between the parser and the SQL."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from mirrorlake.model.assets import AssetState
from mirrorlake.model.media import MediaKind
from mirrorlake.model.splits import Split


class Comparison(StrEnum):
    """How a value is compared. `:` and `=` are the same operator."""

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
    """Times of an asset. Only `modified` can be unknown."""

    CREATED = "created"  # when the library first saw it
    UPDATED = "updated"  # when the library last changed anything about it
    MODIFIED = "modified"  # modification time of the object in the bucket


@dataclass(frozen=True, slots=True)
class Text:
    """A quoted value, or one that is not a number, boolean or date. Compared as text only."""

    text: str


@dataclass(frozen=True, slots=True)
class Number:
    """An unquoted number. Equal to the same number, and to the text that was typed."""

    text: str
    value: Decimal


@dataclass(frozen=True, slots=True)
class Boolean:
    """An unquoted `true` or `false`. Equal to that boolean, and to the text that was typed."""

    text: str
    value: bool


@dataclass(frozen=True, slots=True)
class Span:
    """An unquoted date or time: from `start` up to but excluding `end`, in UTC unless a zone is given."""

    text: str
    start: datetime
    end: datetime


Literal = Text | Number | Boolean | Span


@dataclass(frozen=True, slots=True)
class Pattern:
    """A text with `*`: the literal pieces between the stars, so `a*b` is `("a", "b")`. At least two."""

    pieces: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Everything:
    """No condition."""


@dataclass(frozen=True, slots=True)
class And:
    """All terms match. At least two."""

    terms: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """Any term matches. At least two."""

    terms: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """Every asset that the term does not match, including assets without the value in question."""

    term: Node


@dataclass(frozen=True, slots=True)
class NameContains:
    """The name contains this text, ignoring case."""

    text: str
    quoted: bool = field(default=False, compare=False)  # means the same, but no comparison was intended


@dataclass(frozen=True, slots=True)
class FileName:
    """The last segment of the name equals this text or matches this pattern, ignoring case."""

    value: str | Pattern


@dataclass(frozen=True, slots=True)
class PathMatches:
    """The whole object key matches this glob. The parser found its pieces."""

    glob: str
    literal: bool  # quoted: no character is a wildcard


class Values(StrEnum):
    """Named values of an asset that are searched alike."""

    METADATA = "metadata"
    FACTS = "facts"  # what was read from the bytes

    @property
    def key(self) -> str:
        """What one of its names is called in messages."""
        return "metadata key" if self is Values.METADATA else "fact"


@dataclass(frozen=True, slots=True)
class MetadataExists:
    """The asset has this metadata key (or fact), whatever its value."""

    key: str
    values: Values = Values.METADATA


@dataclass(frozen=True, slots=True)
class MetadataCompare:
    """A comparison with a metadata value. Assets without the key never match, not even with NE."""

    key: str
    comparison: Comparison
    literal: Literal
    values: Values = Values.METADATA


@dataclass(frozen=True, slots=True)
class MetadataMatches:
    """The text of a metadata value matches a pattern, case-sensitively."""

    key: str
    pattern: Pattern
    values: Values = Values.METADATA


@dataclass(frozen=True, slots=True)
class HasTag:
    """The asset has this tag, or a tag that matches the pattern. Case-sensitive."""

    value: str | Pattern


@dataclass(frozen=True, slots=True)
class InProject:
    """The asset is in the project with this name, or with a name that matches the pattern. Case-sensitive."""

    value: str | Pattern


@dataclass(frozen=True, slots=True)
class InSplit:
    """The asset is in this split of a project; None: in none although it is in the project."""

    split: Split | None
    projects: tuple[str | Pattern, ...] = ()  # see `splits.bind_splits`; without any, every project counts


@dataclass(frozen=True, slots=True)
class InDatasource:
    """The datasource with this name, or one with a name that matches the pattern, reaches the asset. Case-sensitive."""

    value: str | Pattern


@dataclass(frozen=True, slots=True)
class HasClass:
    """As many annotations of the class with this name, or of classes that match the pattern. Case-sensitive."""

    value: str | Pattern
    comparison: Comparison = Comparison.GE
    count: int = 1


@dataclass(frozen=True, slots=True)
class AnnotationCount:
    """A comparison with the number of annotations of any class."""

    comparison: Comparison
    count: int


class BoxMeasure(StrEnum):
    """A measure of the box around an annotation."""

    AREA = "box-area"  # as a fraction of the image
    SIDE = "box-side"  # the shorter one, in pixels of the image


@dataclass(frozen=True, slots=True)
class HasBox:
    """An annotation whose box passes all of these comparisons. One without a box passes none."""

    measure: BoxMeasure
    bounds: tuple[tuple[Comparison, Decimal], ...]


@dataclass(frozen=True, slots=True)
class HasMediaType:
    """A media type such as `image/png`, or a family such as `image`."""

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
class HasDigest:
    """The content, read as a whole, has this BLAKE3 digest: 64 hexadecimal digits in lower case."""

    digest: str


@dataclass(frozen=True, slots=True)
class NearDuplicate:
    """The picture looks like that of the asset with this id, or the bytes are equal. That asset itself matches."""

    id: int


@dataclass(frozen=True, slots=True)
class HasText:
    """The text that was read in the picture has these words, one after the other; without words: any text.

    The words are as `model.picture_texts.words_of` returns them.
    """

    words: tuple[str, ...]
    prefix: bool = False  # the last word may go on


@dataclass(frozen=True, slots=True)
class IntegerCompare:
    """A comparison with a whole-number column."""

    column: IntegerColumn
    comparison: Comparison
    value: int


@dataclass(frozen=True, slots=True)
class TimeCompare:
    """A comparison of a time with a span: `=` is inside, `<` before and `>` after it."""

    column: TimeColumn
    comparison: Comparison
    span: Span


@dataclass(frozen=True, slots=True)
class StateIs:
    """The state of the asset; None is any state, including the trash."""

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
    | InSplit
    | InDatasource
    | HasClass
    | AnnotationCount
    | HasBox
    | HasMediaType
    | HasKind
    | HasId
    | HasDigest
    | NearDuplicate
    | HasText
    | IntegerCompare
    | TimeCompare
    | StateIs
)
Node = Leaf | And | Or | Not


class SortColumn(StrEnum):
    """Columns that can order a result, besides metadata keys."""

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
    """Order by the value under a metadata key (or a fact); assets without it come last."""

    key: str
    values: Values = Values.METADATA


@dataclass(frozen=True, slots=True)
class Sort:
    """One sort rule. Ascending unless `descending`."""

    by: SortColumn | MetadataColumn
    descending: bool


@dataclass(frozen=True, slots=True)
class LikeText:
    """Pictures that show what a text describes."""

    text: str


@dataclass(frozen=True, slots=True)
class LikeImage:
    """Pictures that are similar to that of the asset with this id."""

    id: int


Likeness = LikeText | LikeImage


@dataclass(frozen=True, slots=True)
class Query:
    """A whole query: which assets, in which order (no sorts: newest first).

    With a likeness, which has no sorts beside it, the most similar of these assets, the most similar first.
    """

    where: Node
    sorts: tuple[Sort, ...]
    likeness: Likeness | None = None


def names_trash(node: Node) -> bool:
    """Whether a term asks for the trash or for any state. Without one, assets in the trash are not found."""
    match node:
        case And(terms) | Or(terms):
            return any(names_trash(term) for term in terms)
        case Not(term):
            return names_trash(term)
        case StateIs(state):
            return state is None or state is AssetState.TRASH
        case _:
            return False
