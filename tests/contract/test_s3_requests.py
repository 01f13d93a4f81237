"""What a server can do to our requests: lead them elsewhere, never end, be slow, or repeat what it was told."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest
from tests.support.rawserver import Endless, RawServer, response, sends
from tests.support.s3stub import ACCESS_KEY, SECRET_KEY, S3Stub

from mirrorlake.core.errors import (
    AccessDenied,
    ListingBroken,
    ObjectGone,
    ObjectTooLarge,
    SettingsError,
    SourceUnreachable,
    StorageError,
    WrongRegion,
)
from mirrorlake.model.objects import KeyRange
from mirrorlake.model.sources import Location, Provider
from mirrorlake.storage import pace
from mirrorlake.storage.connections import ForbiddenAddress
from mirrorlake.storage.http import HttpClient, NoAnswer
from mirrorlake.storage.providers.s3.access import S3Access
from mirrorlake.storage.providers.s3.credentials import AwsConfig, Keys, S3Server
from mirrorlake.storage.providers.s3.list_xml import read_xml
from mirrorlake.storage.providers.s3.store import S3Store
from mirrorlake.storage.providers.s3.writable import S3WritableStore

WHOLE = KeyRange()
KEYS = Keys(access_key="CANARYKEYID", secret_key="canary/secret/key", token="canary-session-token")
CHUNKED = b'HTTP/1.1 %s\r\nETag: "t"\r\nTransfer-Encoding: chunked\r\n\r\n'
CHUNK = b"100000\r\n" + b"x" * 0x100000 + b"\r\n"
LIMIT = 1 << 20
UNREAD = 48 << 20  # bytes that may leave a server before it is told to stop: a page, and the buffers on the way


def config(endpoint: str, keys: Keys) -> AwsConfig:
    server = S3Server(url=endpoint, origin="this test")
    return AwsConfig(region="us-east-1", server=server, ca_bundle=None, source=keys)


def readable(endpoint: str, keys: Keys = KEYS) -> S3Store:
    return S3Store(Location(provider=Provider.S3, container="bucket"), S3Access(), config=config(endpoint, keys))


def writable(endpoint: str, keys: Keys = KEYS) -> S3WritableStore:
    return S3WritableStore(
        Location(provider=Provider.S3, container="bucket", prefix="lib/"), S3Access(), config=config(endpoint, keys)
    )


READS: dict[str, Callable[[S3Store], Any]] = {
    "list": lambda store: store.list_page(WHOLE, None),
    "split": lambda store: S3Store.split(store, WHOLE, 1) and store.list_page(WHOLE, None),
    "head": lambda store: store.head("a.json"),
    "get": lambda store: store.get("a.json", token="t", limit=LIMIT),
    "get of an odd key": lambda store: store.get("a//../b.json", token=None, limit=LIMIT),
}
WRITES: dict[str, Callable[[S3WritableStore], Any]] = {
    "list": lambda store: list(store.list("")),
    "folders": lambda store: store.folders(""),
    "head": lambda store: store.head("a"),
    "get": lambda store: store.get("a"),
    "get the beginning": lambda store: store.get("a", length=9),
    "put": lambda store: store.put("a", b"data"),
    "put if absent": lambda store: store.put_if_absent("a", b"data"),
    "put if match": lambda store: store.put_if_match("a", b"data", token="t"),
    "put a stream": lambda store: store.put_stream("a", (bytes(1 << 20) for _ in range(20))),
    "delete": lambda store: store.delete("a"),
    "move": lambda store: store.move("a", "b"),
}


@pytest.fixture
def elsewhere() -> Iterator[RawServer]:
    """A server that no request of ours may reach."""
    with RawServer(sends(response("200 OK", b'{"AccessKeyId": "stolen"}', ETag='"t"'))) as server:
        yield server


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Permanent"])
def test_no_request_follows_a_redirect(elsewhere: RawServer, status: str) -> None:
    answer = response(status, b"<html>Moved</html>", Location=f"{elsewhere.endpoint}/latest/meta-data", ETag='"t"')
    with RawServer(sends(answer)) as server:
        calls = [partial(call, readable(server.endpoint)) for call in READS.values()]
        calls += [partial(call, writable(server.endpoint)) for call in WRITES.values()]
        for call in calls:
            with pytest.raises(StorageError, match="not followed") as raised:
                call()
            assert not isinstance(raised.value, ObjectGone | SourceUnreachable)
            assert f"--endpoint {elsewhere.endpoint}" in str(raised.value)
        assert len(server.heads) == len(calls)
        assert elsewhere.heads == []


def test_a_presigned_url_is_made_without_a_request(elsewhere: RawServer) -> None:
    url = readable(elsewhere.endpoint).presign("a b.json", 60)
    assert url is not None
    assert url.startswith(f"{elsewhere.endpoint}/bucket/a%20b.json?X-Amz-Algorithm=")
    assert elsewhere.heads == []


def test_a_region_redirect_is_told_by_every_read_and_not_followed(elsewhere: RawServer) -> None:
    named = {"x_amz_bucket_region": "eu-west-1", "Location": elsewhere.endpoint}
    with RawServer(sends(response("301 Moved", b"", **named))) as server:
        for call in READS.values():
            with pytest.raises(WrongRegion, match="--region eu-west-1"):
                call(readable(server.endpoint))
    assert elsewhere.heads == []


def test_where_a_redirect_leads_is_shown_without_a_login() -> None:
    answer = response("302 Found", Location="https://user:canary@files.example.com/x")
    with RawServer(sends(answer)) as server, pytest.raises(StorageError) as raised:
        readable(server.endpoint).head("a")
    assert "https://files.example.com" in str(raised.value)
    assert "canary" not in str(raised.value)


@pytest.mark.parametrize("status", [b"403 Forbidden", b"404 Not Found", b"400 Bad Request", b"503 Busy"])
@pytest.mark.parametrize("call", ["list", "get", "get of an odd key"])
def test_an_error_without_end_is_not_read_to_it(status: bytes, call: str) -> None:
    answer = Endless(CHUNKED % status, CHUNK)
    with RawServer(answer) as server:
        with pytest.raises(StorageError):
            READS[call](readable(server.endpoint))
        assert answer.sent < UNREAD


def test_a_page_without_end_is_not_read_to_it() -> None:
    answer = Endless(CHUNKED % b"200 OK", CHUNK)
    with RawServer(answer) as server:
        with pytest.raises(SourceUnreachable, match="more than 33,554,432 bytes"):
            readable(server.endpoint).list_page(WHOLE, None)
        assert answer.sent < 2 * UNREAD


def test_an_object_over_its_limit_is_refused_before_it_is_read() -> None:
    head = b'HTTP/1.1 200 OK\r\nETag: "t"\r\nContent-Length: 3221225472\r\n\r\n'
    answer = Endless(head, bytes(1 << 20))
    with RawServer(answer) as server:
        for key in ("a.json", "a//../b.json"):
            with pytest.raises(ObjectTooLarge, match="3,221,225,472"):
                readable(server.endpoint).get(key, token="t", limit=LIMIT)
        assert answer.sent < UNREAD


@pytest.mark.parametrize("call", ["put", "put if absent", "put if match", "put a stream", "delete", "move"])
def test_the_answer_to_a_write_is_limited_too(call: str) -> None:
    answer = Endless(CHUNKED % b"200 OK", CHUNK)
    with RawServer(answer) as server:
        with pytest.raises(SourceUnreachable, match="more than 65,536 bytes"):
            WRITES[call](writable(server.endpoint))
        assert answer.sent < UNREAD


def test_an_object_of_the_library_is_limited_too() -> None:
    head = b'HTTP/1.1 200 OK\r\nETag: "t"\r\nLast-Modified: Wed, 21 Oct 2015 07:28:00 GMT\r\n'
    answer = Endless(head + b"Content-Length: 3221225472\r\n\r\n", bytes(1 << 20))
    with RawServer(answer) as server:
        for length in (None, 9):
            with pytest.raises(StorageError, match="3,221,225,472"):
                writable(server.endpoint).get("a", length=length)
        assert answer.sent < UNREAD


@pytest.mark.parametrize(
    "body", [b"<a>" * 2_000_000, b"<r>" + b"<a/>" * 300_000 + b"</r>"], ids=["nested", "many elements"]
)
def test_xml_that_s3_never_sends_is_refused(body: bytes) -> None:
    with pytest.raises(ListingBroken, match="which S3 responses never do"):
        read_xml(body)
    with RawServer(sends(response("200 OK", body))) as server, pytest.raises(ListingBroken):
        readable(server.endpoint).list_page(WHOLE, None)


def drips(before: bytes, drop: bytes) -> Callable[[socket.socket, bytes], None]:
    """Sends `before` at once and `drop` again and again, for as long as the client stays."""

    def answer(wire: socket.socket, _: bytes) -> None:
        wire.sendall(before)
        pause = threading.Event()
        while not pause.wait(0.05):
            wire.sendall(drop)

    return answer


@pytest.mark.parametrize(
    ("before", "drop"),
    [
        (b"", b"H"),
        (b"HTTP/1.1 200 OK\r\n", b"a"),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n", b"x"),
        (b"HTTP/1.1 200 OK\r\n\r\n", b"x"),
        (CHUNKED % b"200 OK", b"1\r\nx\r\n"),
        (CHUNKED % b"200 OK" + b"0\r\n", b"trailer: x\r\n"),
    ],
    ids=["status", "header", "continue", "body", "body without length", "chunks", "trailers"],
)
def test_an_answer_that_drips_ends_at_its_deadline(before: bytes, drop: bytes) -> None:
    with RawServer(drips(before, drop)) as server:
        client = HttpClient(server.endpoint)
        with pytest.raises(NoAnswer, match="took more than 1 s"):
            client.read(client.send("GET", "/", client.headers({}), deadline_s=1))


def test_an_answer_that_drips_ends_at_its_rate(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pace, "RATE_S", 0.5)
    too_slow = pytest.raises(SourceUnreachable, match="less than 1,024 bytes per second")
    with RawServer(drips(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n", b"x")) as server, too_slow:
        readable(server.endpoint).list_page(WHOLE, None)
    with RawServer(drips(b"HTTP/1.1 200 OK\r\n", b"a")) as server, too_slow:
        readable(server.endpoint).get("a", token=None, limit=LIMIT)


def test_a_silent_server_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pace, "SILENCE_S", 0.3)
    with RawServer(lambda *_: None) as server, pytest.raises(SourceUnreachable, match="silent"):
        readable(server.endpoint).head("a")


def test_a_server_that_does_not_take_a_body_is_left() -> None:
    with RawServer(lambda *_: threading.Event().wait()) as server:
        client = HttpClient(server.endpoint)
        with pytest.raises(NoAnswer, match="took more than 1 s"):
            client.send("PUT", "/", client.headers({}), bytes(64 << 20), deadline_s=1)


def test_what_a_server_repeats_of_our_headers_is_not_shown() -> None:
    def repeat(wire: socket.socket, head: bytes) -> None:
        said = head.replace(b"<", b"").replace(b"&", b"").decode()
        wire.sendall(response("400 Bad Request", f"<Error><Code>Odd</Code><Message>{said}</Message></Error>".encode()))

    with RawServer(repeat) as server:
        calls = [partial(call, readable(server.endpoint)) for name, call in READS.items() if name != "head"]
        calls += [partial(call, writable(server.endpoint)) for name, call in WRITES.items() if name != "head"]
        for call in calls:
            with pytest.raises(StorageError, match="400 Odd") as raised:
                call()
            shown = str(raised.value)
            assert "canary" not in shown.lower()
            assert "Signature=" not in shown


@pytest.mark.parametrize("answer", [b"AWS4 canary\r\n\r\n", b"HTTP/canary 200 OK\r\n\r\n", b"HTTP/1.1 canary\r\n\r\n"])
def test_a_server_that_does_not_speak_http_is_not_quoted(answer: bytes) -> None:
    with (
        RawServer(sends(answer)) as server,
        pytest.raises(SourceUnreachable, match="does not answer in HTTP") as raised,
    ):
        readable(server.endpoint).head("a")
    assert "canary" not in str(raised.value)


@pytest.mark.parametrize("secret", [KEYS.access_key, KEYS.token])
def test_no_part_of_an_error_repeats_a_credential(secret: str) -> None:
    body = f"<Error><Code>{secret}</Code><Region>{secret}</Region></Error>".encode()
    for answer in (
        response("400 Bad Request", body),
        response("301 Moved", body, x_amz_bucket_region=secret, Location=f"http://{secret}.example/"),
        response("302 Found", b"", Location=f"http://{secret}.example/"),
        response(f"400 {secret}", body),
    ):
        with RawServer(sends(answer)) as server, pytest.raises(StorageError) as raised:
            readable(server.endpoint).get("a", token=None, limit=LIMIT)
        assert "canary" not in str(raised.value).lower()


@pytest.fixture
def proxy(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Sets the proxy of this process."""
    for name in ("no_proxy", "NO_PROXY", "http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.delenv(name, raising=False)

    def use(address: str) -> None:
        monkeypatch.setenv("http_proxy", address)
        monkeypatch.setenv("https_proxy", address)

    return use


def test_a_proxy_is_told_the_whole_address_and_who_we_are(proxy: Callable[[str], None]) -> None:
    with RawServer(sends(response("404 Not Found", b"<Error><Code>NoSuchKey</Code></Error>"))) as server:
        proxy(f"http://user:p%40ss@127.0.0.1:{server.port}")
        with pytest.raises(ObjectGone):
            readable("http://storage.invalid:9000").get("a b", token=None, limit=LIMIT)
        assert server.heads[0].startswith(b"GET http://storage.invalid:9000/bucket/a%20b HTTP/1.1\r\n")
        assert b"\r\nHost: storage.invalid:9000\r\n" in server.heads[0]
        assert b"roxy-authorization: Basic dXNlcjpwQHNz" in server.heads[0].replace(b"Auth", b"auth")


def test_a_proxy_is_asked_to_forward_a_tls_connection_and_has_its_deadline(proxy: Callable[[str], None]) -> None:
    with RawServer(drips(b"", b"H")) as server:
        proxy(server.endpoint)
        client = HttpClient("https://storage.invalid")
        with pytest.raises(NoAnswer, match="took more than 1 s"):
            client.send("GET", "/", client.headers({}), deadline_s=1)
        assert server.heads[0].startswith(b"CONNECT storage.invalid:443 HTTP/1.")


def test_a_proxy_that_refuses_is_not_quoted(proxy: Callable[[str], None]) -> None:
    with RawServer(sends(response("407 canary"))) as server:
        proxy(server.endpoint)
        with pytest.raises(SourceUnreachable, match="the proxy answered 407") as raised:
            readable("https://storage.invalid").head("a")
    assert "canary" not in str(raised.value)


@pytest.mark.parametrize("host", ["169.254.169.254", "2852039166", "[fd00:ec2::254]"])
def test_a_proxy_is_not_asked_for_a_metadata_service(proxy: Callable[[str], None], host: str) -> None:
    with RawServer(sends(response("200 OK"))) as server:
        proxy(server.endpoint)
        with pytest.raises(ForbiddenAddress):
            readable(f"http://{host}").list_page(WHOLE, None)
        assert server.heads == []


@pytest.mark.parametrize("address", ["http://u:canary@[bad", "ftp://u:canary@host", "http://u:canary@h:x"])
def test_a_proxy_that_is_no_address_is_not_shown(proxy: Callable[[str], None], address: str) -> None:
    proxy(address)
    with pytest.raises(SettingsError, match="HTTP_PROXY") as raised:
        readable("http://storage.invalid")
    assert "canary" not in str(raised.value)


def test_a_name_of_a_metadata_service_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def resolve(*_: object, **__: object) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("169.254.169.254", 80))]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    for call in READS.values():
        with pytest.raises(AccessDenied, match="metadata address"):
            call(readable("http://innocent.example"))
    for call in WRITES.values():
        with pytest.raises(AccessDenied, match="metadata address"):
            call(writable("http://innocent.example"))


def test_requests_of_every_kind_share_one_connection() -> None:
    with S3Stub() as stub:
        stub.put("bucket", "lib/a", b"data")
        keys = Keys(access_key=ACCESS_KEY, secret_key=SECRET_KEY)
        source, library = readable(stub.endpoint, keys), writable(stub.endpoint, keys)
        for _ in range(3):
            source.head("lib/a")
            source.get("lib/a", token=None, limit=LIMIT)
            source.list_page(WHOLE, None)
            with pytest.raises(ObjectGone):
                source.head("nothing")
        assert stub.connections == 1
        for _ in range(3):
            library.head("a")
            library.get("a")
            library.get("a", length=2)
            library.put("b", b"data")
            library.delete("b")
            assert len(list(library.list(""))) == 1
            with pytest.raises(ObjectGone):
                library.get("nothing")
        assert stub.connections == 2
        source.close()
        library.close()
