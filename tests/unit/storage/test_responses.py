"""Responses as servers write them: what is read of each, and what is refused because it could be read in two ways."""

from __future__ import annotations

import http.client
import socket
import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.rawserver import Endless, RawServer, response, sends

from mirrorlake.core.errors import SettingsError
from mirrorlake.storage import responses
from mirrorlake.storage.connections import PacedConnection
from mirrorlake.storage.http import HttpClient, NoAnswer
from mirrorlake.storage.pace import CURRENT, Pace
from mirrorlake.storage.responses import PacedResponse

_TOKENS = st.text("abcXYZ019-_", min_size=1, max_size=12)
_VALUES = st.text(st.characters(min_codepoint=0x21, max_codepoint=0xFF, exclude_characters="\x7f\x85\xa0"), max_size=20)
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
_FRAMING = {"connection", "content-length", "transfer-encoding"}


def _read(raw: bytes, method: str = "GET") -> tuple[PacedResponse, bytes]:
    """The response in these bytes, after which the server closes the connection."""
    ours, theirs = socket.socketpair()
    with ours:
        with theirs:
            theirs.sendall(raw)
        CURRENT.set(Pace(10))
        found = PacedResponse(ours, method=method)
        try:
            found.begin()
            return found, found.read(1000)
        finally:
            found.close()


def _read_by_library(raw: bytes) -> tuple[int, dict[str, str], bytes]:
    ours, theirs = socket.socketpair()
    with ours:
        with theirs:
            theirs.sendall(raw)
        found = http.client.HTTPResponse(ours, method="GET")
        found.begin()
        return found.status, {name.lower(): value.strip() for name, value in found.getheaders()}, found.read()


@settings(max_examples=50)
@given(
    status=st.integers(200, 599).filter(lambda status: status not in (204, 304)),
    headers=st.dictionaries(_TOKENS, _VALUES, max_size=5),
    body=st.binary(max_size=40),
    chunked=st.booleans(),
)
def test_a_response_is_read_as_the_standard_library_reads_it(
    status: int, headers: dict[str, str], body: bytes, *, chunked: bool
) -> None:
    named = {name: value for name, value in headers.items() if name.lower() not in _FRAMING}
    named = {name.lower(): (name, value) for name, value in named.items()}
    lines = [f"{name}: {value}\r\n" for name, value in named.values()]
    if chunked:
        lines.append("Transfer-Encoding: chunked\r\n")
        sent = b"%x\r\n%b\r\n" % (len(body), body) + b"0\r\n\r\n" if body else b"0\r\n\r\n"
    else:
        lines.append(f"Content-Length: {len(body)}\r\n")
        sent = body
    raw = f"HTTP/1.1 {status} Some words\r\n{''.join(lines)}\r\n".encode("latin-1") + sent
    found, data = _read(raw)
    assert (found.status, dict(found.fields), data) == _read_by_library(raw)
    assert not found.unread
    assert not found.will_close


@pytest.mark.parametrize(
    ("head", "name", "value"),
    [
        ("a: 1\r\nA: 2\r\n", "A", "1, 2"),
        ("a: 1\r\n  and more\r\n", "a", "1 and more"),
        ("no header\r\na : 1\r\n", "a", "1"),
        ("a:\r\n", "a", ""),
        ("content-length: 0, 0\r\na: 1\r\n", "a", "1"),
    ],
    ids=["repeated", "folded", "without a colon", "empty", "one length twice"],
)
def test_an_odd_header_is_read_in_the_one_way_that_it_has(head: str, name: str, value: str) -> None:
    found, _ = _read(f"HTTP/1.1 200 OK\r\n{head}\r\n".encode())
    assert found.fields[name] == found.fields.get(name.upper()) == value


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", "closed the connection"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nxxx", "two lengths"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5x\r\n\r\nxxxxx", "no number"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\nxxxxx", "no number"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: +5\r\n\r\nxxxxx", "no number"),
        (b"HTTP/1.1 200 OK\r\nContent-Length:\r\n\r\nxxxxx", "no number"),
        (b"HTTP/1.1 100 Continue\r\n\r\n" * 21 + b"HTTP/1.1 200 OK\r\n\r\n", "more than 20 informational"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", "unknown transfer encoding"),
        (b"HTTP/1.1 200 OK\r\nContent-Le", "truncated"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n", "truncated"),
        (b"HTTP/1.1 200 OK\r\n" + b"a: b\r\n" * 20, "more than 100 bytes of headers"),
        (b"HTTP/1.1 200 OK\r\na: " + b"b" * 200, "more than 100 bytes of headers"),
    ],
)
def test_a_response_that_could_be_read_in_two_ways_is_none(
    raw: bytes, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(responses, "MAX_HEAD_BYTES", 100)
    with pytest.raises((http.client.HTTPException, OSError), match=reason):
        _read(raw)


def test_the_lines_of_headers_are_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(responses, "MAX_HEADERS", 10)
    assert _read(b"HTTP/1.1 200 OK\r\n" + b"a: b\r\n" * 10 + b"\r\n")[0].fields["a"] == ", ".join("b" * 10)
    with pytest.raises(http.client.HTTPException, match="more than 10 lines of headers"):
        _read(b"HTTP/1.1 200 OK\r\n" + b"a: b\r\n" * 11 + b"\r\n")


@pytest.mark.parametrize("size", ["-1", "-5", "+5", "0x5", "0_5", " 5", "", ";a=b", "5 6", "5\t;a=\rb", "1" * 17])
def test_the_size_of_a_chunk_is_a_number_without_sign_or_prefix(size: str) -> None:
    with pytest.raises(http.client.HTTPException, match="a chunk without a size"):
        _read(CHUNKED + f"{size}\r\n12345\r\n0\r\n\r\n".encode())


@pytest.mark.parametrize("size", ["5", "05", "5 ", "5\t; a=b", "5;a"])
def test_a_chunk_may_have_extensions_and_the_body_trailers(size: str) -> None:
    found, body = _read(CHUNKED + f"{size}\r\n12345\r\n0\r\na: b\r\n\r\n".encode())
    assert (body, found.unread) == (b"12345", False)


@pytest.mark.parametrize("after", [b"", b"\n", b"xx", b"\r", b"6\r\n"])
def test_a_chunk_ends_where_its_size_says(after: bytes) -> None:
    with pytest.raises(http.client.HTTPException, match="another size than it states"):
        _read(CHUNKED + b"5\r\n12345" + after + b"0\r\n\r\n")


def test_trailers_are_limited_as_headers_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(responses, "MAX_HEADERS", 10)
    with pytest.raises(http.client.HTTPException, match="more than 10 lines of headers"):
        _read(CHUNKED + b"0\r\n" + b"a: b\r\n" * 11 + b"\r\n")


def test_a_chunk_without_a_size_is_not_read_past_the_limit() -> None:
    answer = Endless(CHUNKED + b"-1\r\n", bytes(1 << 20))
    with RawServer(answer) as server:
        client = HttpClient(server.endpoint)
        got = client.send("GET", "/", client.headers({}))
        with pytest.raises(NoAnswer, match="a chunk without a size"):
            client.read(got, limit=10)
        assert got.connection is None
        assert answer.sent < 32 << 20


def test_a_body_that_cannot_be_read_releases_its_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> bytes:
        raise ValueError("canary")

    with RawServer(sends(response("200 OK", b"abc"))) as server:
        client = HttpClient(server.endpoint)
        got = client.send("GET", "/", client.headers({}))
        monkeypatch.setattr(PacedResponse, "read", fail)
        with pytest.raises(NoAnswer, match="cannot be read"):
            client.read(got)
        assert got.connection is None
        assert got.answer.isclosed()


def test_a_closed_client_keeps_no_connection() -> None:
    ended = threading.Event()

    def answer(wire: socket.socket, _: bytes) -> None:
        wire.sendall(response("200 OK", b"abc"))
        if not wire.recv(1):
            ended.set()

    with RawServer(answer) as server:
        client = HttpClient(server.endpoint)
        assert client.read(client.send("GET", "/", client.headers({}))) == b"abc"
        client.close()
        assert ended.wait(10)
        again = HttpClient(server.endpoint)
        again.close()
        assert again.read(again.send("GET", "/", again.headers({}))) == b"abc"


def test_a_host_that_no_name_server_knows_is_an_error_of_the_settings() -> None:
    with pytest.raises(SettingsError, match=r"https://xn--é\.com is not the address of a server"):
        HttpClient("https://xn--é.com")


def test_a_name_that_tls_cannot_send_is_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> PacedResponse:
        raise UnicodeError("canary")

    monkeypatch.setattr(PacedConnection, "exchange", fail)
    client = HttpClient("https://storage.invalid")
    with pytest.raises(NoAnswer, match="cannot be sent as it is"):
        client.send("GET", "/", client.headers({}))


@pytest.mark.parametrize(
    "raw", [b"AWS4 x\r\n\r\n", b"HTTP/2 200\r\n\r\n", b"HTTP/1.1 20\r\n\r\n", b"HTTP/1.1 2000\r\n\r\n"]
)
def test_what_is_not_http_is_not_read(raw: bytes) -> None:
    with pytest.raises(http.client.BadStatusLine):
        _read(raw)


def test_informational_responses_are_skipped() -> None:
    found, body = _read(
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Hints\r\na: 1\r\n\r\nHTTP/1.1 200 OK\r\nb: 2\r\n\r\nx"
    )
    assert (found.status, dict(found.fields), body) == (200, {"b": "2"}, b"x")


@pytest.mark.parametrize(
    ("raw", "method", "closes"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "GET", False),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: Close\r\n\r\n", "GET", True),
        (b"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n", "GET", True),
        (b"HTTP/1.0 200 OK\r\nContent-Length: 0\r\nConnection: keep-alive\r\n\r\n", "GET", False),
        (b"HTTP/1.1 200 OK\r\n\r\n", "GET", True),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", "HEAD", False),
        (b"HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", "GET", False),
        (b"HTTP/1.1 204 No Content\r\n\r\n", "PUT", False),
    ],
)
def test_a_connection_is_used_again_only_where_the_end_of_the_response_is_known(
    raw: bytes,
    method: str,
    closes: bool,  # noqa: FBT001
) -> None:
    found, body = _read(raw, method)
    assert (body, found.will_close, found.unread) == (b"", closes, False)


@pytest.mark.parametrize(
    ("method", "target", "headers"),
    [
        ("GET", "/a b", {}),
        ("GET", "/a\r\nX: y", {}),
        ("GET", "/é", {}),
        ("GET", "/a", {"X": "canary\r\nY: z"}),
        ("GET", "/a", {"X": "canary\n"}),
        ("GET", "/a", {"X": "canary\0"}),
        ("GET", "/a", {"X": "canary\u20ac"}),
    ],
)
def test_no_part_of_a_request_becomes_another_line_of_it(method: str, target: str, headers: dict[str, str]) -> None:
    client = HttpClient("http://127.0.0.1:1")
    with pytest.raises(NoAnswer, match="cannot be sent as it is") as raised:
        client.send(method, target, client.headers(headers))
    assert "canary" not in str(raised.value)
