"""Run commands in forks of a process that has loaded them: what loading costs is paid once, not once a command.

`run` starts that process at its first call. A command runs in a process of its own all the same, with its own
environment, folder and standard streams; how the command starts is what tests/architecture/test_start_up.py is about.
The workers of its passes are forks, too (`nursery`).
"""

from __future__ import annotations

import array
import atexit
import json
import os
import socket
import subprocess
import sys
import threading
import time
import types
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import IO, NoReturn

from tests.support import nursery

from mirrorlake.cli import main

_ROOT = Path(__file__).resolve().parents[2]
# What commands load late, so that start-up stays quick.
_LOADED = (
    "adbc_driver_postgresql.dbapi", "botocore.session", "httpx", "mirrorlake.api", "mirrorlake.cli.commands",
    "mirrorlake.cli.main", "mirrorlake.client", "mirrorlake.processing.pool", "mirrorlake.services.foreground",
    "mirrorlake.services.mirror", "mirrorlake.storage.providers.folder.store",
    "mirrorlake.storage.providers.s3.aws_session", "mirrorlake.storage.providers.s3.store", "rich.console",
)  # fmt: skip

# Without site packages: starting it takes a hundredth of a second.
_COMMAND = """#!{python} -IS
import array, json, os, socket, stat, sys
if sys.argv[1:2] in (["up"], ["worker"]) or not stat.S_ISCHR(os.fstat(0).st_mode):
    os.execv({installed!r}, [{installed!r}, *sys.argv[1:]])
connection = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
connection.connect("\\0" + {address!r}.removeprefix("\\0"))
request = json.dumps({{"words": sys.argv[1:], "environ": dict(os.environ), "folder": os.getcwd()}}).encode()
connection.sendmsg([request], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [1, 2]))])
sys.exit(os.waitstatus_to_exitcode(int(connection.recv(64))))
"""


def run(words: Sequence[str], environ: Mapping[str, str], out: IO[bytes], err: IO[bytes], *, timeout: float) -> int:
    """Run `mirrorlake` with these words and return its exit code; negative: the signal that ended it."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as connection:
        connection.settimeout(timeout)
        connection.connect(_address())
        request = json.dumps({"words": list(words), "environ": dict(environ), "folder": str(Path.cwd())}).encode()
        handles = array.array("i", [out.fileno(), err.fileno()])
        connection.sendmsg([request], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, handles)])
        answer = connection.recv(64)
    if not answer:
        raise RuntimeError("The process that runs the commands of the tests has died.")
    return os.waitstatus_to_exitcode(int(answer))


def write_command(folder: Path) -> None:
    """Write a program `mirrorlake` for shells into a folder: it runs commands like `run` does.

    Servers, and commands with standard input of their own, run as they are installed.
    """
    command = folder / "mirrorlake"
    installed = Path(sys.executable).with_name("mirrorlake")
    command.write_text(_COMMAND.format(python=sys.executable, address=_address(), installed=str(installed)))
    command.chmod(0o755)


@cache
def _address() -> str:
    address = f"\0mirrorlake-tests-{os.getpid()}-{time.monotonic_ns()}"
    processes = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.support.preloaded", address[1:]],
            cwd=_ROOT,
            stdin=subprocess.PIPE,  # its end tells it that the tests have ended
            stdout=subprocess.PIPE,
        ),
        nursery.start(_workers_of(address[1:])),
    ]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"

    def end() -> None:
        for process in processes:
            process.communicate(timeout=30)

    atexit.register(end)
    return address


def _serve(address: str) -> NoReturn:
    for name in _LOADED:
        __import__(name)
    nursery.use(_workers_of(address))
    nursery.serve_forks(address, _watch)


def _workers_of(address: str) -> str:
    return f"{address}-workers"


def _watch(connection: socket.socket) -> NoReturn:
    """Run one command in another fork, and report how it ended."""
    request, handles = nursery.received(connection)
    command = os.fork()
    if command == 0:
        connection.close()
        _become(request, *handles)
    for handle in handles:
        os.close(handle)
    _, status = os.waitpid(command, 0)
    connection.send(str(status).encode())
    os._exit(0)


def _become(request: dict[str, object], out: int, err: int) -> NoReturn:
    words = request["words"]
    assert isinstance(words, list)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(out, 1)
    os.dup2(err, 2)
    os.closerange(3, max(out, err) + 1)
    nursery.take_place(request["environ"], request["folder"])
    sys.argv = [str(Path(sys.executable).with_name("mirrorlake")), *words]
    sys.modules["__main__"] = types.ModuleType("__main__")
    code = nursery.code_of(main)
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    os._exit(code)


if __name__ == "__main__":
    _serve(sys.argv[1])
