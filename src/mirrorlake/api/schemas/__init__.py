"""The bodies of requests, one module per noun. Responses are the public nouns of `model`."""

from __future__ import annotations

import re
from typing import Annotated, Final

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict

NUMBER_LIMIT: Final = 2**53 - 1  # the largest number that JavaScript and JSON tools hold exactly
# Names and tags: no control characters, no line separators, and something to see.
_CONTROL: Final = r"\x00-\x1f\x7f-\x9f\u2028\u2029"
VISIBLE: Final = rf"^[^{_CONTROL}]*[^{_CONTROL}\s][^{_CONTROL}]*$"
_DATE: Final = re.compile(r"[0-9]{4}-")


class Body(BaseModel):
    """Base of every body: an unknown field is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def whole(value: object) -> object:
    """A whole number that JSON wrote as 7.0; anything else unchanged."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _check_written(value: object) -> object:
    """Refuse a time as a number of seconds, which pydantic would accept."""
    if isinstance(value, str) and not _DATE.match(value):
        raise ValueError("Write a time with its zone, such as 2026-01-31T18:00:00Z.")
    return value


WrittenTime = Annotated[AwareDatetime, BeforeValidator(_check_written)]
