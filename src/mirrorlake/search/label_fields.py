"""The fields of the query language that are about annotations."""

from __future__ import annotations

import re
from decimal import Decimal

from mirrorlake.search.nodes import (
    AnnotationCount,
    BoxMeasure,
    Comparison,
    HasBox,
    HasClass,
    HasText,
    MetadataExists,
    Node,
    Number,
    Values,
)
from mirrorlake.search.scanner import Value
from mirrorlake.search.term import METADATA_KEY, Term, as_comparison
from mirrorlake.search.values import read_integer, read_number, read_range, read_text

_COUNT = re.compile(r"(?P<op>>=|<=|!=|==|>|<|=)(?P<count>[0-9]*)")


def read_class(term: Term) -> Node:
    """`class = ("class:" | "class=") value [comparison number]`, such as `class:forklift>=3`."""
    term.require_equals(f"To exclude assets with a class, write -class:{term.value.text}.")
    value, scanner = term.value, term.scanner
    if value.quoted:
        found = _COUNT.match(scanner.source, scanner.at)
        at = scanner.at
        if found is not None:
            scanner.at = found.end()
            if not (scanner.at_end or scanner.at_space or scanner.next == ")"):
                raise scanner.error(
                    "Expected a whole number.", 'Example: class:"fork lift">=3.', at=found.start("count")
                )
    else:
        found = _COUNT.search(value.text)
        at = value.at
        if found is not None:
            if found.end() != len(value.text):
                at = value.at + found.start("count")
                raise scanner.error("Expected a whole number.", "Example: class:forklift>=3.", at=at)
            value = Value(value.text[: found.start()], value.at, quoted=False)
    if found is None:
        return HasClass(read_text(value))
    count = read_integer(found["count"])
    if count is None:
        raise scanner.error("Expected a whole number.", "Example: class:forklift>=3.", at=at + found.start("count"))
    comparison = as_comparison(found["op"])
    return HasClass(read_text(value), comparison, count)


def read_has(term: Term) -> Node:
    """`has = "has:" ("annotations" | "text" | ("metadata" | "facts") "." key)`."""
    part = term.value.text.lower()
    space, dot, _ = part.partition(".")
    key = term.value.text[len(space) + 1 :]
    if dot and space in tuple(Values) and METADATA_KEY.fullmatch(key):
        return term.allow_negation(MetadataExists(key, Values(space)))
    if part == "text":
        return term.allow_negation(HasText(()))
    if part != "annotations":
        term.reject("Unknown part of an asset.", "Write has:annotations, has:text or has:metadata.KEY.")
    return term.allow_negation(AnnotationCount(Comparison.GE, 1))


def read_box(term: Term, measure: BoxMeasure) -> Node:
    """`("box-area" | "box-side") op (number | low..high)`: a range is of one annotation."""
    ends = read_range(term.value)
    if ends is None:
        if term.comparison is Comparison.NE:
            term.require_equals(f"To exclude such assets, write -{term.field}:{term.value.text}.")
        return HasBox(measure, ((term.comparison, _box_number(term, measure, term.value)),))
    term.require_equals("A range cannot be combined with a comparison.")
    low, high = ends
    bounds = [(Comparison.GE, _box_number(term, measure, low))] if low.text else []
    if high.text:
        bounds.append((Comparison.LE, _box_number(term, measure, high)))
    if len(bounds) > 1 and bounds[0][1] > bounds[1][1]:
        term.require_order(Number(low.text, bounds[0][1]), Number(high.text, bounds[1][1]))
    return HasBox(measure, tuple(bounds))


def _box_number(term: Term, measure: BoxMeasure, value: Value) -> Decimal:
    number = read_number(value.text)
    if number is None or number.value < 0 or (measure is BoxMeasure.AREA and number.value > 1):
        if measure is BoxMeasure.AREA:
            term.reject("Invalid area.", "Write the fraction of the image, from 0 to 1, as in box-area>=0.1.")
        term.reject("Invalid side.", "Write pixels, as in box-side<32.")
    return number.value


def read_annotation_count(term: Term, comparison: Comparison) -> Node:
    """`("min-annotations:" | "max-annotations:") number`."""
    term.require_equals()
    number = read_integer(term.value.text)
    if number is None:
        term.reject("Invalid number of annotations.", f"Write a whole number, for example {term.field}:3.")
    return AnnotationCount(comparison, number)
