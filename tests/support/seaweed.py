"""A real S3 server for tests: SeaweedFS on loopback, free ports, a folder of its own, stopped by its pid."""

from __future__ import annotations

import json
import os
import random
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from pathlib import Path
from typing import Self

import boto3
import urllib3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from mypy_boto3_s3 import S3Client

ACCESS_KEY = "lakekey"
SECRET_KEY = "lakesecret"
READER_KEY = "readerkey"  # known, but allowed nothing
READER_SECRET = "readersecret"
START_S = 60
ATTEMPTS = 3  # another program may take a port before the server does


class Seaweed:
    """`with Seaweed() as server:` then `server.endpoint`, `server.client()`; ends with the block."""

    def __init__(self) -> None:
        self._folder = Path("/nonexistent")  # a new one for each attempt to start
        self._port = 0
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def client(self) -> S3Client:
        """boto3, for loading; retries on, since a young cluster may refuse its first writes."""
        return boto3.client(
            "s3",
            endpoint_url=self.endpoint,
            region_name="us-east-1",
            aws_access_key_id=ACCESS_KEY,
            aws_secret_access_key=SECRET_KEY,
            config=Config(retries={"max_attempts": 8, "mode": "standard"}, s3={"addressing_style": "path"}),
        )

    def __enter__(self) -> Self:
        for attempt in range(1, ATTEMPTS + 1):
            self._folder = Path(tempfile.mkdtemp(prefix="weed-"))
            self._start()
            try:
                self._wait()
            except BaseException as error:
                self.__exit__()
                if attempt == ATTEMPTS or not isinstance(error, AssertionError):
                    raise
            else:
                break
        return self

    def _start(self) -> None:
        ports = free_ports(9)
        self._port = ports[0]
        s3_config = self._folder / "s3.json"
        identities = [
            _identity("lake", ACCESS_KEY, SECRET_KEY, ["Admin"]),
            _identity("reader", READER_KEY, READER_SECRET, []),
        ]
        s3_config.write_text(json.dumps({"identities": identities}))
        data = self._folder / "data"
        data.mkdir()
        flags = {
            "dir": data, "ip": "127.0.0.1", "ip.bind": "127.0.0.1", "master.volumeSizeLimitMB": 1024,
            "volume.max": 500, "master.telemetry": "false", "filer": "true", "s3": "true", "s3.config": s3_config,
            "s3.port": ports[0], "master.port": ports[1], "master.port.grpc": ports[2], "volume.port": ports[3],
            "volume.port.grpc": ports[4], "filer.port": ports[5], "filer.port.grpc": ports[6], "s3.port.grpc": ports[7],
            "s3.port.iceberg": 0, "s3.port.lance": 0,
        }  # fmt: skip
        weed = shutil.which("weed", path=str(Path(sys.executable).parent)) or "weed"
        with (self._folder / "weed.log").open("wb") as log:
            self._process = subprocess.Popen(
                [weed, "server", *(f"-{name}={value}" for name, value in flags.items())],
                stdout=log,
                stderr=log,
                env={**os.environ, "WEED_MASTER_VOLUME_GROWTH_COPY_1": "1"},
            )

    def __exit__(self, *_: object) -> None:
        if self._process is not None:
            self._process.kill()  # its own orderly exit takes ten seconds, and nothing here is to be kept
            self._process.wait()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _wait(self) -> None:
        """Until an object can be written and read: the ports open long before that."""
        assert self._process is not None
        deadline = time.monotonic() + START_S
        while True:
            assert self._process.poll() is None, (self._folder / "weed.log").read_text(errors="replace")[-3000:]
            try:
                urllib3.request("GET", self.endpoint, timeout=1, retries=False)
                client = self.client()
                bucket = f"warm-up-{uuid.uuid4().hex}"  # another one each time: the last may have stayed
                client.create_bucket(Bucket=bucket)
                client.put_object(Bucket=bucket, Key="x", Body=b"x")
                client.delete_object(Bucket=bucket, Key="x")
                client.delete_bucket(Bucket=bucket)
                client.close()
            except (urllib3.exceptions.HTTPError, BotoCoreError, ClientError):
                assert time.monotonic() < deadline, (self._folder / "weed.log").read_text(errors="replace")[-3000:]
                time.sleep(0.1)
            else:
                return


def _identity(name: str, key: str, secret: str, actions: list[str]) -> dict[str, object]:
    return {"name": name, "credentials": [{"accessKey": key, "secretKey": secret}], "actions": actions}


def free_ports(count: int) -> list[int]:
    """Ports that are free at this moment, below the range from which clients draw theirs."""
    found: list[int] = []
    held: list[socket.socket] = []
    first = random.SystemRandom().randrange(15_000, 31_000)  # concurrent programs must not choose the same
    for port in range(first, 32_000):
        candidate = socket.socket()
        try:
            candidate.bind(("127.0.0.1", port))
        except OSError:
            candidate.close()
            continue
        held.append(candidate)
        found.append(port)
        if len(found) == count:
            break
    for candidate in held:
        candidate.close()
    return found
