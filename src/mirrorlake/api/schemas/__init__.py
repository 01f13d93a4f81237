"""The bodies of requests, one module per noun. Responses are the public nouns of `model`."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Body(BaseModel):
    """Base of every body: an unknown field is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")
