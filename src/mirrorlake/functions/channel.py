"""The messages between a worker and a process that calls a function: JSON over a socket, bytes of assets as they are.

    worker ── Setup, then Calls ─────────▶ process
    worker ◀── Ready, Wanted, Answered ─── process
    worker ── bytes for each Wanted ─────▶ process

The worker decodes only these types from the process, never pickle: the function is the operator's, its input is not.
"""

from __future__ import annotations

from typing import Any

import msgspec

MESSAGE_BYTES = 1 << 21  # the longest message of a process
ERROR_CHARACTERS = 2_000


class Setup(msgspec.Struct, tag=True):
    """The first message: the code, and the limits of the process."""

    source: str
    name: str  # of the function, for traces
    entry: str
    memory_bytes: int  # of address space; 0: no limit


class Call(msgspec.Struct, tag=True):
    """One call. `document` has the fields of an Asset or Run."""

    document: dict[str, Any]
    of_run: bool
    cpu_s: int  # of all its threads together


class Ready(msgspec.Struct, tag=True):
    """The function is loaded."""


class Unusable(msgspec.Struct, tag=True):
    """The function cannot be loaded."""

    reason: str


class Wanted(msgspec.Struct, tag=True):
    """The process needs bytes: of the original, or of the thumbnail."""

    thumbnail: bool


class Answered(msgspec.Struct, tag=True):
    """The end of a call: a result as JSON, or the error."""

    result: str = ""
    error: str | None = None


FromProcess = Ready | Unusable | Wanted | Answered
ToProcess = Setup | Call
# What answers a Wanted begins with one of these bytes.
BYTES, NOTHING, REFUSED = b"=", b"-", b"!"


def pack(message: FromProcess | ToProcess) -> bytes:
    """A message as bytes."""
    return msgspec.json.encode(message)


def unpack_from_process(data: bytes) -> FromProcess:
    """A message of a process. Raises msgspec.MsgspecError."""
    found: FromProcess = msgspec.json.decode(data, type=FromProcess)  # pyright: ignore[reportArgumentType] - a union
    return found


def unpack_to_process(data: bytes) -> ToProcess:
    """A message of the worker."""
    found: ToProcess = msgspec.json.decode(data, type=ToProcess)  # pyright: ignore[reportArgumentType] - a union
    return found
