"""Run commands in forks of a process that has loaded them: what loading costs is paid once, not once a command.

`run` starts that process at its first call. A command runs in a process of its own all the same, with its own
environment, folder and standard streams; how the command starts is what tests/architecture/test_start_up.py is about.
"""

from __future__ import annotations

import array
import atexit
import json
import os
import signal
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

from mirrorlake.cli import main

_ROOT = Path(__file__).resolve().parents[2]
_MAX_REQUEST = 1 << 20
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
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.support.preloaded", address[1:]],
        cwd=_ROOT,
        stdin=subprocess.PIPE,  # its end tells it that the tests have ended
        stdout=subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"ready\n"

    def end() -> None:
        process.communicate(timeout=30)

    atexit.register(end)
    return address


def _serve(address: str) -> None:
    for name in _LOADED:
        __import__(name)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    listener.bind("\0" + address)
    listener.listen(64)
    os.write(1, b"ready\n")
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # forks are reaped by themselves
    threading.Thread(target=_exit_with_the_tests, daemon=True).start()
    while True:
        connection, _ = listener.accept()
        if os.fork() == 0:
            listener.close()
            _watch(connection)
        connection.close()


def _exit_with_the_tests() -> None:
    while os.read(0, 1024):
        pass
    os._exit(0)


def _watch(connection: socket.socket) -> NoReturn:
    """Run one command in another fork, and report how it ended."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    request, ancillary, _, _ = connection.recvmsg(_MAX_REQUEST, socket.CMSG_SPACE(2 * array.array("i").itemsize))
    handles = array.array("i")
    for _, _, data in ancillary:
        handles.frombytes(data)
    command = os.fork()
    if command == 0:
        connection.close()
        _become(json.loads(request), *handles)
    for handle in handles:
        os.close(handle)
    _, status = os.waitpid(command, 0)
    connection.send(str(status).encode())
    os._exit(0)


def _become(request: dict[str, object], out: int, err: int) -> NoReturn:
    words, environ, folder = request["words"], request["environ"], request["folder"]
    assert isinstance(words, list)
    assert isinstance(environ, dict)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(out, 1)
    os.dup2(err, 2)
    os.closerange(3, max(out, err) + 1)
    os.environ.clear()
    os.environ.update(environ)
    time.tzset()
    os.chdir(str(folder))
    sys.argv = [str(Path(sys.executable).with_name("mirrorlake")), *words]
    sys.modules["__main__"] = types.ModuleType("__main__")
    code = _run_main()
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    os._exit(code)


def _run_main() -> int:
    try:
        main()
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else 0
    except BaseException:  # noqa: BLE001  as the interpreter does at the end of a command
        sys.excepthook(*sys.exc_info())
        return 1
    return 0


if __name__ == "__main__":
    _serve(sys.argv[1])
