"""Cursors of lists: opaque to clients, a kind and a position in JSON to us."""

from __future__ import annotations

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import TypeVar, cast

import orjson

from mirrorlake.core.errors import UsageError

T = TypeVar("T")
_BIGINT = range(-(2**63), 2**63)


def write_cursor(kind: str, position: object) -> str:
    """The cursor of the next page of a list; `position` is anything that JSON holds."""
    return urlsafe_b64encode(orjson.dumps([kind, position])).rstrip(b"=").decode("ascii")


def read_cursor(cursor: str, kind: str, position: type[T]) -> T:
    """The position that `write_cursor` was given. Raises UsageError for anything else, such as another list's."""
    try:
        given = cast("object", orjson.loads(urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4))))
    except (UnicodeEncodeError, binascii.Error, orjson.JSONDecodeError) as error:
        raise unusable_cursor() from error
    if not isinstance(given, list) or len(pair := cast("list[object]", given)) != len(("kind", "position")):
        raise unusable_cursor()
    its_kind, place = pair
    if its_kind != kind or not isinstance(place, position) or isinstance(place, bool):
        raise unusable_cursor()
    # Anyone can write a cursor: these would be errors of the database.
    if (isinstance(place, int) and place not in _BIGINT) or (isinstance(place, str) and "\0" in place):
        raise unusable_cursor()
    return place


def unusable_cursor() -> UsageError:
    """The error for a cursor that is not one of this list."""
    return UsageError(
        "The cursor is not one of this list.", "Pass the cursor of the page before with the same parameters."
    )
