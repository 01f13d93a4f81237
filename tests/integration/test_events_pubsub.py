"""Pub/Sub, of which no emulator can be had: the shapes of its REST API, served by a stub."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from mirrorlake.connections.events.reading import read_events
from mirrorlake.core.errors import AccessDenied, SettingsError, SourceUnreachable, StorageError, UsageError
from mirrorlake.model.credentials import AwsKeys
from mirrorlake.model.sources import Access
from mirrorlake.storage.providers.gcs.pubsub import PubsubQueue
from mirrorlake.storage.providers.gcs.pubsub_service import PubsubService

NAME = "projects/photos-1/subscriptions/mirror"


class Stub:
    """A subscription with messages. It answers every request with `status`, if that is set."""

    def __init__(self) -> None:
        self.waiting: dict[str, dict[str, Any]] = {}
        self.status = 200
        self.tokens: list[str | None] = []
        self.url = ""

    def answer(self, path: str, asked: dict[str, Any]) -> dict[str, Any]:
        if path == f"/v1/{NAME}:pull":
            found = list(self.waiting.items())[: asked["maxMessages"]]
            return {"receivedMessages": [{"ackId": number, "message": one} for number, one in found]} if found else {}
        assert path == f"/v1/{NAME}:acknowledge"
        for number in asked["ackIds"]:
            self.waiting.pop(number, None)
        return {}


@pytest.fixture
def stub() -> Iterator[Stub]:
    stub = Stub()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            stub.tokens.append(self.headers["authorization"])
            asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
            body = json.dumps(stub.answer(self.path, asked) if stub.status == 200 else {"error": {}}).encode()
            self.send_response(stub.status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    stub.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield stub
    server.shutdown()
    server.server_close()
    thread.join()


def queue(stub: Stub) -> PubsubQueue:
    return PubsubQueue(NAME, lambda: "a-token", server=stub.url, networks=None)


def test_notifications_are_pulled_and_acknowledged(stub: Stub) -> None:
    for number, key in enumerate(["a.png", "b/ü +.png"]):
        attributes = {"eventType": "OBJECT_FINALIZE", "bucketId": "photos", "objectId": key, "objectGeneration": "1"}
        stub.waiting[str(number)] = {"messageId": str(number), "data": "e30=", "attributes": attributes}
    with closing(queue(stub)) as reader:
        messages = reader.receive(wait_s=5)
        keys = [hint.key for message in messages for hint in read_events(message.body).hints]
        assert keys == ["a.png", "b/ü +.png"]
        reader.delete(messages)
        assert (stub.waiting, list(reader.receive(wait_s=5))) == ({}, [])
    assert set(stub.tokens) == {"Bearer a-token"}


@pytest.mark.parametrize(
    ("status", "error"),
    [(401, AccessDenied), (403, AccessDenied), (404, StorageError), (429, SourceUnreachable), (503, SourceUnreachable)],
)
def test_an_error_names_the_subscription_and_no_token(stub: Stub, status: int, error: type[StorageError]) -> None:
    stub.status = status
    with closing(queue(stub)) as reader, pytest.raises(error) as raised:
        reader.receive(wait_s=0)
    assert NAME in str(raised.value)
    assert "a-token" not in str(raised.value)


@pytest.mark.parametrize(
    "name", ["mirror", "projects/p/topics/t", f"{NAME}/../x", f"{NAME}?x=1", "projects//subscriptions/s"]
)
def test_what_is_no_name_of_a_subscription_is_refused(name: str) -> None:
    with pytest.raises(UsageError):
        PubsubService().check(name)


def test_hmac_keys_open_no_subscription() -> None:
    keys = AwsKeys(access_key_id="GOOG1E", secret_access_key="secret")
    with pytest.raises(SettingsError, match="HMAC keys") as refused:
        PubsubService().open(NAME, Access(), credentials=keys, networks=())
    assert "secret" not in str(refused.value)
