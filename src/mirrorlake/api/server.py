"""Run the web app until a signal ends it, with a graceful shutdown."""

from __future__ import annotations

import contextlib
import errno
import signal
import socket
from collections.abc import Callable, Generator
from types import FrameType

import uvicorn
from fastapi import FastAPI

from mirrorlake.api.connections import Config, Limits
from mirrorlake.api.job_feed import JobFeed
from mirrorlake.core.errors import SettingsError

GRACE_S = 5  # for pending responses after a stop signal
DEFAULT_LIMITS = Limits()
_LOOPBACK = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104  of all addresses, the one that this machine opens


class _Server(uvicorn.Server):
    """Returns on SIGTERM and SIGINT, so that the caller's own clean-up runs.

    uvicorn itself raises the signal again at its end, which would kill the process there.
    """

    def __init__(self, config: Config, on_exit: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_exit = on_exit

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Also end requests that wait for changes of jobs, which could take hours."""
        self._on_exit()
        super().handle_exit(sig, frame)

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None]:
        before = {sig: signal.signal(sig, self.handle_exit) for sig in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for sig, handler in before.items():
                signal.signal(sig, handler)


def listen(host: str, port: int) -> socket.socket:
    """Open a listening socket; port 0 picks a free one. Raises SettingsError if the address is not available."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio sets TCP_NODELAY only if the socket has this protocol.
    sock = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind((host, port))
        sock.listen(128)
    except OSError as error:
        sock.close()
        if error.errno == errno.EADDRINUSE:
            raise SettingsError(
                f"Port {port} of {host} is in use by another program.", "Choose another one with --port, or 0 for any."
            ) from error
        if error.errno == errno.EACCES:
            raise SettingsError(f"Port {port} is reserved for the system.", "Choose one above 1023.") from error
        raise SettingsError(f"Cannot listen on {host}:{port}: {error.strerror}.", "Check --host and --port.") from error
    return sock


def serve(
    app: FastAPI,
    host: str = "127.0.0.1",
    port: int = 0,
    *,
    ready: Callable[[str], None] | None = None,
    limits: Limits = DEFAULT_LIMITS,
) -> None:
    """Serve `app` until SIGINT or SIGTERM, then finish pending responses and return.

    `ready` is called with the address (`http://127.0.0.1:8123`) once it accepts connections.
    Raises SettingsError if the address is not available. Call it from the main thread.
    """
    with contextlib.closing(listen(host, port)) as sock:
        config = Config(
            app,
            limits,
            access_log=False,  # the first address contains the token, which must not reach a log
            log_level="warning",
            server_header=False,
            proxy_headers=False,  # `client_address` reads them
            timeout_graceful_shutdown=GRACE_S,
            lifespan="off",
        )
        if ready is not None:
            # The socket is already listening: connections are accepted as soon as the loop runs.
            name = _LOOPBACK.get(host, host)
            bound = int(sock.getsockname()[1])
            ready(f"http://[{name}]:{bound}" if ":" in name else f"http://{name}:{bound}")
        feed: JobFeed = app.state.job_feed
        _Server(config, feed.close).run(sockets=[sock])
