"""What a worker says it is doing, read by another process between any two of its writes."""

from __future__ import annotations

import tempfile

from mirrorlake.processing.channel import RowRef, WorkerStatus
from mirrorlake.processing.prestart import STATUS_BYTES


def test_a_row_that_has_just_ended_does_not_look_as_if_it_had_taken_for_ever():
    with tempfile.TemporaryFile() as file:
        file.truncate(STATUS_BYTES)
        status = WorkerStatus(file.fileno(), 1)
    status.decoding(RowRef(3, 4), 1_000)
    seen = status.decoded  # by the coordinator, which asks for the time next
    status.decoding(None)

    assert seen == RowRef(3, 4)
    assert status.since_ns == 1_000
    assert status.decoded is None
    status.close()
