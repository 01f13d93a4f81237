"""A stub of Azure Blob Storage, Microsoft Entra ID and the metadata service, for what Azurite cannot show.

It holds every legal key and gives pages as Azure does: opaque markers, one line, a byte order mark, percent-encoded
names where XML needs them. It checks no signatures: Azurite does. Faults and odd pages are put in by tests.
"""

from __future__ import annotations

import json
import re
import threading
import uuid
from base64 import b64decode, b64encode
from bisect import bisect_left, bisect_right
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self
from urllib.parse import parse_qsl, quote, unquote
from xml.sax.saxutils import escape

ACCOUNT = "stubaccount"
_NOT_XML = re.compile("[\x00-\x1f\x7f\ufffe\uffff]")


@dataclass(frozen=True)
class Request:
    method: str
    path: str  # as it was sent
    query: dict[str, str]
    headers: dict[str, str]  # names in lower case
    body: bytes

    @property
    def container(self) -> str:
        return self.path.removeprefix(f"/{ACCOUNT}/").partition("/")[0]

    @property
    def key(self) -> str:
        return unquote(self.path.removeprefix(f"/{ACCOUNT}/").partition("/")[2])


@dataclass(frozen=True)
class Answer:
    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Blob:
    data: bytes
    etag: str
    modified: datetime
    tier: str = "Hot"
    headers: dict[str, str] = field(default_factory=dict)


def error(status: int, code: str, message: str = "", detail: str = "") -> Answer:
    """An error of Azure Storage."""
    inner = f"<AuthenticationErrorDetail>{escape(detail)}</AuthenticationErrorDetail>" if detail else ""
    text = f"{message or code}\nRequestId:5a3c\nTime:2026-03-01T00:00:00.0000000Z"
    fields = f"<Code>{code}</Code><Message>{escape(text)}</Message>{inner}"
    body = f'\ufeff<?xml version="1.0" encoding="utf-8"?><Error>{fields}</Error>'
    return Answer(status, body.encode(), {"x-ms-error-code": code, "Content-Type": "application/xml"})


class AzureStub:
    """`with AzureStub() as stub: stub.put("container", "key", b"data")`, then talk to `stub.endpoint`."""

    def __init__(self) -> None:
        self.page_keys = 5000
        self.starts = True  # whether it knows startFrom
        self.kept: dict[tuple[str, str, str], Blob] = {}  # versions of blobs, which a test keeps
        self.knows_versions = True  # False: the version with startFrom is refused
        self.hierarchical = False
        self.requests: list[Request] = []
        self.faults: list[Callable[[Request], Answer | None]] = []
        self.lock = threading.RLock()
        self._containers: dict[str, dict[str, Blob]] = {}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
        self._server.daemon_threads = True
        self._server.stub = self  # type: ignore[attr-defined]
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def endpoint(self) -> str:
        return f"{self.base}/{ACCOUNT}"

    def create(self, container: str) -> None:
        self._containers[container] = {}

    def vanish(self, container: str) -> None:
        del self._containers[container]

    def put(self, container: str, key: str, data: bytes, *, tier: str = "Hot", **headers: str) -> None:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        with self.lock:
            etag = f"0x{uuid.uuid4().hex[:15].upper()}"
            self._containers[container][key] = Blob(data, etag, datetime.now(UTC), tier, named)

    def delete(self, container: str, key: str) -> None:
        with self.lock:
            del self._containers[container][key]

    def answer(self, request: Request) -> Answer:
        for fault in self.faults:
            if (answer := fault(request)) is not None:
                return answer
        if request.query.get("comp") == "userdelegationkey":
            return _delegation_key(request)
        if request.query.get("restype") == "account":
            return Answer(200, headers={"x-ms-is-hns-enabled": "true" if self.hierarchical else "false"})
        with self.lock:
            blobs = self._containers.get(request.container)
            if blobs is None:
                return error(404, "ContainerNotFound")
            if request.query.get("comp") == "list":
                return self._list(request, blobs)
            version = request.query.get("versionid")
            blob = (
                blobs.get(request.key) if version is None else self.kept.get((request.container, request.key, version))
            )
        if blob is None:
            return error(404, "BlobNotFound")
        if request.headers.get("if-match", f'"{blob.etag}"') != f'"{blob.etag}"':
            return error(412, "ConditionNotMet")
        if blob.tier == "Archive" and request.method == "GET":
            return error(409, "BlobArchived", "This operation is not permitted on an archived blob.")
        return Answer(200, blob.data, {
            "ETag": f'"{blob.etag}"', "Last-Modified": format_datetime(blob.modified, usegmt=True),
            "x-ms-access-tier": blob.tier, **blob.headers,
        })  # fmt: skip

    def _list(self, request: Request, blobs: dict[str, Blob]) -> Answer:
        query = request.query
        start = query.get("startFrom", "") if self.starts else ""
        if start and not self.knows_versions:
            return error(400, "InvalidHeaderValue")
        prefix = query.get("prefix", "")
        keys = sorted(key for key in blobs if key.startswith(prefix))
        if self.hierarchical:
            keys.sort(key=lambda key: key.split("/"))
        entries = keys
        if query.get("delimiter") == "/":
            below = [(key, key[len(prefix) :].partition("/")) for key in keys]
            entries = list(dict.fromkeys(prefix + name + slash for _, (name, slash, _) in below))
        first = bisect_left(entries, start) if start else 0
        if query.get("marker"):
            first = bisect_right(entries, b64decode(query["marker"]).decode())
        most = min(self.page_keys, int(query.get("maxresults", "5000")))
        page = entries[first : first + most]
        marker = b64encode(page[-1].encode()).decode() if first + most < len(entries) else ""
        listed = "".join(self._entry(key, blobs.get(key)) for key in page)
        body = (
            f'\ufeff<?xml version="1.0" encoding="utf-8"?><EnumerationResults ServiceEndpoint="{self.endpoint}/" '
            f'ContainerName="{request.container}"><MaxResults>{most}</MaxResults><Blobs>{listed}</Blobs>'
            f"<NextMarker>{marker}</NextMarker></EnumerationResults>"
        )
        return Answer(200, body.encode(), {"Content-Type": "application/xml"})

    def _entry(self, key: str, blob: Blob | None) -> str:
        odd = _NOT_XML.search(key) is not None
        name = f'<Name Encoded="true">{quote(key, safe="")}</Name>' if odd else f"<Name>{escape(key)}</Name>"
        if blob is None:
            return f"<BlobPrefix>{name}</BlobPrefix>"
        date = format_datetime(blob.modified, usegmt=True)
        kind = blob.headers.get("x-ms-resource-type")
        resource = f"<ResourceType>{kind}</ResourceType>" if kind else ""
        return (
            f"<Blob>{name}<Properties><Creation-Time>{date}</Creation-Time><Last-Modified>{date}</Last-Modified>"
            f"<Etag>{blob.etag}</Etag>{resource}<Content-Length>{len(blob.data)}</Content-Length>"
            "<Content-Type>application/octet-stream</Content-Type><Content-Encoding /><Content-MD5 />"
            f"<BlobType>BlockBlob</BlobType><AccessTier>{blob.tier}</AccessTier><LeaseStatus>unlocked</LeaseStatus>"
            "<LeaseState>available</LeaseState></Properties><OrMetadata /></Blob>"
        )


def _delegation_key(request: Request) -> Answer:
    """Of a user of Entra ID; the signed texts are made up."""
    dates = re.findall(rb"<(?:Start|Expiry)>([^<]*)<", request.body)
    fields = {
        "SignedOid": "oid", "SignedTid": "tid", "SignedStart": dates[0].decode(), "SignedExpiry": dates[1].decode(),
        "SignedService": "b", "SignedVersion": "2023-11-03", "Value": b64encode(b"a key of the stub").decode(),
    }  # fmt: skip
    inner = "".join(f"<{name}>{value}</{name}>" for name, value in fields.items())
    return Answer(200, f"<UserDelegationKey>{inner}</UserDelegationKey>".encode())


def token(text: str, expires_in: object = 3600) -> Answer:
    """What Entra ID and the metadata service answer."""
    return Answer(200, json.dumps({"access_token": text, "expires_in": expires_in, "token_type": "Bearer"}).encode())


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def _serve(self) -> None:
        stub: AzureStub = self.server.stub  # type: ignore[attr-defined]
        path, _, query = self.path.partition("?")
        request = Request(
            self.command,
            path,
            dict(parse_qsl(query, keep_blank_values=True)),
            {name.lower(): value for name, value in self.headers.items()},
            self.rfile.read(int(self.headers.get("Content-Length", "0"))),
        )
        stub.requests.append(request)
        answer = stub.answer(request)
        self.send_response(answer.status)
        for name, value in ({"Content-Length": str(len(answer.body))} | answer.headers).items():
            self.send_header(name, value)
        self.end_headers()
        if request.method != "HEAD":
            self.wfile.write(answer.body)

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = _serve  # noqa: N815  as the base class names them

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Nothing."""
