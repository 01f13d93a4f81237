"""How large pictures are rendered: as thumbnails, as the larger previews of single assets, or not at all."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar

THUMBNAIL_SIDE = 320  # pixels, the longest side
PREVIEW_SIDE = 1280
STRIP_FRAMES = 10  # of a video, beside each other in one picture

_side: ContextVar[int] = ContextVar("rendered_side", default=THUMBNAIL_SIDE)
_only_facts: ContextVar[bool] = ContextVar("only_facts", default=False)


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


def reads_only_facts() -> bool:
    """Whether nothing is rendered now, so that a picture may have any number of pixels."""
    return _only_facts.get()


@contextmanager
def only_facts(*, wanted: bool = True) -> Generator[None]:
    """Let codecs read only facts in this thread."""
    token = _only_facts.set(wanted)
    try:
        yield
    finally:
        _only_facts.reset(token)
