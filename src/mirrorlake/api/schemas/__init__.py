"""The bodies of requests, one module for each noun. Answers are the public nouns of `model` themselves."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Body(BaseModel):
    """Base of every body: an unknown field is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")
