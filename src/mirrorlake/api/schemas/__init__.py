"""The bodies of requests, one module per noun. Responses are the public nouns of `model`."""

from __future__ import annotations

from typing import Final

from pydantic import BaseModel, ConfigDict

NUMBER_LIMIT: Final = 2**53 - 1  # the largest number that JavaScript and JSON tools hold exactly
# Names and tags: no control characters, no line separators, and something to see.
_CONTROL: Final = r"\x00-\x1f\x7f-\x9f\u2028\u2029"
VISIBLE: Final = rf"^[^{_CONTROL}]*[^{_CONTROL}\s][^{_CONTROL}]*$"


class Body(BaseModel):
    """Base of every body: an unknown field is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")
