"""Decode untrusted JSON of label files into typed values. Pure."""

from __future__ import annotations

from typing import TypeVar

import msgspec

from mirrorlake.labels.json_size import measure_json
from mirrorlake.labels.records import BadLabels

ELEMENTS_LIMIT = 4_000_000  # of the lists on top of a document; each needs some hundred bytes until it is parsed
VALUES_LIMIT = 2_000_000  # of one element; each needs some eighty bytes
SMALL_BYTES = 10_000_000  # of a document that cannot exceed these limits

T = TypeVar("T")


def decode_json(data: bytes | msgspec.Raw, kind: type[T]) -> T:
    """The value of a JSON document or of a part of one. Raises BadLabels, also if it needs too much memory."""
    if not isinstance(data, msgspec.Raw) and len(data) > SMALL_BYTES:
        _check_size(data)
    try:
        return msgspec.json.decode(data, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadLabels(str(error)) from error
    except RecursionError as error:
        raise BadLabels("The JSON is nested too deeply.") from error


def _check_size(data: bytes) -> None:
    size = measure_json(data)
    if size.elements > ELEMENTS_LIMIT:
        raise BadLabels(f"The lists of the document have more than {ELEMENTS_LIMIT:,} elements.")
    if size.values > VALUES_LIMIT:
        raise BadLabels(f"One element of the document has more than {VALUES_LIMIT:,} values.")
