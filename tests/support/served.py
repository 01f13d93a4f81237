"""A library behind its own `mirrorlake up`, and a command configured for that server."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from tests.support.cli import Cli


@dataclass(frozen=True)
class Serving:
    """A server, and how to reach it."""

    cli: Cli  # in process
    remote: Cli  # over the server
    address: str
    token: str
    process: subprocess.Popen[str]


@contextmanager
def serving(cli: Cli, nobody: Path, *words: str) -> Iterator[Serving]:
    """Serves the library of `cli`. The remote one has the home `nobody`: its output must come from the server."""
    process = cli.start("up", "--port", "0", *words)
    try:
        assert process.stdout is not None
        url = urlsplit(process.stdout.readline().rpartition(" ")[2].strip())
        address, token = f"http://{url.netloc}", parse_qs(url.query)["token"][0]
        remote = cli.with_environ(MIRRORLAKE_URL=address, MIRRORLAKE_API_KEY=token, MIRRORLAKE_HOME=str(nobody))
        yield Serving(cli, remote, address, token, process)
    finally:
        process.terminate()
        process.communicate(timeout=30)
