"""A process of ours that answers messages, from the side of its owner: what ends it costs one answer, not the owner."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import IO, BinaryIO, cast

from mirrorlake.core.errors import MirrorlakeError
from mirrorlake.core.messages import read_message, write_message
from mirrorlake.core.time_limit import time_limit

MAX_ANSWER_BYTES = 64 << 20  # vectors of a large batch are a hundredth of it
_END_S = 5.0


class AskedProcess:
    """One process, started with the first question and again after a crash. Used by one thread."""

    def __init__(
        self,
        command: Sequence[str],
        *,
        what: str,
        answer_s: float,
        environment: Mapping[str, str] | None = None,
        errors: IO[bytes] | None = None,
    ) -> None:
        """`what` it does, for messages. It has `answer_s` for an answer, and to start before the first one.

        Its standard error goes to `errors`, or to that of this process.
        """
        self._command = list(command)
        self._what = what
        self._answer_s = answer_s
        self._environment = environment or {}
        self._errors = errors
        self._process: subprocess.Popen[bytes] | None = None
        self.answered = False  # whether it ever did

    def ask(self, message: bytes) -> bytes | None:
        """The answer; None if the process ended or stopped. Raises MirrorlakeError if it cannot start."""
        if self._process is None:
            self._process = subprocess.Popen(  # noqa: S603 - our own module
                self._command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._errors,
                env=os.environ | self._environment,
                process_group=0,
            )
        process = self._process
        with time_limit(self._answer_s, process.kill) as expired:
            try:
                write_message(cast("BinaryIO", process.stdin), message)
                body = read_message(cast("BinaryIO", process.stdout), MAX_ANSWER_BYTES)
            except BrokenPipeError:
                body = None
            except ValueError:  # it is not ours any more: a picture took it over
                process.kill()
                body = None
        if body is not None and not expired.is_set():
            self.answered = True
            return body
        self._process = None
        code = process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                with suppress(BrokenPipeError):  # of what it has not read
                    pipe.close()
        if not self.answered:
            how = f"gave no answer within {self._answer_s:.0f} s" if expired.is_set() else f"ended with code {code}"
            raise self._cannot_start(how)
        return None

    def _cannot_start(self, how: str) -> MirrorlakeError:
        return MirrorlakeError(
            f"The process that {self._what} {how} before it could start.",
            "Run `mirrorlake doctor`; its standard error above has the reason.",
        )

    def close(self) -> None:
        """End the process."""
        if self._process is not None:
            if self._process.stdin is not None:
                self._process.stdin.close()
            try:
                self._process.wait(_END_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            if self._process.stdout is not None:
                self._process.stdout.close()
            self._process = None
