"""What the running server of a library records in its data folder: its process and its address."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

import orjson

RECORD: Final = "server.json"


def read_record(content: bytes) -> dict[str, object]:
    """The content of the record; empty while the server is starting."""
    try:
        return orjson.loads(content)
    except orjson.JSONDecodeError:
        return {}  # the server has not written yet


def running_address(home: Path) -> str | None:
    """The address of the server that runs on this machine; None if there is none.

    The lock of the record is not tried: a server that starts in this moment would find it taken.
    """
    try:
        record = read_record((home / RECORD).read_bytes())
    except OSError:
        return None
    pid, address = record.get("pid"), record.get("address")
    return address if isinstance(pid, int) and isinstance(address, str) and _is_running(pid) else None


def _is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True  # of another user
    return True
