"""A real S3 server on this machine for the demo and the benchmarks: SeaweedFS on loopback, signatures checked."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import boto3
import psutil
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from mypy_boto3_s3 import S3Client

from mirrorlake.core.errors import MirrorlakeError

START_S = 60  # a busy machine needs a while; an idle one 3 to 4 seconds
THREADS = 8
REGION = "us-east-1"
LOOPBACK = "127.0.0.0/8"  # which connections may reach only where an operator allows it


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """One object to be put."""

    key: str
    body: bytes
    media_type: str = "application/octet-stream"


class ServerFailed(MirrorlakeError):
    """The local S3 server did not start."""


class LocalS3:
    """`with LocalS3(folder) as server:` serves what lies in `folder` until the block ends.

    The secret is new each time and in no file but the server's own. A server that an interrupted run left behind
    this folder is stopped first.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._access_key = "demo"
        self._secret = secrets.token_urlsafe(24)
        self._port = 0
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def endpoint(self) -> str:
        """The address for `--endpoint`."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def pid(self) -> int:
        """The server's process id. Raises RuntimeError before it runs."""
        if self._process is None:
            raise RuntimeError("the server does not run")
        return self._process.pid

    def environment(self) -> dict[str, str]:
        """The environment of this process with the credentials of this server and no other AWS settings."""
        own = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        return own | {
            "AWS_ACCESS_KEY_ID": self._access_key,
            "AWS_SECRET_ACCESS_KEY": self._secret,
            "AWS_REGION": REGION,
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def client(self) -> S3Client:
        """boto3's client of this server."""
        return boto3.client(
            "s3",
            endpoint_url=self.endpoint,
            region_name=REGION,
            aws_access_key_id=self._access_key,
            aws_secret_access_key=self._secret,
            config=Config(
                retries={"max_attempts": 8, "mode": "standard"},  # a young cluster may refuse its first writes
                s3={"addressing_style": "path"},
                max_pool_connections=THREADS,
                request_checksum_calculation="when_required",
            ),
        )

    def __enter__(self) -> Self:
        """Start the server, and return once an object can be written and read."""
        self._folder.mkdir(parents=True, exist_ok=True)
        stop_leftover(self._folder)
        config = self._folder / "s3.json"
        config.touch(mode=0o600)
        identity = {
            "name": "demo",
            "credentials": [{"accessKey": self._access_key, "secretKey": self._secret}],
            "actions": ["Admin"],
        }
        config.write_text(json.dumps({"identities": [identity]}), encoding="utf-8")
        data = self._folder / "data"
        data.mkdir(exist_ok=True)
        with (self._folder / "weed.log").open("wb") as log:
            self._process = subprocess.Popen(  # noqa: S603  (our own flags)
                [_weed(), *self._flags(data, config)],
                stdout=log,
                stderr=log,
                env={**os.environ, "WEED_MASTER_VOLUME_GROWTH_COPY_1": "1"},
                start_new_session=True,  # Ctrl-C must not reach the server; it is stopped at the end
            )
        (self._folder / "weed.pid").write_text(str(self._process.pid), encoding="ascii")
        try:
            self._wait()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        """Stop the server; its data are kept in the folder."""
        if self._process is not None:
            _stop(self._process.pid)
            self._process.wait()
            self._process = None
        (self._folder / "weed.pid").unlink(missing_ok=True)

    def load(self, bucket: str, uploads: Iterable[Upload]) -> int:
        """Put every object into `bucket`, which is created if necessary. Returns how many were put."""
        client = self.client()
        if bucket not in {found.get("Name") for found in client.list_buckets()["Buckets"]}:
            client.create_bucket(Bucket=bucket)

        def put(upload: Upload) -> None:
            client.put_object(Bucket=bucket, Key=upload.key, Body=upload.body, ContentType=upload.media_type)

        with ThreadPoolExecutor(THREADS) as pool:
            return sum(1 for _ in pool.map(put, uploads))

    def _flags(self, data: Path, config: Path) -> list[str]:
        ports = free_ports(8)
        self._port = ports[0]
        flags = {
            "dir": data,
            "ip": "127.0.0.1",
            "ip.bind": "127.0.0.1",
            "master.volumeSizeLimitMB": 1024,
            "volume.max": 500,
            "master.telemetry": "false",
            "filer": "true",
            "s3": "true",
            "s3.config": config,
            "s3.port": ports[0],
            "s3.port.grpc": ports[1],
            "s3.port.iceberg": 0,
            "s3.port.lance": 0,  # else a second server on this machine dies of a taken port
            "master.port": ports[2],
            "master.port.grpc": ports[3],
            "volume.port": ports[4],
            "volume.port.grpc": ports[5],
            "filer.port": ports[6],
            "filer.port.grpc": ports[7],
        }
        return ["server", *(f"-{name}={value}" for name, value in flags.items())]

    def _wait(self) -> None:
        """Wait until an object can be written: the ports open long before that."""
        client = self.client()
        deadline = time.monotonic() + START_S
        while True:
            if self._process is None or self._process.poll() is not None or time.monotonic() > deadline:
                log = (self._folder / "weed.log").read_text(errors="replace")[-2000:]
                raise ServerFailed(
                    f"The local S3 server did not start:\n{log}",
                    "The usual reason is a full disk.",
                )
            bucket = f"warm-up-{secrets.token_hex(4)}"
            try:
                client.create_bucket(Bucket=bucket)
                client.put_object(Bucket=bucket, Key="x", Body=b"x")
                client.delete_object(Bucket=bucket, Key="x")
                client.delete_bucket(Bucket=bucket)
            except (BotoCoreError, ClientError):
                time.sleep(0.1)
            else:
                return


def stop_leftover(folder: Path) -> None:
    """Stop the server that an interrupted run left behind over `folder`, if there is one."""
    pid_file = folder / "weed.pid"
    if not pid_file.is_file():
        return
    try:
        process = psutil.Process(int(pid_file.read_text(encoding="ascii")))
        # A process id may belong to another program by now: only a server of this very folder is ended.
        if any(f"-dir={folder / 'data'}" == argument for argument in process.cmdline()):
            _stop(process.pid)
            process.wait(10)
    except (psutil.Error, ValueError):
        pass  # gone already
    pid_file.unlink(missing_ok=True)


def _stop(pid: int) -> None:
    # Its orderly exit takes ten seconds and writes nothing that a later start would miss.
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def _weed() -> str:
    beside = Path(sys.executable).parent / "weed"
    found = str(beside) if beside.is_file() else shutil.which("weed")
    if found is None:
        raise ServerFailed("The S3 server `weed` is not installed.", "Run `make setup`.")
    return found


def free_ports(count: int) -> list[int]:
    """Ports that are free at this moment, below the range from which clients draw theirs."""
    held: list[socket.socket] = []
    try:
        for port in range(20_000 + os.getpid() % 9_000, 32_000):
            candidate = socket.socket()
            try:
                candidate.bind(("127.0.0.1", port))
            except OSError:
                candidate.close()
                continue
            held.append(candidate)
            if len(held) == count:
                break
        return [candidate.getsockname()[1] for candidate in held]
    finally:
        for candidate in held:
            candidate.close()
