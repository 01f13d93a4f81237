"""What no server can be asked is refused before it is asked; a redirect is no success, and a key is never shown."""

from __future__ import annotations

import json
import socket
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any, cast

import pytest
from tests.support.rawserver import RawServer, response, sends

from mirrorlake.client import Client
from mirrorlake.client.connection import Connection
from mirrorlake.core.errors import MirrorlakeError, SourceUnreachable, UsageError
from mirrorlake.model.edits import Edit

NOWHERE = "http://127.0.0.1:1"  # nothing may be sent there
CANARY = "canary1234567890"


@pytest.mark.parametrize(
    "act",
    [
        lambda client: client.assets.get("a\0b"),
        lambda client: client.assets.get("\ud800"),
        lambda client: client.assets.get(cast("str", 1000)),
        lambda client: client.datasources.get("\0"),
        lambda client: client.projects.add("\udfff", ["1"]),
        lambda client: client.projects.add("best", ["\ud800"]),
        lambda client: client.assets.search("x\ud800"),
        lambda client: client.assets.search("x" * 70_000),
        lambda client: client.assets.edit("1", Edit(metadata={"a": float("nan")})),
        lambda client: client.assets.edit("1", Edit(metadata={"a": "\ud800"})),
        lambda client: client.assets.edit("1", Edit(metadata={"a": cast("Any", object())})),
        lambda client: client.datasources.change_settings("a", {"schedule": cast("Any", {1, 2})}),
    ],
)
def test_a_value_that_no_request_can_contain_is_a_usage_error(act: Callable[[Client], object]) -> None:
    with Client(NOWHERE, api_key="k") as client, pytest.raises(UsageError) as refused:
        act(client)
    assert refused.value.fix
    assert "\n" not in str(refused.value)


def test_a_number_for_an_id_is_answered_with_its_text() -> None:
    with Client(NOWHERE, api_key="k") as client, pytest.raises(UsageError) as refused:
        client.assets.get(cast("str", 1000))
    assert str(refused.value) == "Invalid name or id 1000: it is not text. Write '1000'."


@pytest.mark.parametrize(
    "url",
    [
        "",
        "127.0.0.1:8765",
        "ftp://a",
        "http://",
        "http://[::1",
        "http://a b",
        "http://a/?token=canary",
        "http://me:canary@host",
        "http://a:port",
        "http://\0",
    ],
)
def test_what_is_no_address_is_a_usage_error(url: str) -> None:
    with pytest.raises(UsageError) as refused:
        Client(url)
    assert refused.value.fix
    assert "canary" not in str(refused.value)


@pytest.mark.parametrize("key", ["", "a b", "a\nb", "ключ", "\ud800", "canary\0"])
def test_a_key_that_no_header_can_contain_is_a_usage_error_without_the_key(key: str) -> None:
    with pytest.raises(UsageError) as refused:
        Client(NOWHERE, api_key=key)
    assert "canary" not in str(refused.value)


class _Foreign(BaseHTTPRequestHandler):
    """A server that is none of ours but speaks nearly our language."""

    def do_GET(self) -> None:
        found: dict[str, tuple[int, object]] = {
            "/api/v1/runs": (200, []),
            "/api/v1/assets/1": (400, {"detail": "x", "position": None}),
            "/api/v1/assets/2": (409, {"type": "urn:mirrorlake:cooling-down", "minutes": "soon"}),
            "/api/v1/assets/3": (404, [1]),
        }
        status, document = found[self.path.partition("?")[0]]
        body = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Link", '</next>; rel="next"')
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def foreign() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), _Foreign) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


def test_a_server_that_is_none_of_ours_is_named(foreign: str) -> None:
    with Client(foreign) as client:
        with pytest.raises(SourceUnreachable, match="not a mirrorlake server"):
            client.runs.list()
        for asset in ("1", "2", "3"):
            with pytest.raises(MirrorlakeError):
                client.assets.get(asset)


@pytest.mark.parametrize("byte", ["\n", "\r\n", " ", "\0", "\x01", "\x7f", "\u00e9"])
def test_a_key_that_no_header_can_contain_is_refused_and_not_shown(byte: str) -> None:
    with pytest.raises(UsageError, match="MIRRORLAKE_API_KEY") as raised:
        Connection("http://127.0.0.1:1", f"{CANARY}{byte}{CANARY}")
    assert CANARY not in "".join(traceback.format_exception(raised.value))


def test_blanks_around_a_key_are_removed() -> None:
    with RawServer(sends(response("204 No Content"))) as server:
        with closing(Connection(server.endpoint, f" {CANARY}\r\n")) as connection:
            connection.send("GET", "/x")
        assert server.heads[0].lower().endswith(f"authorization: bearer {CANARY}".encode())


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Permanent"])
def test_a_redirect_is_neither_followed_nor_a_success(status: str) -> None:
    with RawServer(sends(response("204 No Content"))) as elsewhere:
        answer = response(status, Location=f"{elsewhere.endpoint}/api/v1/x")
        with (
            RawServer(sends(answer)) as server,
            closing(Connection(server.endpoint, CANARY)) as connection,
            pytest.raises(SourceUnreachable, match="not followed"),
        ):
            connection.send("DELETE", "/x")
        assert elsewhere.heads == []


def test_a_password_in_the_address_is_not_shown() -> None:
    with pytest.raises(MirrorlakeError) as raised:
        Connection(f"http://user:{CANARY}@127.0.0.1:1", None).send("GET", "/x")
    assert CANARY not in str(raised.value)


def test_a_request_whose_connection_breaks_is_sent_again_with_the_same_key() -> None:
    def answer(wire: socket.socket, head: bytes) -> None:
        if len(server.heads) == 1:
            wire.shutdown(socket.SHUT_RDWR)
        else:
            wire.sendall(response("200 OK", b"[]"))

    with RawServer(answer) as server, closing(Connection(server.endpoint, CANARY)) as connection:
        assert connection.send("POST", "/x").content == b"[]"
        keys = [
            line for head in server.heads for line in head.lower().splitlines() if line.startswith(b"idempotency-key: ")
        ]
        assert len(keys) == 2
        assert len(set(keys)) == 1
        connection.send("POST", "/x")
        assert len(server.heads) == 3
        assert keys[0] not in server.heads[2].lower()
