"""Each kind of bad input is answered with its own problem document: what is wrong, where, and within a few lines."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import pytest
from fastapi.testclient import TestClient

from mirrorlake.search.grammar import MAX_TERMS

PROBLEM_BYTES = 4_000  # however large the request was
ASSET = "/assets/1000"


@dataclass(frozen=True, kw_only=True)
class Bad:
    """A bad request, and what its problem document contains."""

    name: str
    method: str = "GET"
    path: str = ASSET
    params: dict[str, Any] = field(default_factory=dict[str, Any])
    body: Any = None
    raw: str | None = None
    headers: dict[str, str] = field(default_factory=dict[str, str])
    status: int
    type: str
    detail: str  # a part of it


def edit(name: str, body: Any, status: int, kind: str, detail: str) -> Bad:
    return Bad(name=name, method="PATCH", body=body, status=status, type=kind, detail=detail)


def unknown(path: str, method: str = "GET", body: Any = None) -> Bad:
    name = f"unknown id: {method} {path}"
    return Bad(name=name, method=method, path=path, body=body, status=404, type="not-found", detail="")


def query(name: str, text: str, status: int, kind: str, detail: str) -> Bad:
    return Bad(name=name, path="/assets", params={"query": text}, status=status, type=kind, detail=detail)


BAD = [
    # Wrong types
    edit("an object as a value", {"metadata": {"a": {"b": 1}}}, 422, "invalid-request", "body.metadata.a"),
    edit("null as a value", {"metadata": {"a": None}}, 422, "invalid-request", "body.metadata.a"),
    edit("a text for tags", {"add_tags": "x"}, 422, "invalid-request", "body.add_tags"),
    edit("a number as a tag", {"add_tags": [1]}, 422, "invalid-request", "body.add_tags.0"),
    edit("a list as a body", [1], 422, "invalid-request", "body"),
    edit("an unknown field", {"add_tag": ["x"]}, 422, "invalid-request", "Did you mean add_tags?"),
    Bad(name="a word as a number", path="/assets", params={"limit": "x"}, status=422, type="invalid-request",
        detail="query.limit"),
    Bad(name="an unknown parameter", path="/assets", params={"limits": 1}, status=422, type="invalid-request",
        detail="Did you mean limit?"),
    Bad(name="numbers as ids", method="POST", path="/projects/p/add", body={"assets": [1]}, status=422,
        type="invalid-request", detail="body.assets.0"),
    Bad(name="an empty list", method="POST", path="/functions",
        body={"name": "f", "url": "https://a.example", "events": []}, status=422,
        type="invalid-request", detail="body.events: Expected 1 item or more."),
    # Keys and tags that are forbidden
    edit("a slash in a key", {"metadata": {"a/b": 1}}, 400, "usage-error", "a/b"),
    edit("a key that begins with a dot", {"metadata": {".a": 1}}, 400, "usage-error", ".a"),
    edit("a space in a key", {"metadata": {"a b": 1}}, 400, "usage-error", "a b"),
    edit("a blank tag", {"add_tags": [" "]}, 400, "usage-error", "tag"),
    edit("a key both set and removed", {"metadata": {"a": 1}, "remove_metadata": ["a"]}, 400, "usage-error", "a"),
    # Too much
    edit("10 MB of metadata", {"metadata": {"a": "x" * 10_000_000}}, 413, "body-too-large", "1,024 KiB"),
    edit("a long value", {"metadata": {"a": "x" * 100_000}}, 400, "usage-error", "a"),
    edit("a long key", {"metadata": {"k" * 5_000: 1}}, 400, "usage-error", ""),
    edit("100,000 tags", {"add_tags": [f"t{n}" for n in range(100_000)]}, 422, "invalid-request", "1,000 items or"),
    edit("2,000 keys", {"metadata": {f"k{n}": n for n in range(2_000)}}, 422, "invalid-request", "1,000 items or"),
    Bad(name="100,000 assets", method="POST", path="/projects/p/add", body={"assets": ["1"] * 100_000}, status=422,
        type="invalid-request", detail="body.assets"),
    Bad(name="a stale ETag", method="PATCH", body={"add_tags": ["x"]}, headers={"If-Match": '"stale"'}, status=412,
        type="stale-version", detail="changed"),
    # Unknown ids
    unknown("/assets/99999999"), unknown("/assets/nonsense"), unknown("/assets/99999999/thumbnail"),
    unknown("/assets/99999999", "PATCH", {"add_tags": ["x"]}), unknown("/runs/99999"), unknown("/runs/99999/outcomes"),
    unknown("/jobs/99999"), unknown("/jobs/99999/cancel", "POST"), unknown("/datasources/none"),
    unknown("/datasources/none", "PATCH", {"schedule": "off"}), unknown("/connections/none"),
    unknown("/webhooks/99999"), unknown("/functions/none"), unknown("/functions/none/call", "POST", {}),
    unknown("/assets/99999999/function-failures"), unknown("/ontologies/none"), unknown("/previews/none"),
    unknown("/location-previews/none"), unknown("/projects/none/remove", "POST", {"assets": ["1000"]}),
    unknown("/nothing"),
    # Queries
    query("10,000 terms", "a " * 10_000, 422, "invalid-request", "query.query"),
    query("a long query", "x" * 5_000, 400, "query-error", "4,096 characters"),
    query("too many terms", "a " * (MAX_TERMS + 1), 400, "query-error", "200 terms"),
    query("deep brackets", "(" * 60 + "a" + ")" * 60, 400, "query-error", "50 deep"),
    query("a misspelled field", "fiilename:x", 400, "query-error", "fiilename"),
    query("no value", "width:>", 400, "query-error", "Expected a value."),
    Bad(name="10,000 terms in a body", method="POST", path="/search", body={"query": "a " * 10_000}, status=422,
        type="invalid-request", detail="body.query"),
    Bad(name="another query's cursor", path="/assets", params={"cursor": "bm9uc2Vuc2U"}, status=400,
        type="usage-error", detail="cursor"),
    # Documents and headers
    Bad(name="no JSON", method="PATCH", raw="{", headers={"content-type": "application/json"}, status=422,
        type="invalid-request", detail="not valid JSON"),
    Bad(name="NaN", method="PATCH", raw='{"metadata": {"a": NaN}}', headers={"content-type": "application/json"},
        status=422, type="invalid-request", detail="not valid JSON"),
    Bad(name="NUL", method="PATCH", raw='{"metadata": {"a": "\\u0000"}}', headers={"content-type": "application/json"},
        status=400, type="usage-error", detail="NUL"),
    Bad(name="a form", method="PATCH", raw="a=1", headers={"content-type": "application/x-www-form-urlencoded"},
        status=415, type="unsupported-media-type", detail="JSON"),
    Bad(name="a deep document", method="PATCH", raw="[" * 100 + "]" * 100,
        headers={"content-type": "application/json"}, status=400, type="usage-error", detail="levels deep"),
    Bad(name="a wrong method", method="DELETE", path="/assets", status=405, type="method-not-allowed", detail="DELETE"),
    Bad(name="an impossible key", method="POST", path="/verify", headers={"Idempotency-Key": "a b"}, status=400,
        type="usage-error", detail="Idempotency-Key"),
    Bad(name="a wrong id of an event", path="/jobs/events", headers={"Last-Event-ID": "x"}, status=422,
        type="invalid-request", detail="header.last-event-id"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("path", "page"),
    {
        "/datasources/nowhere": "Datasources",
        "/runs/999999": "Runs",
        "/jobs/999999": "Jobs",
        "/projects/nowhere": "Projects",
        "/connections/nowhere": "Connections",
        "/ontologies/nowhere": "Labels",
        "/webhooks/999999": "Settings",
    }.items(),
)
def test_what_is_not_there_is_sent_to_a_page_and_to_a_command(client: TestClient, path: str, page: str) -> None:
    answer = client.get(f"/api/v1{path}")
    assert answer.status_code == 404
    assert f"The page {page} and `mirrorlake " in answer.json()["fix"]


@pytest.mark.parametrize("bad", BAD, ids=lambda bad: bad.name)
def test_bad_input_has_its_problem_document(client: TestClient, bad: Bad) -> None:
    content = bad.raw if bad.raw is not None else None if bad.body is None else json.dumps(bad.body)
    headers = bad.headers if bad.raw is not None or bad.body is None else {"content-type": "application/json"}
    answer = client.request(
        bad.method, f"/api/v1{bad.path}", params=bad.params, content=content, headers=headers | bad.headers
    )
    assert answer.status_code == bad.status, answer.text[:500]
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert (problem["type"], problem["status"]) == (f"urn:mirrorlake:{bad.type}", bad.status)
    assert problem["title"]
    assert problem["detail"]
    assert bad.detail in problem["detail"] + problem.get("fix", "")
    assert len(answer.content) < PROBLEM_BYTES + len(problem.get("text", ""))
    assert len(problem.get("text", "")) <= 4_096
