"""How large pictures are rendered: as thumbnails, or as the larger previews of single assets."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar

THUMBNAIL_SIDE = 320  # pixels, the longest side
PREVIEW_SIDE = 1280
STRIP_FRAMES = 10  # of a video, beside each other in one picture

_side: ContextVar[int] = ContextVar("rendered_side", default=THUMBNAIL_SIDE)


def rendered_side() -> int:
    """The longest side, in pixels, of what codecs render now."""
    return _side.get()


@contextmanager
def rendering(side: int) -> Generator[None]:
    """Let codecs render pictures of this size in this thread."""
    token = _side.set(side)
    try:
        yield
    finally:
        _side.reset(token)
