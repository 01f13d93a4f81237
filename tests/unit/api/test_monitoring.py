"""Monitoring sees whether the server runs, whether it can do its work, and what it does; strangers see nothing more."""

from __future__ import annotations

import shutil
from collections import namedtuple
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import anyio
import anyio.to_thread
import httpx
import psycopg
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from prometheus_client.parser import text_string_to_metric_families
from tests.unit.api.conftest import Library

from mirrorlake.catalog import queue
from mirrorlake.catalog.workers import announce_worker
from mirrorlake.core.errors import PermissionDenied
from mirrorlake.model.access import Permission, Role
from mirrorlake.model.readiness import ServerPart
from mirrorlake.postgres.pool import Catalog
from mirrorlake.services.callers import local_user
from mirrorlake.services.doctor import examine
from mirrorlake.services.library import LocalLibrary
from mirrorlake.services.metrics import ServerMetrics
from mirrorlake.services.readiness import KEPT_S, ROOM_BYTES, ReadinessCheck

Usage = namedtuple("Usage", "total used free")  # noqa: PYI024  as `shutil` returns
Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]


@pytest.fixture
def ready(app: FastAPI, library: Library) -> Iterator[list[float]]:
    """The clock of the check that the app uses."""
    now = [0.0]
    app.state.readiness = ReadinessCheck(library.resources.catalog, library.settings, clock=lambda: now[0])
    yield now
    app.state.readiness = None


@pytest.fixture
def metrics(app: FastAPI, library: Library) -> Iterator[ServerMetrics]:
    before = app.state.metrics
    app.state.metrics = ServerMetrics(library.resources.catalog)
    yield app.state.metrics
    app.state.metrics = before


def parts(answer: Any) -> dict[str, bool]:
    return {one["part"]: one["ok"] for one in answer.json()["parts"]}


def test_readiness_tells_database_worker_and_disk(
    stranger: TestClient, ready: list[float], library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = stranger.get("/api/v1/ready")
    assert (answer.status_code, answer.json()["ready"]) == (503, False)
    assert parts(answer) == {"database": True, "worker": False, "disk": True}
    assert answer.headers["cache-control"] == "no-store"
    ignoring = stranger.get("/api/v1/ready?ignore=worker")
    assert (ignoring.status_code, ignoring.json()["ready"], parts(ignoring)["worker"]) == (200, True, False)

    announce_worker(library.resources.catalog)
    assert stranger.get("/api/v1/ready").status_code == 503  # the answer of a moment ago
    ready[0] += KEPT_S
    assert stranger.get("/api/v1/ready").status_code == 200

    monkeypatch.setattr(shutil, "disk_usage", lambda _home: Usage(10**12, 10**12, ROOM_BYTES - 1))
    ready[0] += KEPT_S
    full = stranger.get("/api/v1/ready?ignore=worker")
    assert (full.status_code, parts(full)) == (503, {"database": True, "worker": True, "disk": False})
    assert stranger.get("/api/v1/ready?ignore=worker&ignore=disk").status_code == 200


def test_readiness_tells_nothing_about_a_database_that_does_not_answer(
    app: FastAPI, stranger: TestClient, ready: list[float], library: Library, tmp_path: Path
) -> None:
    away = Catalog("host=127.0.0.1 port=1 user=canary password=canary dbname=canary")
    app.state.readiness = ReadinessCheck(away, replace(library.settings, home=tmp_path / "canary"))
    answer = stranger.get("/api/v1/ready")
    assert (answer.status_code, parts(answer)) == (503, {"database": False, "worker": False, "disk": False})
    assert "canary" not in answer.text
    assert stranger.get("/api/v1/health").json() == {"status": "ok"}  # the process runs: restarting it would not help


def test_many_who_ask_for_readiness_ask_the_database_once(library: Library) -> None:
    class Counted(Catalog):
        asked = 0

        @contextmanager
        def probe(self, seconds: int) -> Iterator[psycopg.Connection[Any]]:
            self.asked += 1
            with super().probe(seconds) as connection:
                yield connection

    with Counted(library.resources.catalog.conninfo) as catalog:
        now = [0.0]
        check = ReadinessCheck(catalog, library.settings, clock=lambda: now[0])
        for _ in range(50):
            check.check({ServerPart.WORKER})
        assert catalog.asked == 1
        now[0] += KEPT_S
        check.check()
        assert catalog.asked == 2


def test_a_statement_that_takes_too_long_is_a_database_that_does_not_answer(library: Library) -> None:
    class Slow(Catalog):
        @contextmanager
        def probe(self, seconds: int) -> Iterator[psycopg.Connection[Any]]:
            del seconds
            with super().probe(1) as connection:
                connection.execute("SELECT pg_sleep(60)")
                yield connection

    with Slow(library.resources.catalog.conninfo) as catalog:
        found = ReadinessCheck(catalog, library.settings).check()
    assert not found.ready
    assert [one.part for one in found.parts if not one.ok] == [ServerPart.DATABASE, ServerPart.WORKER]


def test_a_probe_is_answered_while_every_thread_waits_for_the_database(app: FastAPI, ready: list[float]) -> None:
    async def probe() -> list[int]:
        threads = anyio.to_thread.current_default_thread_limiter()
        for _ in range(int(threads.total_tokens)):
            threads.acquire_on_behalf_of_nowait(object())
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            with anyio.fail_after(30):
                paths = ("/api/v1/health", "/api/v1/ready?ignore=worker")
                return [(await client.get(path)).status_code for path in paths]

    with ThreadPoolExecutor(1) as thread:  # a loop of its own: the browser of other tests has one in this thread
        assert thread.submit(anyio.run, probe).result() == [200, 200]


def samples(client: TestClient) -> Samples:
    answer = client.get("/api/v1/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    return {
        (one.name, tuple(sorted(one.labels.items()))): one.value
        for family in text_string_to_metric_families(answer.text)
        for one in family.samples
    }


def test_metrics_have_the_numbers_of_each_workspace(
    client: TestClient, metrics: ServerMetrics, library: Library
) -> None:
    operator = LocalLibrary(library.resources, local_user())
    operator.workspaces.create("north")
    queue.request(library.resources.catalog, "harbour cams")
    announce_worker(library.resources.catalog)
    found = samples(client)
    assets = operator.workspaces.get("default").assets
    assert assets > 0
    assert found["mirrorlake_assets", (("workspace", "default"),)] == assets
    assert found["mirrorlake_assets", (("workspace", "north"),)] == 0
    assert found["mirrorlake_runs", (("state", "queued"), ("workspace", "default"))] == 1
    assert found["mirrorlake_runs", (("state", "queued"), ("workspace", "north"))] == 0
    assert found["mirrorlake_jobs_waiting", (("pool", "default"), ("workspace", "default"))] == 1
    assert found["mirrorlake_jobs_waiting_since_timestamp_seconds", (("workspace", "default"),)] > 1.7e9
    assert found["mirrorlake_workers", (("pool", "default"),)] == 1
    assert found["mirrorlake_worker_heartbeat_timestamp_seconds", (("pool", "default"),)] > 1.7e9
    assert found["mirrorlake_database_up", ()] == 1


def test_metrics_count_requests_by_route_and_not_by_what_clients_send(app: FastAPI, client: TestClient) -> None:
    before = samples(client)
    client.get("/api/v1/assets/1000")
    client.get("/api/v1/assets/999999")
    client.get("/api/v1/none/canary")
    client.request("CANARY", "/canary")
    client.get("/some/page")
    after = samples(client)

    def added(route: str, status: str, method: str = "GET") -> float:
        name = ("mirrorlake_http_requests_total", (("method", method), ("route", route), ("status", status)))
        return after.get(name, 0) - before.get(name, 0)

    assert added("/api/v1/assets/{asset_id}", "200") == 1
    assert added("/api/v1/assets/{asset_id}", "404") == 1
    assert added("/api/v1/metrics", "200") == 1
    seconds = ("mirrorlake_http_request_duration_seconds_count", (("method", "GET"), ("route", "/api/v1/metrics")))
    assert after[seconds] - before.get(seconds, 0) == 1
    assert "canary" not in str(after).lower()


def test_metrics_without_a_database_say_so(client: TestClient, app: FastAPI, metrics: ServerMetrics) -> None:
    app.state.metrics = ServerMetrics(Catalog("host=127.0.0.1 port=1 user=canary password=canary dbname=canary"))
    found = samples(client)
    assert found["mirrorlake_database_up", ()] == 0
    assert not any(name == "mirrorlake_assets" for name, _ in found)


def test_operators_examine_the_machine_of_a_server(app: FastAPI, client: TestClient, library: Library) -> None:
    unknown = client.get("/api/v1/doctor")
    assert (unknown.status_code, unknown.json()["fix"]) == (404, "Run `mirrorlake doctor` on the machine.")
    app.state.examine = lambda: examine(library.settings)
    try:
        answer = client.get("/api/v1/doctor")
    finally:
        app.state.examine = None
    checks = {one["check"]: one for one in answer.json()["checks"]}
    assert {"data folder", "database", "search indexes", "images", "engine"} <= checks.keys()
    assert (checks["database"]["ok"], checks["images"]["ok"]) == (True, True)
    assert answer.json()["ok"] is all(one["ok"] for one in checks.values())
    assert all(bool(one["fix"]) is not one["ok"] for one in checks.values())


def test_metrics_are_for_those_whom_the_operator_permits(
    stranger: TestClient, metrics: ServerMetrics, library: Library
) -> None:
    assert stranger.get("/api/v1/metrics").status_code == 401
    operator = LocalLibrary(library.resources, local_user())
    owner = operator.api_keys.create("owner", role=Role.OWNER)
    refused = stranger.get("/api/v1/metrics", headers={"authorization": f"Bearer {owner.key}"})
    assert (refused.status_code, refused.json()["permission"]) == (403, "metrics:read")
    owners = stranger.get("/api/v1/doctor", headers={"authorization": f"Bearer {owner.key}"})
    assert (owners.status_code, owners.json()["permission"]) == (403, "metrics:read")
    keys = LocalLibrary(
        library.resources, replace(local_user(), permissions=frozenset({Permission.KEYS_EDIT}))
    ).api_keys
    with pytest.raises(PermissionDenied, match="metrics:read"):
        keys.create("other", permissions={Permission.METRICS_READ})
    scraper = operator.api_keys.create("prometheus", permissions={Permission.METRICS_READ})
    headers = {"authorization": f"Bearer {scraper.key}"}
    assert stranger.get("/api/v1/metrics", headers=headers).status_code == 200
    assert stranger.get("/api/v1/assets", headers=headers).status_code == 403
