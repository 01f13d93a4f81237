"""A process that stops answering is ended, like one that ends itself."""

from __future__ import annotations

import sys

import pytest

from mirrorlake.core.errors import MirrorlakeError
from mirrorlake.embedding.batches import Embedded
from mirrorlake.embedding.process import EmbeddingProcess

# Answers the greeting and every picture but "second", of whose answer it sends only the length.
_STALLS = """
import sys, time
from mirrorlake.core.messages import read_message, write_message
while b"second" not in (message := read_message(sys.stdin.buffer)):
    write_message(sys.stdout.buffer, b"\\x91\\xc0" if b"first" in message or b"other" in message else b"\\x90")
sys.stdout.buffer.write((9).to_bytes(4, "big"))
sys.stdout.buffer.flush()
time.sleep(600)
"""

# Answers the greeting, has found a hash in the picture "good", and ends at the picture "bad".
_ENDS = """
import sys
from mirrorlake.core.messages import read_message, write_message
while (message := read_message(sys.stdin.buffer)) is not None:
    if b"bad" in message:
        sys.exit(9)
    write_message(sys.stdout.buffer, b"\\x91\\x92\\x07\\xc0" if b"good" in message else b"\\x90")
"""

# Answers the greeting, then what is no answer to one picture.
_LIES = """
import sys
from mirrorlake.core.messages import read_message, write_message
read_message(sys.stdin.buffer)
write_message(sys.stdout.buffer, b"\\x90")
read_message(sys.stdin.buffer)
write_message(sys.stdout.buffer, bytes.fromhex(sys.argv[1]))
"""


def test_a_process_that_stops_costs_its_picture_alone() -> None:
    process = EmbeddingProcess(None, answer_s=60.0)
    process._command = [sys.executable, "-c", _STALLS]
    assert process.embed([b"first"]) == [None]
    process._answer_s = 0.2
    assert process.embed([b"second"]) == [None]
    process._answer_s = 60.0
    assert process.embed([b"the other one"]) == [None]
    process.close()


def test_a_picture_that_ends_its_process_at_once_fails_alone() -> None:
    process = EmbeddingProcess(None, answer_s=60.0)
    process._command = [sys.executable, "-c", _ENDS]
    assert process.embed([b"bad"]) == [None]
    assert process.embed([b"bad", b"good"]) == [None, Embedded(hash=7, vector=None)]
    process.close()


@pytest.mark.parametrize("answer", ["93010203", "92c0c0", "90", "c1"])
def test_an_answer_that_is_none_costs_its_picture_alone(answer: str) -> None:
    process = EmbeddingProcess(None, answer_s=60.0)
    process._command = [sys.executable, "-c", _LIES, answer]
    assert process.embed([b"first"]) == [None]
    assert process._process is None
    process.close()


def test_a_process_that_never_answered_is_an_error() -> None:
    process = EmbeddingProcess(None, answer_s=0.2)
    process._command = [sys.executable, "-c", "import time; time.sleep(600)"]
    with pytest.raises(MirrorlakeError, match="gave no answer within 0 s before it could start"):
        process.embed([b"first"])
