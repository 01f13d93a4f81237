"""A repeated request is not executed twice, an unchanged answer is not sent twice, and changes of jobs are streamed."""

from __future__ import annotations

import json
import threading
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from fastapi.testclient import TestClient
from tests.unit.api.conftest import Library

from mirrorlake.api.routers import jobs as job_routers
from mirrorlake.catalog import jobs, stored_answers
from mirrorlake.catalog.stored_answers import Claim, StoredAnswer
from mirrorlake.core.errors import CatalogUnavailable, Conflict, KeyReused
from mirrorlake.model.access import LIBRARY, SENDER
from mirrorlake.model.jobs import JobKind, NewJob
from mirrorlake.model.workspaces import Limits, Workspace
from mirrorlake.services.callers import token_holder
from mirrorlake.services.workspaces import WorkspaceService

SOURCE = {"uri": "s3://traps/north", "name": "trap-7"}


def post(client: TestClient, address: str, body: dict[str, Any], key: str) -> Any:
    return client.post(f"/api/v1{address}", json=body, headers={"Idempotency-Key": key})


def rows(library: Library, query: str) -> list[Any]:
    with psycopg.connect(library.settings.database_url or "", autocommit=True) as session:
        cursor = session.execute(query)  # pyright: ignore[reportArgumentType]
        return cursor.fetchall() if cursor.description else []


def test_a_repeated_request_is_answered_and_not_executed(client: TestClient, library: Library) -> None:
    first = post(client, "/datasources", SOURCE, "k1")
    assert (first.status_code, "idempotent-replayed" in first.headers) == (201, False)
    again = post(client, "/datasources", SOURCE, "k1")
    assert (again.status_code, again.json()) == (201, first.json())
    assert again.headers["idempotent-replayed"] == "true"
    assert again.headers["content-type"] == first.headers["content-type"]
    assert client.post("/api/v1/datasources", json=SOURCE).status_code == 409  # executed, without a key
    other = post(client, "/datasources", SOURCE | {"name": "trap-8"}, "k1")
    assert (other.status_code, other.json()["type"]) == (409, "urn:mirrorlake:idempotency-key-reused")
    elsewhere = post(client, "/location-previews", SOURCE | {"name": "x"}, "k1")
    assert elsewhere.json()["type"] == "urn:mirrorlake:idempotency-key-reused"
    assert rows(library, "SELECT count(*) FROM datasource WHERE name LIKE 'trap-%'") == [(1,)]


def test_a_refused_request_can_be_repeated_with_its_key(client: TestClient, library: Library) -> None:
    for body in ({"uri": "nonsense"}, {"url": "x"}, SOURCE | {"name": "orchard"}):
        assert post(client, "/datasources", body, "k").status_code in {400, 409, 422}
    assert post(client, "/datasources", SOURCE, "k").status_code == 201
    for key in ("", "a b", "x" * 256):
        assert post(client, "/datasources", SOURCE, key).json()["type"] == "urn:mirrorlake:usage-error", key
    assert rows(library, "SELECT count(*) FROM stored_answer") == [(1,)]


def test_an_upload_with_a_key_is_refused_and_stores_nothing(client: TestClient, library: Library) -> None:
    headers = {"Idempotency-Key": "k1"}
    form = client.post("/api/v1/uploads", files={"file": ("a.jpg", b"x")}, headers=headers)
    plain = client.post(
        "/api/v1/labels/uploads", content=b"x", headers=headers | {"Content-Type": "application/octet-stream"}
    )
    for answer in (form, plain):
        assert (answer.status_code, answer.json()["type"]) == (400, "urn:mirrorlake:usage-error")
        assert "takes no Idempotency-Key" in answer.json()["detail"]
        assert ("`duplicates`" in answer.json()["fix"]) == (answer is form)  # only the answer to files has them
    assert rows(library, "SELECT count(*) FROM stored_answer") == [(0,)]


def test_a_request_that_failed_after_its_commit_is_not_executed_again(
    client: TestClient, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    create, failures = WorkspaceService.create, iter([RuntimeError("unexpected"), CatalogUnavailable("It is gone.")])

    def create_and_fail(service: WorkspaceService, name: str, limits: Limits | None = None) -> Workspace:
        create(service, name, limits)
        raise next(failures)

    monkeypatch.setattr(WorkspaceService, "create", create_and_fail)
    assert post(client, "/workspaces", {"name": "north"}, "k1").status_code == 500
    assert post(client, "/workspaces", {"name": "south"}, "k2").status_code == 503
    monkeypatch.undo()
    again = post(client, "/workspaces", {"name": "north"}, "k1")
    assert (again.status_code, "failed on the way" in again.json()["detail"]) == (409, True)
    assert post(client, "/workspaces", {"name": "south"}, "k2").status_code == 409
    assert [one["name"] for one in client.get("/api/v1/workspaces").json()] == ["default", "north", "south"]


def test_a_key_goes_on_to_mean_its_request_when_the_workspace_is_renamed(client: TestClient, library: Library) -> None:
    def create(workspace: str) -> Any:
        headers = {"Idempotency-Key": "k", "Mirrorlake-Workspace": workspace}
        return client.post("/api/v1/datasources", json=SOURCE, headers=headers)

    assert client.post("/api/v1/workspaces", json={"name": "north"}).status_code == 201
    assert create("north").status_code == 201
    assert client.patch("/api/v1/workspaces/north", json={"name": "south"}).status_code == 200
    assert (create("south").status_code, create("south").headers["idempotent-replayed"]) == (201, "true")


def test_an_answer_with_a_secret_is_not_kept(client: TestClient, library: Library) -> None:
    body = {"url": "https://example.org/hook"}
    first = post(client, "/webhooks", body, "k")
    assert (first.status_code, first.headers["cache-control"]) == (201, "no-store")
    again = post(client, "/webhooks", body, "k")
    assert (again.status_code, again.json()["type"]) == (409, "urn:mirrorlake:answer-not-kept")
    assert len(client.get("/api/v1/webhooks").json()) == 1
    assert first.json()["secret"] not in str(rows(library, "SELECT stored_answer::text FROM stored_answer"))


def test_a_key_belongs_to_one_caller_for_a_day_and_the_number_of_answers_is_bounded(
    client: TestClient, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    catalog = library.resources.catalog
    mine = stored_answers.claim(catalog, LIBRARY, "k", b"1")
    assert isinstance(mine, Claim)
    with pytest.raises(Conflict, match="in progress"):
        stored_answers.claim(catalog, LIBRARY, "k", b"1")
    with pytest.raises(KeyReused):
        stored_answers.claim(catalog, LIBRARY, "k", b"2")
    assert isinstance(stored_answers.claim(catalog, SENDER, "k", b"2"), Claim)  # another caller
    answer = StoredAnswer(status=201, headers={"content-type": "text/plain"}, body=b"done")
    stored_answers.store(catalog, LIBRARY, mine, 201, answer)
    assert stored_answers.claim(catalog, LIBRARY, "k", b"1") == answer

    rows(library, "UPDATE stored_answer SET created = created - interval '25 hours'")
    later = stored_answers.claim(catalog, LIBRARY, "k", b"2")
    assert isinstance(later, Claim)
    stored_answers.store(catalog, LIBRARY, mine, 500, None)  # of the first one, which has no claim any more
    stored_answers.release(catalog, LIBRARY, later)
    assert rows(library, "SELECT count(*) FROM stored_answer") == [(0,)]

    monkeypatch.setattr(stored_answers, "MOST", 3)
    for number in range(6):
        made = stored_answers.claim(catalog, LIBRARY, f"n{number}", b"1")
        assert isinstance(made, Claim)
        stored_answers.store(catalog, LIBRARY, made, 200, answer)
    assert rows(library, "SELECT key FROM stored_answer ORDER BY key") == [("n3",), ("n4",), ("n5",)]


def test_simultaneous_equal_requests_create_one(client: TestClient, library: Library) -> None:
    found: list[int] = []
    threads = [
        threading.Thread(target=lambda: found.append(post(client, "/datasources", SOURCE, "k").status_code))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(found) <= {201, 409}
    assert 201 in found
    assert post(client, "/datasources", SOURCE, "k").headers["idempotent-replayed"] == "true"


@pytest.mark.parametrize(
    "address",
    ["/assets/1001", "/assets?limit=3", "/datasources/orchard", "/runs/3", "/jobs/6", "/projects", "/activity"],
)
def test_an_unchanged_answer_is_not_sent_again(client: TestClient, address: str) -> None:
    first = client.get(f"/api/v1{address}")
    assert first.headers["cache-control"] == "private, no-cache"
    tag = first.headers["etag"]
    for known in (tag, f'"x", W/{tag}', "*"):
        again = client.get(f"/api/v1{address}", headers={"If-None-Match": known})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    assert client.get(f"/api/v1{address}", headers={"If-None-Match": '"other"'}).json() == first.json()


def test_a_changed_asset_has_another_tag(client: TestClient, library: Library) -> None:
    tag = client.get("/api/v1/assets/1001").headers["etag"]
    client.patch("/api/v1/assets/1001", json={"add_tags": [uuid4().hex]})
    assert client.get("/api/v1/assets/1001", headers={"If-None-Match": tag}).status_code == 200
    missing = client.get("/api/v1/assets/99999", headers={"If-None-Match": "*"})
    assert (missing.status_code, "etag" in missing.headers) == (404, False)


def streamed(client: TestClient, last: str | None = None) -> list[tuple[str, int, dict[str, Any]]]:
    """The events of a stream: name, id and job of each."""
    headers = {} if last is None else {"Last-Event-ID": last}
    answer = client.get("/api/v1/jobs/events", headers=headers)
    assert answer.headers["content-type"].startswith("text/event-stream")
    found: list[tuple[str, int, dict[str, Any]]] = []
    for block in answer.text.split("\n\n"):
        lines = dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":"))
        if lines:
            found.append((lines["event"], int(lines["id"]), json.loads(lines["data"])))
    return found


def test_changes_of_all_jobs_are_streamed_and_a_stream_can_be_resumed(
    client: TestClient, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(job_routers, "STREAM_S", 2.0)
    catalog = library.resources.catalog
    active = {job["id"] for job in client.get("/api/v1/jobs").json() if job["state"] in {"queued", "running"}}
    request = NewJob(kind=JobKind.THUMBNAILS_CHECK, lock="the lock")
    made: list[int] = []
    timer = threading.Timer(0.6, lambda: made.append(jobs.request(catalog, request)))
    timer.start()
    events = streamed(client)
    timer.join()
    assert {job["id"] for _, _, job in events} == active | set(made)
    assert [name for name, _, job in events if job["id"] in made] == ["job"]
    assert {name for name, _, job in events if job["id"] in active} == {"run"}
    assert [event_id for _, event_id, _ in events] == sorted(event_id for _, event_id, _ in events)

    monkeypatch.setattr(job_routers, "STREAM_S", 0.1)
    everything = {job["id"] for job in client.get("/api/v1/jobs").json()}
    assert {job["id"] for _, _, job in streamed(client, "0")} == everything  # since 1970
    assert {job["id"] for _, _, job in streamed(client, str(events[-1][1]))} >= set(made)
    assert client.get("/api/v1/jobs/events", headers={"Last-Event-ID": "x"}).status_code == 422


@pytest.mark.parametrize("path", ["jobs/events", "jobs/{running}/events"])
def test_a_stream_ends_with_the_access_of_its_caller(
    client: TestClient, library: Library, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    monkeypatch.setattr(job_routers, "CHECK_S", 0.1)
    monkeypatch.setattr(job_routers, "ALIVE_S", 0.1)
    running = next(job["id"] for job in client.get("/api/v1/jobs").json() if job["state"] == "running")
    key = client.post("/api/v1/api-keys", json={"name": "watcher", "role": "viewer"}).json()
    header = {"Authorization": f"Bearer {key['key']}"}
    timer = threading.Timer(0.5, lambda: client.delete(f"/api/v1/api-keys/{key['id']}"))
    timer.start()
    answer = client.get(f"/api/v1/{path.format(running=running)}", headers=header)  # goes on until then
    timer.join()
    assert (answer.status_code, len(answer.content) > 0) == (200, True)
    assert client.get("/api/v1/jobs", headers=header).status_code == 401


def test_an_edit_that_is_no_job_is_streamed_without_its_values(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(job_routers, "STREAM_S", 2.5)
    asset = client.get("/api/v1/assets", params={"limit": 1}).json()["items"][0]["id"]
    body = {"add_tags": [f"streamed {uuid4().hex}"]}
    timer = threading.Timer(0.4, lambda: client.patch(f"/api/v1/assets/{asset}", json=body))
    timer.start()
    changes = [data for name, _, data in streamed(client) if name == "change"]
    timer.join()
    assert changes == [{"subjects": ["asset"], "assets": [asset], "more": False}]


def test_jobs_can_be_listed_by_when_they_were_active(client: TestClient) -> None:
    running = client.get("/api/v1/jobs", params={"active_since": "2100-01-01T00:00:00Z"}).json()
    assert {job["state"] for job in running} <= {"queued", "running"}
    every = client.get("/api/v1/jobs", params={"active_since": "2000-01-01T00:00:00Z"}).json()
    assert len(every) == len(client.get("/api/v1/jobs").json()) > len(running)
    assert client.get("/api/v1/jobs", params={"active_since": "2000-01-01"}).status_code == 422


def test_answers_of_other_callers_are_not_replayed(client: TestClient, library: Library) -> None:
    post(client, "/datasources", SOURCE, "k")
    (stored,) = rows(library, "SELECT caller, key FROM stored_answer")
    caller = token_holder()
    assert stored == (f"{caller.actor.kind.value}:{caller.actor.name}", "k")
