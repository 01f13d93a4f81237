"""Decode untrusted JSON of label files into typed values. Pure."""

from __future__ import annotations

from typing import TypeVar

import msgspec

from mirrorlake.labels.records import BadLabels

T = TypeVar("T")


def decode_json(data: bytes | msgspec.Raw, kind: type[T]) -> T:
    """The value of a JSON document or of a part of one. Raises BadLabels."""
    try:
        return msgspec.json.decode(data, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadLabels(str(error)) from error
    except RecursionError as error:
        raise BadLabels("The JSON is nested too deeply.") from error
