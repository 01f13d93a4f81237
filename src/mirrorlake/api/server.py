"""Run the web app until a signal ends it, and end it gently."""

from __future__ import annotations

import contextlib
import errno
import signal
import socket
from collections.abc import Callable, Generator
from types import FrameType

import uvicorn
from fastapi import FastAPI

from mirrorlake.api.job_feed import JobFeed
from mirrorlake.core.errors import SettingsError

GRACE_S = 5  # how long answers under way may take once we are asked to stop


class _Server(uvicorn.Server):
    """Ends on SIGTERM and SIGINT by returning, so that the caller's own clean-up runs.

    uvicorn itself raises the signal once more when it is done, which would kill the process there.
    """

    def __init__(self, config: uvicorn.Config, on_exit: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_exit = on_exit

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Let requests that wait for news end too: those of jobs might go on for hours."""
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
    """A listening socket; port 0 picks a free one. Raises SettingsError where the address cannot be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind((host, port))
        sock.listen(128)
    except OSError as error:
        sock.close()
        if error.errno == errno.EADDRINUSE:
            raise SettingsError(
                f"Port {port} of {host} is taken by another program.", "Choose another one with --port, or 0 for any."
            ) from error
        if error.errno == errno.EACCES:
            raise SettingsError(f"Port {port} is reserved for the system.", "Choose one above 1023.") from error
        raise SettingsError(f"Cannot listen on {host}:{port}: {error.strerror}.", "Check --host and --port.") from error
    return sock


def serve(app: FastAPI, host: str = "127.0.0.1", port: int = 0, *, ready: Callable[[str], None] | None = None) -> None:
    """Serve `app` until SIGINT or SIGTERM, then let answers under way finish and return.

    `ready` is called with the address (`http://127.0.0.1:8123`) once it accepts connections.
    Raises SettingsError where the address cannot be had. Call it from the main thread.
    """
    with contextlib.closing(listen(host, port)) as sock:
        config = uvicorn.Config(
            app,
            access_log=False,  # the first address holds the token: it must not reach a log
            log_level="warning",
            server_header=False,
            proxy_headers=False,  # nobody may tell us who they are but the socket
            timeout_graceful_shutdown=GRACE_S,
            lifespan="off",
        )
        if ready is not None:
            # The socket listens already: what connects now is answered as soon as the loop runs.
            bound = int(sock.getsockname()[1])
            ready(f"http://[{host}]:{bound}" if ":" in host else f"http://{host}:{bound}")
        feed: JobFeed = app.state.job_feed
        _Server(config, feed.close).run(sockets=[sock])
