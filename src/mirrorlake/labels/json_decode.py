"""Decode untrusted JSON of label files into typed values. Pure."""

from __future__ import annotations

from typing import TypeVar

import msgspec

from mirrorlake.labels.json_size import measure_json
from mirrorlake.labels.records import BadLabels

ELEMENTS_LIMIT = 4_000_000  # of the lists on top of a document; each needs some hundred bytes until it is parsed
VALUES_LIMIT = 2_000_000  # of one element; each needs some eighty bytes
DEEP_VALUES_LIMIT = 12_000_000  # of a document about one image: two of them make a point of some hundred bytes
SMALL_BYTES = 10_000_000  # of a document that cannot exceed these limits

T = TypeVar("T")


def decode_json(data: bytes | msgspec.Raw, kind: type[T], *, below: int = 0) -> T:
    """The value of a JSON document or of a part of one. Raises BadLabels, also if it needs too much memory.

    `below`: `kind` keeps the elements of lists as bytes that are this many levels below the lists on top.
    """
    if not isinstance(data, msgspec.Raw) and len(data) > SMALL_BYTES:
        _check_size(data, below)
    try:
        return msgspec.json.decode(data, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadLabels(str(error)) from error
    except RecursionError as error:
        raise BadLabels("The JSON is nested too deeply.") from error


def _check_size(data: bytes, below: int) -> None:
    size = measure_json(data, below=below)
    elements = VALUES_LIMIT if below else ELEMENTS_LIMIT
    if size.elements > elements:
        raise BadLabels(f"The lists of the document have more than {elements:,} elements.")
    if size.values > VALUES_LIMIT:
        raise BadLabels(f"One element of the document has more than {VALUES_LIMIT:,} values.")
    if below and size.all_values > DEEP_VALUES_LIMIT:
        raise BadLabels(f"The document has more than {DEEP_VALUES_LIMIT:,} values.")
