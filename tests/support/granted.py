"""Connections for tests of documents and checks."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from mirrorlake.model.connections import Connection, ConnectionKind, ConnectionSettings

EXTERNAL_ID = "f3b1c9d2a7e84c51b0d6"
PRINCIPAL = "arn:aws:iam::111122223333:role/mirrorlake"


def connection(kind: str = "aws-role", **settings: Any) -> Connection:
    """A connection of this kind to the bucket `photos`, unless the settings name another one."""
    return Connection(
        id=1,
        name="acme",
        kind=ConnectionKind(kind),
        settings=ConnectionSettings(**{"bucket": "photos", **settings}),
        external_id=EXTERNAL_ID,
        created=datetime(2026, 1, 1, tzinfo=UTC),
    )
