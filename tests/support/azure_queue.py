"""The queue service of Azurite, for tests: on loopback, a free port, in memory, stopped by its pid."""

from __future__ import annotations

import subprocess
import tempfile
import time
from base64 import b64decode, b64encode
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import urllib3
from tests.support.npm import NODE, installed
from tests.support.seaweed import free_ports

from mirrorlake.model.credentials import AzureAccountKey
from mirrorlake.storage.providers.azure.credentials import SharedKey

ACCOUNT = "devstoreaccount1"
# The key of the emulator, which Microsoft publishes.
KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
CREDENTIALS = AzureAccountKey(account=ACCOUNT, key=KEY)
START_S = 60


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
    program = installed("azurite") / "azurite" / "dist" / "src" / "queue" / "main.js"
    (port,) = free_ports(1)
    with tempfile.TemporaryDirectory(prefix="azurite-") as folder, (Path(folder) / "log").open("wb") as log:
        process = subprocess.Popen(
            [NODE, program, "--silent", "--disableTelemetry", "--inMemoryPersistence",
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
