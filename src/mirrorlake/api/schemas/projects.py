"""Bodies of requests about projects."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from mirrorlake.api.schemas import Body


class Members(Body):
    """The assets to add or remove."""

    assets: Annotated[tuple[Annotated[str, Field(max_length=64)], ...], Field(min_length=1, max_length=1000)]
