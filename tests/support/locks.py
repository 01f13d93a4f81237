"""Find sessions that wait for others in PostgreSQL, so that concurrent tests are deterministic."""

from __future__ import annotations

import time

from mirrorlake.postgres.pool import Catalog

PATIENCE_S = 10.0


def until_somebody_waits(catalog: Catalog) -> None:
    """Return once a session of this database waits for a lock of another one; fails after PATIENCE_S."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        with catalog.read() as connection:
            row = connection.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
            ).fetchone()
        if row is not None and row[0]:
            return
        time.sleep(0.01)
    raise AssertionError("nobody waits for a lock")
