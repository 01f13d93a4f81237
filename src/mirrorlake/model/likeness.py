"""Searching pictures by what they show: which model does it, and how far it is."""

from __future__ import annotations

from dataclasses import dataclass

from mirrorlake.model.jobs import DEFAULT_POOL
from mirrorlake.model.public import public_noun

PICTURE_BYTES = 50_000_000  # of a picture that a search is sent


@public_noun
class Likeness:
    """Whether pictures of a workspace are embedded, and by which model."""

    model: str | None
    """The model that pictures are embedded with. Null: they are not."""
    answering: str | None
    """The model that answers searches: the last one that embedded all pictures. Null before the first."""
    vectors: int
    """How many pictures it has embedded. Equal files are counted once."""
    models: tuple[str, ...] = ()
    """The models that are installed on the server."""
    pool: str = DEFAULT_POOL
    """The workers that embed pictures, by the name of their pool."""


@public_noun
class LikenessUpdate:
    """What one job did for pictures that had no hash or no vector."""

    hashed: int
    embedded: int
    failed: int
    """Pictures whose thumbnail is missing or damaged."""
    model: str | None
    videos: int = 0
    """Videos of which several frames were embedded."""
    requests: int = 0
    """Requests to buckets, for frames of videos."""
    bytes_read: int = 0
    """Bytes of their objects that were read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredModel:
    """A model whose vectors are stored, in a table of their own."""

    id: int
    name: str
    dimensions: int
    picture_cutoff: float
    text_cutoff: float
