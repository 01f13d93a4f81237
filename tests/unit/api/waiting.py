"""Work that a server goes on with after it has answered."""

from __future__ import annotations

import time
from typing import Any

from fastapi.testclient import TestClient

PATIENCE_S = 60.0


def ended(client: TestClient, address: str) -> dict[str, Any]:
    """What is at this address once its state is final."""
    deadline = time.monotonic() + PATIENCE_S
    while True:
        found: dict[str, Any] = client.get(address).json()
        if found["state"] not in {"queued", "running"}:
            return found
        assert time.monotonic() < deadline, found
        time.sleep(0.05)
