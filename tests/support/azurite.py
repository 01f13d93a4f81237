"""Azurite, Microsoft's emulator of Azure Storage, for tests: on loopback, a free port, in memory, stopped by its pid.

It is installed once into `.cache/azurite` by the npm of a wheel, and enforces signatures and conditional requests.
"""

from __future__ import annotations

import hmac
import os
import shutil
import subprocess
import tempfile
import time
import uuid
from base64 import b64encode
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Self
from urllib.parse import urlencode

import urllib3
from tests.support.npm import NODE, installed
from tests.support.seaweed import free_ports

from mirrorlake.model.sources import Location, Provider
from mirrorlake.storage.providers.azure.connection_string import EMULATOR_ACCOUNT, EMULATOR_KEY, decode_key
from mirrorlake.storage.providers.azure.credentials import AzureConfig, SharedKey
from mirrorlake.storage.providers.azure.errors import RequestInfo
from mirrorlake.storage.providers.azure.http import Http
from mirrorlake.storage.providers.azure.list_requests import request_page

ACCOUNT = EMULATOR_ACCOUNT
KEY = EMULATOR_KEY
START_S = 60
ATTEMPTS = 3  # another program may take the port before the server does


@dataclass(frozen=True)
class Container:
    """One container, with operations for tests."""

    location: Location
    config: AzureConfig
    http: Http

    @property
    def name(self) -> str:
        return self.location.container.partition("/")[2]

    def create(self, *, public: bool = False) -> None:
        headers = {"x-ms-blob-public-access": "container"} if public else {}
        self._send("PUT", self.http.container_path, [("restype", "container")], headers, b"")

    def put(self, key: str, data: bytes, **headers: str) -> None:
        named = {f"x-ms-{name.replace('_', '-')}": value for name, value in headers.items()}
        self._send("PUT", self.http.path(key), [], {"x-ms-blob-type": "BlockBlob", **named}, data)

    def delete(self, key: str) -> None:
        self._send("DELETE", self.http.path(key), [], {}, None)

    def signature(self, permissions: str = "rl", life: timedelta = timedelta(hours=1)) -> str:
        """A shared access signature of the container, as the portal shows it."""
        expires = f"{datetime.now(UTC) + life:%Y-%m-%dT%H:%M:%SZ}"
        protocols, version = "https,http", "2020-12-06"
        # https://learn.microsoft.com/rest/api/storageservices/create-service-sas#version-2020-12-06-and-later
        signed = [
            permissions,
            "",
            expires,
            f"/blob/{self.location.container}",
            "",
            "",
            protocols,
            version,
            "c",
            *[""] * 7,
        ]
        mark = b64encode(hmac.digest(decode_key(KEY), "\n".join(signed).encode(), "sha256")).decode()
        return urlencode({"sv": version, "spr": protocols, "se": expires, "sr": "c", "sp": permissions, "sig": mark})

    def keys(self) -> list[str]:
        page = request_page(self.http, RequestInfo(container=self.location.container), prefix="")
        assert page is not None
        return page.batch.column("key").to_pylist()

    def set_tier(self, key: str, tier: str) -> None:
        self._send("PUT", self.http.path(key), [("comp", "tier")], {"x-ms-access-tier": tier}, b"")

    def vanish(self) -> None:
        self._send("DELETE", self.http.container_path, [("restype", "container")], {}, None)

    def _send(
        self, method: str, path: str, query: list[tuple[str, str]], headers: dict[str, str], body: bytes | None
    ) -> None:
        asked = RequestInfo(container=self.location.container)
        answer = self.http.send(method, path, asked=asked, query=query, headers=headers, body=body)
        text = self.http.read(answer, asked=asked)
        assert answer.status < 300, (answer.status, text)


class Azurite:
    """`with Azurite() as server:` then `server.endpoint`, `server.container()`; ends with the block."""

    def __init__(self, account: str = ACCOUNT) -> None:
        self._account = account
        self._folder = Path("/nonexistent")  # a new one for each attempt to start
        self._port = 0
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self._port}/{self._account}"

    @property
    def config(self) -> AzureConfig:
        key = SharedKey(account=self._account, key=decode_key(KEY))
        return AzureConfig(authentication=key, account=self._account, endpoint=self.endpoint, origin="a test")

    def container(self, *, public: bool = False) -> Container:
        """A new one."""
        made = self.opened(f"c-{uuid.uuid4().hex[:20]}")
        made.create(public=public)
        return made

    def opened(self, name: str) -> Container:
        """The one of this name."""
        location = Location(provider=Provider.AZURE, container=f"{self._account}/{name}")
        return Container(location, self.config, Http(self.endpoint, name, self.config.authentication))

    def __enter__(self) -> Self:
        program = installed("azurite") / "azurite" / "dist" / "src" / "blob" / "main.js"
        for attempt in range(1, ATTEMPTS + 1):
            self._folder = Path(tempfile.mkdtemp(prefix="azurite-"))
            (self._port,) = free_ports(1)
            with (self._folder / "log").open("wb") as log:
                self._process = subprocess.Popen(
                    [NODE, program, "--silent", "--disableTelemetry", "--inMemoryPersistence",
                     "--skipApiVersionCheck", "--blobHost", "127.0.0.1", "--blobPort", str(self._port)],
                    cwd=self._folder,
                    env={**os.environ, "AZURITE_ACCOUNTS": f"{self._account}:{KEY}"},
                    stdout=log,
                    stderr=log,
                )  # fmt: skip
            try:
                self._wait()
            except BaseException as error:
                self.__exit__()
                if attempt == ATTEMPTS or not isinstance(error, AssertionError):
                    raise
            else:
                break
        return self

    def __exit__(self, *_: object) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _wait(self) -> None:
        assert self._process is not None
        deadline = time.monotonic() + START_S
        while True:
            written = (self._folder / "log").read_text(errors="replace")[-3000:]
            assert self._process.poll() is None, written
            try:
                urllib3.request("GET", self.endpoint, timeout=1, retries=False)
            except urllib3.exceptions.HTTPError:
                assert time.monotonic() < deadline, written
                time.sleep(0.05)
            else:
                return
