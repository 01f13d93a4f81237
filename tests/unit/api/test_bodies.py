"""Bodies: never read for a stranger, limited in size and time, and strict JSON without NUL on every route."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from starlette.types import Message, Scope
from tests.support import loops
from tests.unit.api.conftest import TOKEN, Library
from tests.unit.api.test_strictness import operations

from mirrorlake.api import bodies
from mirrorlake.api.bodies import BODY_BYTES, DEPTH, ClientGone, read_body
from mirrorlake.api.problems import RequestRefused

JSON = {"content-type": "application/json"}
PATHS = ("/api/v1/assets/1000", "/api/v1/datasources/orchard")


@pytest.mark.parametrize("body", [b"{", b"\xff", b'{"metadata": "\\u0000"}', b" " * (BODY_BYTES + 1)])
def test_who_has_no_token_hears_that_first(stranger: TestClient, body: bytes) -> None:
    for path in PATHS:
        assert stranger.patch(path, content=body, headers=JSON).status_code == 401


def test_no_byte_of_a_strangers_body_is_read(app: FastAPI) -> None:
    sent: list[Message] = []

    async def receive() -> Message:
        raise AssertionError("the body was read")

    async def send(message: Message) -> None:
        sent.append(message)

    loops.run(app(scope(b"PATCH", PATHS[0]), receive, send))
    assert sent[0]["status"] == 401


def test_a_body_has_a_limit_with_and_without_a_length(client: TestClient, library: Library) -> None:
    before = library.content()
    large = json.dumps({"metadata": {"note": "x" * BODY_BYTES}}).encode()
    for content in (large, iter([large[:1000], large[1000:]])):
        answer = client.patch(PATHS[0], content=content, headers=JSON)
        assert (answer.status_code, answer.json()["type"]) == (413, "urn:mirrorlake:body-too-large")
    assert library.content() == before


def test_a_body_that_does_not_come_ends_its_request() -> None:
    async def receive() -> Message:
        await asyncio.Event().wait()
        raise AssertionError("never")

    with pytest.raises(RequestRefused) as refused:
        loops.run(read_body(scope(b"PATCH", PATHS[0]), receive, patience_s=0.01))
    assert refused.value.problem.status == 408
    assert bodies.BODY_S > 1


def test_a_client_that_leaves_is_not_answered(app: FastAPI) -> None:
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        sent.append(message)

    with pytest.raises(ClientGone):
        loops.run(read_body(scope(b"PATCH", PATHS[0]), receive))
    loops.run(app(scope(b"PATCH", PATHS[0], authorization=f"Bearer {TOKEN}"), receive, send))
    assert sent == []


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{", 422),
        (b"\xff", 422),
        (b'{"metadata": {"a": NaN}}', 422),
        (b'{"metadata": {"a": "\\ud800"}}', 422),
        (b'{"metadata": {"a": "\x00"}}', 422),
        (b'{"metadata": {"a": "x\\u0000"}}', 400),
        (b'{"metadata": {"a\\u0000": "x"}}', 400),
        (b'{"add_tags": ["\\u0000"]}', 400),
        (b"[" * (DEPTH + 2) + b"]" * (DEPTH + 2), 400),
        (b"[" * 900 + b"]" * 900, 400),
    ],
)
def test_what_is_not_strict_json_is_refused_on_every_route(
    client: TestClient, app: FastAPI, library: Library, body: bytes, status: int
) -> None:
    before = library.content()
    for method, address, _ in operations(app):
        if "/health" not in address:
            answer = client.request(method, address, content=body, headers=JSON)
            assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json"), address
    assert library.content() == before


def test_a_backslash_before_u0000_is_no_nul(client: TestClient, library: Library) -> None:
    answer = client.patch(PATHS[0], content=b'{"metadata": {"path": "C:\\\\u0000"}}', headers=JSON)
    assert (answer.status_code, answer.json()["asset"]["metadata"]["path"]) == (200, "C:\\u0000")


def test_a_body_is_declared_as_json(client: TestClient, library: Library) -> None:
    for kind in ("text/plain", "application/x-www-form-urlencoded", ""):
        answer = client.patch(PATHS[0], content=b'{"add_tags": ["x"]}', headers={"content-type": kind})
        assert (answer.status_code, answer.json()["type"]) == (415, "urn:mirrorlake:unsupported-media-type"), kind
    answer = client.patch(PATHS[0], content=b"{}", headers={"content-type": "Application/JSON; charset=utf-8"})
    assert answer.status_code == 200


def scope(method: bytes, path: str, **headers: str) -> Scope:
    made: dict[str, Any] = {
        "type": "http",
        "method": method.decode(),
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "scheme": "http",
        "headers": [(b"host", b"127.0.0.1"), *((name.encode(), value.encode()) for name, value in headers.items())],
    }
    return made
