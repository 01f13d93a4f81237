"""The process that calls a function in Python, started by `functions.callers`: one call after another, within limits.

What the function prints goes to the standard error of the worker. The socket is the only other thing that it inherits.
"""

from __future__ import annotations

import ctypes
import dataclasses
import linecache
import os
import resource
import signal
import sys
import traceback
import types
from collections.abc import Callable, Mapping
from multiprocessing.connection import Connection
from typing import Any

import msgspec

from mirrorlake.core.cpu_limit import limit_cpu
from mirrorlake.functions.channel import (
    BYTES,
    ERROR_CHARACTERS,
    REFUSED,
    Answered,
    Call,
    FromProcess,
    Ready,
    Setup,
    Unusable,
    Wanted,
    pack,
    unpack_to_process,
)
from mirrorlake.functions.contract import Asset, Result, Run

_PR_SET_PDEATHSIG = 1
_MODULE = "mirrorlake_function"  # the name of the module that the file becomes


def main(handle: int) -> None:
    """Load the function, then answer calls until the worker closes the socket."""
    _end_with_worker()
    os.dup2(2, 1)
    connection = Connection(handle)
    setup = unpack_to_process(connection.recv_bytes())
    if not isinstance(setup, Setup):
        raise TypeError("the first message is the setup")
    try:
        function = _load(setup)
    except BaseException as error:  # noqa: BLE001 - whatever the file raises, it cannot be called
        _send(connection, Unusable(reason=_explain(error)))
        return
    _send(connection, Ready())
    while True:
        try:
            call = unpack_to_process(connection.recv_bytes())
        except EOFError:
            return
        if isinstance(call, Call):
            _send(connection, _carry_out(function, call, connection))


def _end_with_worker() -> None:
    """On Linux, let the kernel end this process with the thread that started it, whatever the function does by then."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _load(setup: Setup) -> Callable[[Any], object]:
    """Limit this process, then execute the file and find its callable."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if setup.memory_bytes:
        resource.setrlimit(resource.RLIMIT_AS, (setup.memory_bytes, setup.memory_bytes))
    filename = f"<function {setup.name}>"
    module = types.ModuleType(_MODULE)
    module.__file__ = filename
    sys.modules[_MODULE] = module  # dataclasses and pickle look it up
    lines = setup.source.splitlines(keepends=True)
    linecache.cache[filename] = (len(setup.source), None, lines, filename)  # for traces
    exec(compile(setup.source, filename, "exec"), module.__dict__)  # noqa: S102 - the operator registered this file
    function = getattr(module, setup.entry, None)
    if not callable(function):
        raise TypeError(f"the file has no callable {setup.entry}")
    return function


def _carry_out(function: Callable[[Any], object], call: Call, connection: Connection) -> Answered:
    """Call the function once, with as much time of the processor as a call may take."""
    limit_cpu(call.cpu_s)
    try:
        argument = Run(**call.document) if call.of_run else _asset(call.document, connection)
        result = function(argument)
        return Answered(result=_write(result))
    except Exception as error:  # noqa: BLE001 - an error of the function is its answer
        return Answered(error=_explain(error))


def _asset(document: Mapping[str, Any], connection: Connection) -> Asset:
    def read(*, thumbnail: bool) -> bytes | None:
        _send(connection, Wanted(thumbnail=thumbnail))
        answer = connection.recv_bytes()
        kind, data = answer[:1], answer[1:]
        if kind == REFUSED:
            raise OSError(data.decode())
        return data if kind == BYTES else None

    return Asset(**document, _read=lambda: read(thumbnail=False), _read_thumbnail=lambda: read(thumbnail=True))


def _write(result: object) -> str:
    """What the function returned, as a document."""
    match result:
        case None:
            return ""
        case Result():
            document: dict[str, Any] = {**dataclasses.asdict(result)}
        case Mapping():
            document = {"metadata": dict(result)}  # pyright: ignore[reportUnknownArgumentType]
        case _:
            raise TypeError(f"a function returns a Result, a mapping or None, not {type(result).__name__}")
    return msgspec.json.encode(document).decode()


def _explain(error: BaseException) -> str:
    """The error with the place in the file where it was raised."""
    own = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename.startswith("<function ")]
    place = f" (line {own[-1].lineno}: {own[-1].line})" if own else ""
    if isinstance(error, MemoryError):
        return f"MemoryError: it needs more memory than its limit{place}"
    return f"{type(error).__name__}: {error}{place}"[:ERROR_CHARACTERS]


def _send(connection: Connection, message: FromProcess) -> None:
    connection.send_bytes(pack(message))


if __name__ == "__main__":
    main(int(sys.argv[1]))
