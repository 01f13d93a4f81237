"""Work that a server queues and answers with: a worker executes it here."""

from __future__ import annotations

from typing import Any

from fastapi.testclient import TestClient
from tests.unit.api.conftest import Library

from mirrorlake.jobs.worker import Stop, Worker


def executed(client: TestClient, library: Library, address: str) -> dict[str, Any]:
    """What is at this address once a worker has executed everything that was queued."""
    Worker(library.settings, library.resources.catalog, jobs=1, log=lambda _line: None, stop=Stop()).drain()
    found: dict[str, Any] = client.get(address).json()
    assert found["state"] not in {"queued", "running"}, found
    return found
