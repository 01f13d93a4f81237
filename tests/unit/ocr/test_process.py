"""The process that reads text: whether it can start does not depend on the first picture."""

from __future__ import annotations

import sys

import pytest
from tests.support.limits import address_space

from mirrorlake.core.errors import MirrorlakeError
from mirrorlake.ocr.process import TextProcess
from mirrorlake.ocr.worker import MEMORY_BYTES, Recognised

# Answers the greeting, ends at the picture `bad`, reads others, and is taken over by `wrong` and `huge`.
_ENDS = """
import sys
import msgspec
from mirrorlake.core.messages import read_message, write_message
from mirrorlake.ocr.worker import GREETING, Recognised
while (message := read_message(sys.stdin.buffer)) not in (None, b"bad"):
    found = Recognised() if message == GREETING else Recognised(text=message.decode())
    if message == b"huge":
        sys.stdout.buffer.write((1 << 31).to_bytes(4, "big") + b"x")
        sys.stdout.buffer.flush()
        continue
    write_message(sys.stdout.buffer, b"{" if message == b"wrong" else msgspec.msgpack.encode(found))
sys.exit(3)
"""


def test_a_first_picture_that_ends_the_process_fails_alone() -> None:
    process = TextProcess(answer_s=60.0)
    process._command = [sys.executable, "-c", _ENDS]
    ended = Recognised(failure="The process that reads text ended or stopped at this picture.")
    assert [process.recognise(one) for one in (b"bad", b"good", b"bad")] == [ended, Recognised(text="good"), ended]
    process.close()


@pytest.mark.parametrize(("picture", "failure"), [(b"wrong", "sent no valid answer"), (b"huge", "ended or stopped")])
def test_a_picture_that_takes_the_process_over_reaches_nothing_else(picture: bytes, failure: str) -> None:
    process = TextProcess(answer_s=60.0)
    process._command = [sys.executable, "-c", _ENDS]
    first, second, third = (process.recognise(one) for one in (b"good", picture, b"other"))
    assert (first.text, third.text) == ("good", "other")
    assert failure in str(second.failure)
    process.close()


def test_the_address_space_of_the_process_is_limited() -> None:
    process = TextProcess()
    try:
        process.recognise(b"no picture")
        assert process._process is not None
        assert address_space(process._process.pid) == MEMORY_BYTES
    finally:
        process.close()


def test_a_process_that_cannot_start_is_an_error() -> None:
    process = TextProcess(answer_s=60.0)
    process._command = [sys.executable, "-c", "import sys; sys.exit(3)"]
    with pytest.raises(MirrorlakeError, match="reads text in pictures ended with code 3 before it could start"):
        process.recognise(b"good")
