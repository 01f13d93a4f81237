"""The process that reads text in pictures, from the side of its owner: a picture that ends it fails alone."""

from __future__ import annotations

import sys

import msgspec

from mirrorlake.core.asked_process import AskedProcess
from mirrorlake.ocr.worker import GREETING, Recognised

ANSWER_S = 180.0  # for one picture, and to load the networks before the first one: a page full of text takes 20
_ANSWERS = msgspec.msgpack.Decoder(Recognised)


class TextProcess(AskedProcess):
    """One process, started with the first picture and again after a crash. Used by one thread at a time."""

    def __init__(self, *, threads: int = 1, answer_s: float = ANSWER_S) -> None:
        """A process whose networks use this many threads."""
        command = [sys.executable, "-P", "-m", "mirrorlake.ocr.worker", str(threads)]
        super().__init__(command, what="reads text in pictures", answer_s=answer_s)

    def recognise(self, picture: bytes) -> Recognised:
        """The text of a WebP. Raises MirrorlakeError if the process cannot start."""
        if not self.answered:
            self.ask(GREETING)  # so that a picture that ends it is not taken for a process that cannot start
        answer = self.ask(picture)
        if answer is None:
            return Recognised(failure="The process that reads text ended or stopped at this picture.")
        try:
            return _ANSWERS.decode(answer)
        except msgspec.MsgspecError:
            self.close()  # a picture took it over: the next one gets another process
            return Recognised(failure="The process that reads text sent no valid answer for this picture.")
