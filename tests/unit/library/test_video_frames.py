"""What is wrong with the object of one video does not keep the others of its datasource from being read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import pytest

from mirrorlake.catalog.video_frames import VideoObject
from mirrorlake.core.errors import AccessDenied, MirrorlakeError, SourceUnreachable, StorageError, TooBusy
from mirrorlake.library.reads import Reads
from mirrorlake.library.video_frames import FrameEmbedder
from mirrorlake.processing.preview_task import PreviewTask, ReadCost

VIDEOS = [VideoObject(number, b"digest", 1, key, "token", 9) for number, key in enumerate(("bad.mp4", "good.mp4"))]


class Refusing:
    """In place of the processes that render strips: refuses one object."""

    def __init__(self, error: MirrorlakeError) -> None:
        self.error = error

    def make(self, task: PreviewTask, *, owner: str, count: Callable[[ReadCost], object]) -> bytes:
        count(ReadCost(1, 7))
        if task.key == "bad.mp4":
            raise self.error
        return b"a strip" + owner.encode()


@pytest.mark.parametrize(
    ("error", "read"),
    [
        (StorageError("400"), True),
        (AccessDenied("denied"), True),
        (SourceUnreachable("no response"), False),
        (TooBusy("busy"), False),
    ],
)
def test_only_what_concerns_the_source_ends_it(error: MirrorlakeError, *, read: bool) -> None:
    unused = cast("Any", None)
    reads = Reads()
    frames = FrameEmbedder(unused, unused, unused, cast("Any", Refusing(error)), unused, reads=reads, readers=1)
    frames._stores[1] = cast("Any", "a bucket")
    assert [frames._strip(one) for one in VIDEOS] == [None, b"a strip" if read else None]
    assert (reads.requests, reads.bytes) == ((2, 14) if read else (1, 7))
