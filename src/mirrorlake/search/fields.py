"""The fields of the query language, one row each, and how the text after an operator becomes a node."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Sequence
from functools import partial

from mirrorlake.core.errors import PatternError, UnknownField
from mirrorlake.formats.registry import all_formats, formats_by_suffix
from mirrorlake.model.assets import AssetState
from mirrorlake.model.media import FACT_NAMES, MediaKind
from mirrorlake.search.digests import read_digest
from mirrorlake.search.label_fields import read_annotation_count, read_box, read_class, read_has
from mirrorlake.search.likeness import LIKENESS_FIELDS
from mirrorlake.search.nodes import (
    And,
    Boolean,
    BoxMeasure,
    Comparison,
    FileName,
    HasId,
    HasKind,
    HasMediaType,
    HasTag,
    InDatasource,
    InProject,
    IntegerColumn,
    IntegerCompare,
    MetadataColumn,
    MetadataCompare,
    MetadataExists,
    MetadataMatches,
    NearDuplicate,
    Node,
    Not,
    Number,
    PathMatches,
    Pattern,
    Sort,
    SortColumn,
    Span,
    StateIs,
    TimeColumn,
    TimeCompare,
    Values,
)
from mirrorlake.search.picture_texts import read_picture_text
from mirrorlake.search.scanner import Scanner, Value
from mirrorlake.search.splits import read_split
from mirrorlake.search.term import METADATA_KEY, Term, as_comparison
from mirrorlake.search.values import (
    RangeEnd,
    read_integer,
    read_literal,
    read_range,
    read_size,
    read_span,
    read_text,
)
from mirrorlake.select.patterns import read_pattern

_FIELD = re.compile(r"(?P<name>[^\W\d][\w-]*)(?P<op>:(?:>=|<=|!=|>|<|=)|:|==|>=|<=|!=|>|<|=)")
_OPERATOR = re.compile(r":(?:>=|<=|!=|>|<|=)|:|==|>=|<=|!=|>|<|=")
_METADATA = re.compile(r"(?P<values>metadata|facts)[.:]", re.IGNORECASE)
_SORT = re.compile(r"sort:", re.IGNORECASE)
_COUNTED = frozenset({"class"})  # fields whose value may be followed by a comparison with a number
_DOUBLED = re.compile(r"[<>=]|!=")  # where a value should begin: a comparison too many
_EXAMPLES = {Values.METADATA: "metadata.camera_id:7", Values.FACTS: "facts.pages>10"}
QUOTE_HINT = "To search for this text in names, put it in quotes."

# What `format:` takes, with the media types.
FORMATS = {suffix.removeprefix("."): one.media_type for suffix, one in formats_by_suffix().items()}
# The usual name of each media type. The first suffix of JSON is that of JSON Lines.
FORMAT_NAMES = {one.media_type: one.suffixes[0].removeprefix(".") for one in all_formats()} | {
    "application/json": "json"
}
_FAMILIES = frozenset(one.partition("/")[0] for one in FORMATS.values())


def read_field(scanner: Scanner) -> Node | None:
    """`field = name operator value`, without spaces; None for a plain word."""
    named = _METADATA.match(scanner.source, scanner.at)
    if named:
        return _metadata(scanner, Values(named.group("values").lower()))
    found = _FIELD.match(scanner.source, scanner.at)
    if not found:
        operator = _OPERATOR.match(scanner.source, scanner.at)
        if operator:
            raise scanner.error(
                f"Expected a field name before {operator.group()}.",
                f"Write field, comparison and value without spaces, as in width>800. {QUOTE_HINT}",
            )
        return None
    name = found.group("name").lower()
    reader = FIELDS.get(name)
    if reader is None:
        raise _unknown(scanner, name)
    return reader(_term(scanner, name, scanner.at, found.end("name")))


def read_sort(scanner: Scanner) -> Sort | None:
    """`sort = "sort:" ["-"] (column | "metadata." key) [":asc" | ":desc"]`; None for anything else."""
    found = _SORT.match(scanner.source, scanner.at)
    if not found:
        return None
    scanner.at = found.end()
    value = _value(scanner, "sort:")
    text, _, direction = value.text.partition(":")
    minus = text.startswith("-")
    column = text.removeprefix("-")
    by: SortColumn | MetadataColumn
    named = _METADATA.match(column)
    if named and METADATA_KEY.fullmatch(column, named.end()):
        by = MetadataColumn(column[named.end() :], Values(named.group("values").lower()))
    else:
        try:
            by = SortColumn(column.lower())
        except ValueError:
            raise scanner.error(
                "Unknown sort column.",
                f"{_nearest(column.lower(), SortColumn)}Sort by {', '.join(SortColumn)}, metadata.KEY or facts.KEY, "
                "as in sort:updated:desc.",
                at=value.at + minus,
            ) from None
    if direction.lower() not in ("", "asc", "desc") or value.text.endswith(":"):
        raise scanner.error("Expected asc or desc.", "Example: sort:size:desc.", at=value.at + len(text) + 1)
    return Sort(by, minus != (direction.lower() == "desc"))


def _unknown(scanner: Scanner, name: str) -> Exception:
    close = difflib.get_close_matches(name, [*FIELDS, *LIKENESS_FIELDS, "metadata.KEY", "facts.KEY", "sort"], n=3)
    if name in FACT_NAMES:
        close = [f"facts.{name}"]
    similar = tuple(f"{each}:" for each in close)
    hint = f"{did_you_mean(similar)} " if close else ""
    known = "" if close else f"Fields are {', '.join([*FIELDS, *LIKENESS_FIELDS])}, metadata.KEY, facts.KEY and sort. "
    found = _FIELD.match(scanner.source, scanner.at)
    written = name if found is None else found["name"]
    key = found.group() if found is not None and METADATA_KEY.fullmatch(written) else ""
    metadata = f"A metadata key is written metadata.{key}… " if key else ""
    return UnknownField(
        f"Unknown search field: {name}.",
        f"{hint}{known}{metadata}{QUOTE_HINT}",
        text=scanner.source,
        position=scanner.at,
        name=written,
        similar=similar,
    )


def did_you_mean(names: Sequence[str]) -> str:
    """The question whether one of these was meant."""
    return f"Did you mean {' or '.join(names)}?"


def _nearest(text: str, known: Iterable[str]) -> str:
    """A question that names what is most similar to a wrong word; empty without anything similar."""
    close = difflib.get_close_matches(text, list(known), n=1)
    return f"Did you mean {close[0]}? " if close else ""


def _term(scanner: Scanner, name: str, field_at: int, op_at: int) -> Term:
    operator = _OPERATOR.match(scanner.source, op_at)
    if operator is None:
        raise scanner.error("Expected : or a comparison.", f"Examples: {name}:value, {name}>80.", at=op_at)
    scanner.at = operator.end()
    symbol = operator.group().removeprefix(":")
    comparison = as_comparison(symbol)
    return Term(
        field=name,
        field_at=field_at,
        comparison=comparison,
        op_at=op_at,
        value=_value(scanner, scanner.source[field_at : scanner.at], follows=")<>=!" if name in _COUNTED else ")"),
        scanner=scanner,
    )


def _value(scanner: Scanner, before: str, *, follows: str = ")") -> Value:
    """`value = quoted | raw`, directly after its operator."""
    value = scanner.read_quoted(follows=follows) if scanner.next == '"' else scanner.read_raw()
    if not value.text and not value.quoted:
        raise scanner.error("Expected a value.", f"Write it directly after {before} without a space.", at=value.at)
    doubled = None if value.quoted else _DOUBLED.match(value.text)
    if doubled:
        raise scanner.error(
            f"Expected a value, found {doubled.group()}.",
            f"Write one comparison. A value that begins with {doubled.group()} must be quoted.",
            at=value.at,
        )
    return value


def _metadata(scanner: Scanner, values: Values) -> Node | None:
    """`metadata = ("metadata" | "facts") ("." | ":") key (operator value)`; `metadata:key` alone: the key exists."""
    start = scanner.at
    colon = scanner.source[start + len(values)] == ":"
    key_at = start + len(values) + 1
    word = scanner.source[key_at : scanner.word_end()]
    if not colon and not _OPERATOR.search(word):
        return None  # a file name such as metadata.json
    found = METADATA_KEY.match(scanner.source, key_at)
    if not found:
        raise scanner.error(
            f"Expected a {values.key}.",
            f"A key consists of letters, digits, _ and . and does not begin with a dot. Example: {_EXAMPLES[values]}.",
            at=key_at,
        )
    key, end = found.group(), found.end()
    if not _OPERATOR.match(scanner.source, end):
        if colon and (end == len(scanner.source) or scanner.source[end].isspace() or scanner.source[end] == ")"):
            scanner.at = end
            return MetadataExists(key, values)
        raise scanner.error(
            f"Expected : or a comparison after the {values.key}.",
            "A key consists of letters, digits, _ and . only.",
            at=end,
        )
    return _metadata_term(_term(scanner, f"{values}.{key}", start, end), key, values)


def _metadata_term(term: Term, key: str, values: Values) -> Node:
    text = read_text(term.value)
    if isinstance(text, Pattern):
        node = MetadataExists(key, values) if set(text.pieces) == {""} else MetadataMatches(key, text, values)
        if term.comparison is Comparison.NE:
            # `!=` requires the key, with or without a star.
            return And((MetadataExists(key, values), Not(node)))
        term.require_equals(
            "A value with * can only be compared with : or !=. To search for the character *, quote the value."
        )
        return node
    ends = _read_range_ends(term, _read_ordered)
    if ends is not None:
        return _between(*ends, lambda comparison, value: MetadataCompare(key, comparison, read_literal(value), values))
    literal = read_literal(term.value)
    if isinstance(literal, Boolean) and term.comparison not in (Comparison.EQ, Comparison.NE):
        term.reject(f"{literal.text} has no order.", "Compare it with : or !=.")
    return MetadataCompare(key, term.comparison, literal, values)


def _read_ordered(value: Value) -> Number | Span | None:
    literal = read_literal(value)
    return literal if isinstance(literal, Number | Span) else None


def _read_range_ends(term: Term, read: Callable[[Value], RangeEnd | None]) -> tuple[Value | None, Value | None] | None:
    """The ends of a range if the value is one: the operator is `:` or `=`, and every given end can be read."""
    ends = read_range(term.value)
    if ends is None:
        return None
    low, high = (read(end) if end.text else None for end in ends)
    if any(end.text and found is None for end, found in zip(ends, (low, high), strict=True)):
        return None
    if term.comparison is not Comparison.EQ:
        raise term.scanner.error(
            "A range cannot be combined with a comparison.", f"Write {term.field}:low..high.", at=term.op_at
        )
    if low is not None and high is not None:
        term.require_order(low, high)
    return tuple(end if end.text else None for end in ends)  # pyright: ignore[reportReturnType]: two stay two


def _between(low: Value | None, high: Value | None, compare: Callable[[Comparison, Value], Node]) -> Node:
    """A range includes both ends."""
    terms: list[Node] = []
    if low is not None:
        terms.append(compare(Comparison.GE, low))
    if high is not None:
        terms.append(compare(Comparison.LE, high))
    return And(tuple(terms)) if len(terms) > 1 else terms[0]


def _integer(term: Term, column: IntegerColumn) -> Node:
    read = read_size if column is IntegerColumn.SIZE else read_integer
    ends = _read_range_ends(term, lambda value: read(value.text))

    def compare(comparison: Comparison, value: Value) -> Node:
        number = read(value.text)
        if number is None:
            if column is IntegerColumn.SIZE:
                term.reject("Invalid size.", "Write bytes or a unit, as in size>1.5mb (kb, mb, gb, kib, mib, gib).")
            term.reject(f"Invalid {column.value}.", f"Write a whole number of pixels, for example {column.value}>=800.")
        return IntegerCompare(column, comparison, number)

    return _between(*ends, compare) if ends is not None else compare(term.comparison, term.value)


def _bound(term: Term, column: IntegerColumn, comparison: Comparison) -> Node:
    term.require_equals()
    number = read_integer(term.value.text)
    if number is None:
        term.reject(f"Invalid {column.value}.", f"Write a whole number of pixels, for example {term.field}:800.")
    return IntegerCompare(column, comparison, number)


def _time(term: Term, column: TimeColumn) -> Node:
    ends = _read_range_ends(term, lambda value: read_span(value.text))

    def compare(comparison: Comparison, value: Value) -> Node:
        span = read_span(value.text)
        if span is None:
            term.reject("Invalid date.", f"Examples: {column.value}>2026-01-31, {column.value}:2026-01-31T18:00Z.")
        return TimeCompare(column, comparison, span)

    return _between(*ends, compare) if ends is not None else compare(term.comparison, term.value)


def _filename(term: Term) -> Node:
    return term.allow_negation(FileName(read_text(term.value)))


def _path(term: Term) -> Node:
    text = term.value.text
    try:
        read_pattern(f'"{text}"' if term.value.quoted else text)
    except PatternError as error:
        at = term.value.at if term.value.quoted else term.value.at + error.position
        raise term.scanner.error(error.message, error.fix, at=at) from error
    return term.allow_negation(PathMatches(term.value.text, literal=term.value.quoted))


def _tag(term: Term) -> Node:
    term.require_equals(f"To exclude assets with a tag, write -tag:{term.value.text}.")
    return HasTag(read_text(term.value))


def _project(term: Term) -> Node:
    term.require_equals(f"To exclude assets of a project, write -{term.field}:{term.value.text}.")
    return InProject(read_text(term.value))


def _datasource(term: Term) -> Node:
    return term.allow_negation(InDatasource(read_text(term.value)))


def _type(term: Term) -> Node:
    text = term.value.text.lower().removesuffix("/*")
    if not all(text.split("/")):
        term.reject("Expected a media type.", "Write a family or a whole type, as in type:image or type:image/jpeg.")
    if "*" in text:
        term.reject("A media type has no other wildcard than that of a family.", "Write type:image or type:image/*.")
    if text in FORMATS and text not in _FAMILIES:
        term.reject(f"{text} is a format, not a media type.", f"Write format:{text} or type:{FORMATS[text]}.")
    return term.allow_negation(HasMediaType(text))


def _kind(term: Term) -> Node:
    try:
        return term.allow_negation(HasKind(MediaKind(term.value.text.lower())))
    except ValueError:
        term.reject(
            "Unknown kind of media.", f"{_nearest(term.value.text.lower(), MediaKind)}Kinds are {', '.join(MediaKind)}."
        )


def _format(term: Term) -> Node:
    media_type = FORMATS.get(term.value.text.lower().removeprefix("."))
    if media_type is None:
        term.reject("Unknown format.", f"{_nearest(term.value.text.lower(), FORMATS)}Formats are {', '.join(FORMATS)}.")
    return term.allow_negation(HasMediaType(media_type))


def _state(term: Term) -> Node:
    text = term.value.text.lower()
    if text == "any":
        term.require_equals()
        return StateIs(None)
    try:
        return term.allow_negation(StateIs(AssetState(text)))
    except ValueError:
        term.reject(
            "Unknown state.", f"{_nearest(text, [*AssetState, 'any'])}States are {', '.join(AssetState)} and any."
        )


def _id(term: Term) -> Node:
    number = read_integer(term.value.text)
    if number is None:
        term.reject("Invalid asset id.", "Ids are whole numbers, as in id:42.")
    return term.allow_negation(HasId(number))


def _near_duplicate(term: Term) -> Node:
    number = read_integer(term.value.text)
    if number is None:
        term.reject("Invalid asset id.", "Write the id of an asset, as in near-duplicate:42.")
    return term.allow_negation(NearDuplicate(number))


FIELDS: dict[str, Callable[[Term], Node]] = {
    "tag": _tag,
    "project": _project,
    "filename": _filename,
    "path": _path,
    "datasource": _datasource,
    "kind": _kind,
    "type": _type,
    "format": _format,
    "state": _state,
    "id": _id,
    "digest": read_digest,
    "near-duplicate": _near_duplicate,
    "text": read_picture_text,
    "dataset": _project,
    "split": read_split,
    "class": read_class,
    "has": read_has,
    "min-annotations": partial(read_annotation_count, comparison=Comparison.GE),
    "max-annotations": partial(read_annotation_count, comparison=Comparison.LE),
    **{measure.value: partial(read_box, measure=measure) for measure in BoxMeasure},
    **{column.value: partial(_integer, column=column) for column in IntegerColumn},
    **{column.value: partial(_time, column=column) for column in TimeColumn},
    "min-width": partial(_bound, column=IntegerColumn.WIDTH, comparison=Comparison.GE),
    "max-width": partial(_bound, column=IntegerColumn.WIDTH, comparison=Comparison.LE),
    "min-height": partial(_bound, column=IntegerColumn.HEIGHT, comparison=Comparison.GE),
    "max-height": partial(_bound, column=IntegerColumn.HEIGHT, comparison=Comparison.LE),
}
