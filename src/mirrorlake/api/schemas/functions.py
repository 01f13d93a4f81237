"""Bodies of requests about own functions."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from mirrorlake.api.schemas import Body
from mirrorlake.model.functions import (
    DEFAULT_ATTEMPTS,
    DEFAULT_TIMEOUT_S,
    MAX_ATTEMPTS,
    MAX_TIMEOUT_S,
    FunctionEvent,
    NewFunction,
    Repeat,
)
from mirrorlake.model.jobs import DEFAULT_POOL

_NAME = r"^[a-z0-9][a-z0-9_-]{0,62}$"


class NewFunctionBody(Body):
    """A webhook to add as a function. Functions in Python are added on the library's own machine."""

    name: Annotated[str, Field(pattern=_NAME, description="Name of the function.")]
    url: Annotated[str, Field(min_length=1, max_length=2048, description="Where requests are sent to.")]
    events: Annotated[
        tuple[FunctionEvent, ...],
        Field(min_length=1, max_length=4, description="What it is called for; run.finished only alone."),
    ] = (FunctionEvent.CREATED,)
    query: Annotated[str, Field(max_length=8192, description="The assets that it is called for; empty: all.")] = ""
    repeat: Annotated[Repeat, Field(description="How often for one asset: once, or always.")] = Repeat.ALWAYS
    pool: Annotated[str, Field(pattern=_NAME, description="The workers that call it.")] = DEFAULT_POOL
    timeout_s: Annotated[int, Field(ge=1, le=MAX_TIMEOUT_S, description="Seconds that one call may take.")] = (
        DEFAULT_TIMEOUT_S
    )
    attempts: Annotated[int, Field(ge=1, le=MAX_ATTEMPTS, description="Calls for the same before it has failed.")] = (
        DEFAULT_ATTEMPTS
    )

    def as_function(self) -> NewFunction:
        """The function as a value of the library."""
        return NewFunction(
            name=self.name,
            url=self.url,
            events=tuple(dict.fromkeys(self.events)),
            query=self.query,
            repeat=self.repeat,
            pool=self.pool,
            timeout_s=self.timeout_s,
            attempts=self.attempts,
        )


class CallBody(Body):
    """What a function is called for again."""

    query: Annotated[
        str | None, Field(max_length=8192, description="All assets of this query; null: only what waits.")
    ] = None
    failed: Annotated[
        bool, Field(description="Of a query, only where its last call failed; else also what failed.")
    ] = False
