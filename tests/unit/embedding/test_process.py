"""A process that stops answering is ended, like one that ends itself."""

from __future__ import annotations

import sys

import pytest

from mirrorlake.core.errors import MirrorlakeError
from mirrorlake.embedding.process import EmbeddingProcess

# Answers its first batch, and of the second one only the length.
_STALLS = """
import sys, time
from mirrorlake.core.messages import read_message, write_message
read_message(sys.stdin.buffer)
write_message(sys.stdout.buffer, b"\\x91\\xc0")
read_message(sys.stdin.buffer)
sys.stdout.buffer.write((9).to_bytes(4, "big"))
sys.stdout.buffer.flush()
time.sleep(600)
"""


def test_a_process_that_stops_costs_its_picture_alone() -> None:
    process = EmbeddingProcess(None, answer_s=60.0)
    process._command = [sys.executable, "-c", _STALLS]
    assert process.embed([b"first"]) == [None]
    process._answer_s = 0.2
    assert process.embed([b"second"]) == [None]
    process._answer_s = 60.0
    assert process.embed([b"in another process"]) == [None]
    process.close()


def test_a_process_that_never_answered_is_an_error() -> None:
    process = EmbeddingProcess(None, answer_s=0.2)
    process._command = [sys.executable, "-c", "import time; time.sleep(600)"]
    with pytest.raises(MirrorlakeError, match="gave no answer within 0 s before it could start"):
        process.embed([b"first"])
