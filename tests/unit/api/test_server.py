"""The server picks a free port, says so, ends by returning when asked to stop, and waits for no client for ever."""

from __future__ import annotations

import asyncio
import contextlib
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from tests.support import loops

from mirrorlake.api import listen
from mirrorlake.api.connections import HEAD_BYTES
from mirrorlake.core.errors import SettingsError

ROOT = Path(__file__).parents[3]
SERVE = """
from mirrorlake.api import create_app, serve
def no_library(caller):
    raise AssertionError(caller)
app = create_app(no_library, token="t")
serve(app, "127.0.0.1", 0, ready=lambda address: print(address, flush=True))
print("cleaned up", flush=True)
"""


@pytest.mark.parametrize("sig", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_server_and_the_callers_clean_up_runs(sig: signal.Signals) -> None:
    with subprocess.Popen([sys.executable, "-c", SERVE], cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        address = process.stdout.readline().strip()
        assert httpx.get(f"{address}/api/v1/health", timeout=30).json() == {"status": "ok"}
        process.send_signal(sig)
        rest, _ = process.communicate(timeout=30)
    assert rest.strip() == "cleaned up"
    assert process.returncode == 0


def test_a_taken_port_is_told_with_what_to_do() -> None:
    with listen("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(SettingsError, match=f"Port {port} of 127.0.0.1 is in use") as caught:
            listen("127.0.0.1", port)
    assert "--port" in caught.value.fix
    with socket.create_server(("127.0.0.1", 0)) as free:
        assert free.getsockname()[1] > 0


def test_a_connection_sends_at_once() -> None:
    """Without TCP_NODELAY, each response on a kept connection waits for an acknowledgement that comes 40 ms later."""

    async def accepted() -> bool:
        found: asyncio.Future[bool] = asyncio.get_running_loop().create_future()

        def connected(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            held: socket.socket = writer.get_extra_info("socket")
            found.set_result(bool(held.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)))
            writer.close()

        with listen("127.0.0.1", 0) as sock:
            async with await asyncio.start_server(connected, sock=sock):
                _, writer = await asyncio.open_connection(*sock.getsockname())
                answer = await found
                writer.close()
                await writer.wait_closed()
        return answer

    assert loops.run(accepted())


@pytest.fixture(scope="module")
def limited(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, int]]:
    """A server of twenty connections that loses its patience soon."""
    folder = tmp_path_factory.mktemp("static")
    with (folder / "large.bin").open("wb") as file:
        file.truncate(64 << 20)  # more than any buffer of the system
    script = SERVE.replace("flush=True))\n", "flush=True), limits=Limits(connections=20, patience_s=0.3))\n", 1)
    script = script.replace('token="t"', f'token="t", static=Path({str(folder)!r})')
    script = f"from pathlib import Path\nfrom mirrorlake.api.connections import Limits\n{script}"
    with subprocess.Popen([sys.executable, "-c", script], cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url = urlsplit(process.stdout.readline().strip())
        yield url.hostname or "", url.port or 0
        process.terminate()


HEAD = b"PATCH /api/v1/assets/1 HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"


@pytest.mark.parametrize(
    ("sent", "answer"),
    [
        (b"", b""),  # nothing at all
        (b"GET / HT", b"HTTP/1.1 408 "),  # half a line
        (HEAD, b"HTTP/1.1 408 "),  # half of the headers
        (HEAD + b"Content-Length: 9\r\n\r\n{", b"HTTP/1.1 401 "),  # half a body, of a stranger
        (b"GET /api/v1/health HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", b"HTTP/1.1 200 "),  # and then nothing
        (b"GET /" + b"x" * HEAD_BYTES * 2, b"HTTP/1.1 431 "),
        (b"no HTTP\r\n\r\n", b"HTTP/1.1 400 "),
    ],
    ids=["silent", "line", "headers", "body", "idle", "long", "garbage"],
)
def test_half_a_request_is_ended_by_the_server(limited: tuple[str, int], sent: bytes, answer: bytes) -> None:
    with socket.create_connection(limited, timeout=60) as client:
        with contextlib.suppress(ConnectionError):  # the server may have closed before all was sent
            client.sendall(sent)
        received = drained(client)
    assert received.startswith(answer)
    assert (received == b"") == (answer == b"")


def test_half_open_requests_keep_nobody_out(limited: tuple[str, int]) -> None:
    with contextlib.ExitStack() as held:
        half = [held.enter_context(socket.create_connection(limited, timeout=60)) for _ in range(300)]
        for number, client in enumerate(half):
            with contextlib.suppress(ConnectionError):
                client.sendall(HEAD if number % 2 else HEAD + b"Content-Length: 9\r\n\r\n{")
            if number % 50 == 49:
                address = f"http://{limited[0]}:{limited[1]}/api/v1/health"
                assert httpx.get(address, timeout=60).json() == {"status": "ok"}
        for client in half:
            drained(client)


def test_a_client_that_reads_nothing_is_ended(limited: tuple[str, int]) -> None:
    with socket.create_connection(limited, timeout=60) as client:
        client.sendall(b"GET /large.bin HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        poller = select.poll()
        poller.register(client, 0)  # only whether the connection is gone
        assert poller.poll(60_000)


def drained(client: socket.socket) -> bytes:
    """All that the server sends until it closes. The timeout of the socket is the only limit."""
    received = b""
    with contextlib.suppress(ConnectionError):
        while data := client.recv(65536):
            received += data
    return received
