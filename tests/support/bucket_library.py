"""A library over one bucket that a connection reaches, and a server of it in this process."""

from __future__ import annotations

import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import uvicorn
from tests.support.postgres import Server

from mirrorlake.api.web import create_app
from mirrorlake.core.settings import Settings
from mirrorlake.mirror.progress import NullProgress
from mirrorlake.mirror.report import Report
from mirrorlake.services.base import Resources
from mirrorlake.services.callers import local_user
from mirrorlake.services.library import LocalLibrary
from mirrorlake.services.mirror import mirror
from mirrorlake.services.mirror_request import MirrorRequest, read_request


def loopback_settings(home: Path, server: Server) -> Settings:
    """The settings of an empty library that may reach servers of this machine."""
    return Settings(home=home, database_url=server.new_database(), allow_addresses=("127.0.0.0/8",))


def connect(resources: Resources, bucket: str, settings: dict[str, str], *, key: str, secret: str) -> None:
    """Add a connection of the bucket's name, with these settings and access keys."""
    secrets = {"access_key_id": key, "secret_access_key": secret}
    LocalLibrary(resources, local_user()).connections.add(bucket, "s3", settings=settings, secrets=secrets)


def mirror_bucket(resources: Resources, bucket: str) -> Report:
    """Mirror the bucket by the connection of its name."""
    request = read_request(MirrorRequest(uri=f"s3://{bucket}", connection=bucket, jobs=1))
    return mirror(resources.settings, request, NullProgress())


@contextmanager
def served_here(resources: Resources, token: str) -> Generator[str]:
    """Serve the library in a thread; the address."""
    app = create_app(lambda caller: LocalLibrary(resources, caller), token=token)
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="critical", lifespan="off"))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            time.sleep(0.01)
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()
