"""A small S3 server for tests: true byte order, every legal key, verified signatures, faults on command."""

from __future__ import annotations

import hashlib
import re
import threading
import uuid
from bisect import bisect_right, insort
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self
from urllib.parse import parse_qsl, quote, quote_plus, unquote_to_bytes
from xml.sax.saxutils import escape, unescape

from botocore.auth import S3SigV4Auth, S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from tests.support.s3quirks import QUIRKS
from tests.support.s3wire import Answer, Request, error

__all__ = ["ACCESS_KEY", "REGION", "SECRET_KEY", "Answer", "Fault", "Request", "S3Stub", "StubObject", "error"]

ACCESS_KEY = "STUBACCESSKEY"
SECRET_KEY = "stub/secret+key=with&odd%chars"
REGION = "us-east-1"
CLOCK_SKEW_S = 15 * 60  # as S3 allows
_LONG_AGO = datetime(1, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class StubObject:
    data: bytes
    etag: str
    modified: datetime
    storage_class: str = "STANDARD"
    version: str | None = None


Fault = Callable[[Request], Answer | None]  # None = answer as usual


class S3Stub:
    """`with S3Stub() as stub: stub.put("bucket", "key", b"data")`, then talk to `stub.endpoint`.

    `quirks` are names of tests/support/s3quirks.py: how it differs from S3.
    """

    def __init__(self, *, region: str = REGION, quirks: Iterable[str] = ()) -> None:
        self.region = region
        self.quirks = tuple(QUIRKS[name] for name in quirks)
        self.secrets = {ACCESS_KEY: SECRET_KEY}
        self.public: set[str] = set()  # buckets that need no signature
        self.versioned: dict[str, bool] = {}  # buckets that keep versions: True, or False where that is suspended
        self.requests: list[Request] = []
        self.connections = 0  # that were accepted
        self.faults: list[Fault] = []
        self.page_keys = 1000
        self.owner = "stub-owner"
        self.lists_buckets = True  # False: the credentials may not list the buckets
        self.created: dict[str, datetime] = {}
        self.uploads: dict[str, dict[int, bytes]] = {}  # that were begun and neither completed nor aborted
        self.lock = threading.RLock()
        self._buckets: dict[str, dict[bytes, StubObject]] = {}
        self._sorted: dict[str, list[bytes]] = {}
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.stub = self
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def create_bucket(self, bucket: str) -> None:
        with self.lock:
            self._buckets.setdefault(bucket, {})
            self.created.setdefault(bucket, datetime.now(UTC))
            self._sorted.setdefault(bucket, [])

    def delete_bucket(self, bucket: str) -> None:
        with self.lock:
            del self._buckets[bucket], self._sorted[bucket], self.created[bucket]

    def put(
        self,
        bucket: str,
        key: str | bytes,
        data: bytes,
        *,
        storage_class: str = "STANDARD",
        etag: str | None = None,
    ) -> str:
        """Hold `data` under `key`, whatever its bytes; returns the ETag without its quotes, the MD5 unless given."""
        raw = key.encode() if isinstance(key, str) else key
        assert 1 <= len(raw) <= 1024, "S3 keys have 1 to 1,024 bytes"
        etag = etag or hashlib.md5(data, usedforsecurity=False).hexdigest()
        with self.lock:
            self.create_bucket(bucket)
            before = self._buckets[bucket].get(raw)
            if before is None:
                insort(self._sorted[bucket], raw)
            # Another second than before: a server without ETags shows a change by nothing else.
            modified = max(datetime.now(UTC), before.modified + timedelta(seconds=1) if before else _LONG_AGO)
            self._buckets[bucket][raw] = StubObject(data, etag, modified, storage_class, self._next_version(bucket))
        return etag

    def version_of(self, bucket: str, key: str) -> str | None:
        return self._buckets[bucket][key.encode()].version

    def _next_version(self, bucket: str) -> str | None:
        if bucket not in self.versioned:
            return None
        return uuid.uuid4().hex if self.versioned[bucket] else "null"

    def delete(self, bucket: str, key: str | bytes) -> None:
        raw = key.encode() if isinstance(key, str) else key
        with self.lock:
            if self._buckets[bucket].pop(raw, None):
                self._sorted[bucket].remove(raw)

    def fail(self, answer: Answer, *, times: int = 1, method: str | None = None, skip: int = 0) -> None:
        """Answer the next `times` requests (of `method`, after `skip` of them) with `answer`."""
        left = {"skip": skip, "times": times}

        def fault(request: Request) -> Answer | None:
            if method is not None and request.method != method:
                return None
            with self.lock:
                if left["skip"]:
                    left["skip"] -= 1
                    return None
                if not left["times"]:
                    return None
                left["times"] -= 1
            return answer

        self.faults.append(fault)

    def answer(self, request: Request) -> Answer:
        for fault in self.faults:
            if (answer := fault(request)) is not None:
                return answer
        answering = self.plain_answer
        for quirk in self.quirks:
            answering = partial(quirk, answering=answering)
        return answering(request)

    def plain_answer(self, request: Request) -> Answer:
        with self.lock:
            if not request.bucket and request.method == "GET":
                return self._all_buckets(request)
            if request.bucket not in self._buckets:
                return error(404, "NoSuchBucket")
            if not request.key:
                return self._bucket_answer(request)
            if request.method in ("PUT", "POST", "DELETE"):
                return self._write_answer(request)
            found = self._buckets[request.bucket].get(request.key)
        return _object_answer(request, found)

    def _all_buckets(self, request: Request) -> Answer:
        if not self.lists_buckets:
            return error(403, "AccessDenied")
        found = "".join(
            f"<Bucket><Name>{name}</Name><CreationDate>{moment:%Y-%m-%dT%H:%M:%S.%fZ}</CreationDate></Bucket>"
            for name, moment in sorted(self.created.items())
            if name.startswith(request.query.get("prefix", ""))
        )
        return Answer(200, f"<ListAllMyBucketsResult><Owner><ID>{self.owner}</ID></Owner><Buckets>{found}</Buckets>"
                           "</ListAllMyBucketsResult>".encode())  # fmt: skip

    def _bucket_answer(self, request: Request) -> Answer:
        if request.method == "HEAD":
            return Answer(200, headers={"x-amz-bucket-region": self.region})
        if request.method == "POST" and "delete" in request.query:
            names = re.findall(rb"<Key>(.*?)</Key>", request.body)
            for name in names:
                self.delete(request.bucket, unescape(name.decode()))
            gone = b"".join(b"<Deleted><Key>" + name + b"</Key></Deleted>" for name in names)
            return Answer(200, b"<DeleteResult>" + gone + b"</DeleteResult>")
        if request.query.get("list-type") != "2":
            return error(400, "InvalidArgument")
        return Answer(200, self.page(request), {"Content-Type": "application/xml"})

    def _write_answer(self, request: Request) -> Answer:
        query, bucket, key = request.query, request.bucket, request.key
        found = self._buckets[bucket].get(key)
        wanted, unwanted = request.headers.get("if-match"), request.headers.get("if-none-match")
        if "uploadId" in query:
            return self._upload_answer(request)
        if request.method == "POST" and "uploads" in query:
            upload = uuid.uuid4().hex
            self.uploads[upload] = {}
            return Answer(200, f"<InitiateMultipartUploadResult><UploadId>{upload}</UploadId>"
                               "</InitiateMultipartUploadResult>".encode())  # fmt: skip
        if request.method == "DELETE":
            self.delete(bucket, key)
            return Answer(204)
        if unwanted == "*" and found is not None:
            return error(412, "PreconditionFailed")
        if wanted is not None and found is None:
            return error(404, "NoSuchKey")
        if wanted is not None and found is not None and wanted != f'"{found.etag}"':
            return error(412, "PreconditionFailed")
        source = request.headers.get("x-amz-copy-source")
        if source is None:
            return Answer(200, headers={"ETag": f'"{self.put(bucket, key, request.body)}"'})
        from_bucket, _, from_key = source.removeprefix("/").partition("/")
        copied = self._buckets[from_bucket].get(unquote_to_bytes(from_key))
        if copied is None:
            return error(404, "NoSuchKey")
        tag = self.put(bucket, key, copied.data)
        return Answer(200, f"<CopyObjectResult><ETag>&quot;{tag}&quot;</ETag></CopyObjectResult>".encode())

    def _upload_answer(self, request: Request) -> Answer:
        upload = request.query["uploadId"]
        parts = self.uploads.get(upload)
        if parts is None:
            return error(404, "NoSuchUpload")
        if request.method == "PUT":
            parts[int(request.query["partNumber"])] = request.body
            return Answer(200, headers={"ETag": f'"{hashlib.md5(request.body, usedforsecurity=False).hexdigest()}"'})
        if request.headers.get("if-none-match") == "*" and request.key in self._buckets[request.bucket]:
            return error(412, "PreconditionFailed")
        del self.uploads[upload]
        if request.method == "DELETE":
            return Answer(204)
        listed = [int(number) for number in re.findall(rb"<PartNumber>(\d+)</PartNumber>", request.body)]
        tag = self.put(request.bucket, request.key, b"".join(parts[number] for number in listed))
        return Answer(200, f"<CompleteMultipartUploadResult><ETag>&quot;{tag}&quot;</ETag>"
                           "</CompleteMultipartUploadResult>".encode())  # fmt: skip

    def page(self, request: Request) -> bytes:
        """The page of a listing that was asked for: for faults that change it."""
        with self.lock:
            objects, keys = self._buckets[request.bucket], self._sorted[request.bucket]
            return _list_page(request, objects, keys, self.page_keys)


def _object_answer(request: Request, found: StubObject | None) -> Answer:
    if found is None:
        return error(404, "NoSuchKey")
    wanted = request.headers.get("if-match")
    if wanted is not None and wanted not in ("*", f'"{found.etag}"'):
        return error(412, "PreconditionFailed")
    data, status, extra = found.data, 200, {}
    span = re.fullmatch(r"bytes=(\d+)-(\d+)", request.headers.get("range", ""))
    if span is not None and found.data:
        first, last = int(span[1]), min(int(span[2]), len(found.data) - 1)
        if first > last:
            return error(416, "InvalidRange")
        data, status = found.data[first : last + 1], 206
        extra = {"Content-Range": f"bytes {first}-{last}/{len(found.data)}"}
    return Answer(
        status,
        data,
        {
            **extra,
            "ETag": f'"{found.etag}"',
            "Last-Modified": format_datetime(found.modified, usegmt=True),
            "Content-Type": "application/octet-stream",
            **({} if found.storage_class == "STANDARD" else {"x-amz-storage-class": found.storage_class}),
            **({} if found.version is None else {"x-amz-version-id": found.version}),
        },
    )


def _list_page(request: Request, objects: dict[bytes, StubObject], keys: list[bytes], page_keys: int) -> bytes:
    query = request.query
    prefix = _text(query.get("prefix", ""))
    delimiter = _text(query.get("delimiter", ""))
    after = _text(query.get("start-after", ""))
    if "continuation-token" in query:
        after = bytes.fromhex(query["continuation-token"].removeprefix("token-"))
    limit = min(int(query.get("max-keys", "1000")), page_keys)
    url = query.get("encoding-type") == "url"
    entries: list[str] = []
    prefixes: list[str] = []
    count, last, truncated = 0, b"", False
    for name, is_prefix in _names(keys, prefix, delimiter, after):
        if count == limit:
            truncated = True
            break
        count, last = count + 1, name + (b"\xff" * 1024 if is_prefix else b"")
        if is_prefix:
            prefixes.append(f"<CommonPrefixes><Prefix>{_shown(name, url=url)}</Prefix></CommonPrefixes>")
        else:
            entries.append(_entry(name, objects[name], url=url))
    parts = [
        '<?xml version="1.0" encoding="UTF-8"?>\n<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">',
        f"<Name>{request.bucket}</Name><Prefix>{_shown(prefix, url=url)}</Prefix>",
        f"<NextContinuationToken>token-{last.hex()}</NextContinuationToken>" if truncated else "",
        f"<KeyCount>{count}</KeyCount><MaxKeys>{limit}</MaxKeys>",
        "<EncodingType>url</EncodingType>" if url else "",
        f"<IsTruncated>{str(truncated).lower()}</IsTruncated>",
        *entries,
        *prefixes,
        "</ListBucketResult>",
    ]
    return "".join(parts).encode()


def _names(keys: list[bytes], prefix: bytes, delimiter: bytes, after: bytes) -> Iterator[tuple[bytes, bool]]:
    """Keys and, with a delimiter, common prefixes (True), in byte order after `after`."""
    previous = b""
    for key in keys[bisect_right(keys, after) :]:
        if not key.startswith(prefix):
            continue
        if delimiter and (end := key.find(delimiter, len(prefix))) >= 0:
            common = key[: end + len(delimiter)]
            if common != previous and common > after:
                previous = common
                yield common, True
        else:
            yield key, False


def _entry(key: bytes, found: StubObject, *, url: bool) -> str:
    modified = found.modified.strftime("%Y-%m-%dT%H:%M:%S.000Z")
    return (
        f"<Contents><Key>{_shown(key, url=url)}</Key><LastModified>{modified}</LastModified>"
        f"<ETag>&quot;{found.etag}&quot;</ETag><Size>{len(found.data)}</Size>"
        f"<StorageClass>{found.storage_class}</StorageClass></Contents>"
    )


def _shown(key: bytes, *, url: bool) -> str:
    return quote_plus(key, safe="/*-_.") if url else escape(key.decode())


def _text(value: str) -> bytes:
    return value.encode("utf-8", "surrogateescape")


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64
    stub: S3Stub

    def verify_request(self, request: object, client_address: object) -> bool:
        del request, client_address
        self.stub.connections += 1
        return True

    def handle_error(self, request: object, client_address: object) -> None:
        """Clients of fault tests hang up at will."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = 1 << 16  # one segment per answer: no waiting for delayed ACKs
    server: _Server

    def do_GET(self) -> None:
        self._handle()

    def do_HEAD(self) -> None:
        self._handle()

    def do_PUT(self) -> None:
        self._handle()

    def do_POST(self) -> None:
        self._handle()

    def do_DELETE(self) -> None:
        self._handle()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Quiet."""

    def _handle(self) -> None:
        stub = self.server.stub
        target = self.requestline.split(" ")[1]  # `path` has lost leading slashes
        path, _, query = target.partition("?")
        bucket, _, key = path.removeprefix("/").partition("/")
        request = Request(
            method=self.command,
            bucket=bucket,
            key=unquote_to_bytes(key),
            query=dict(parse_qsl(query, keep_blank_values=True, errors="surrogateescape")),
            headers={name.lower(): value for name, value in self.headers.items()},
            body=self.rfile.read(int(self.headers.get("Content-Length") or 0)),
        )
        with stub.lock:
            stub.requests.append(request)
        refused = None if bucket in stub.public else _refused(self, request, path, stub)
        self._send(refused or stub.answer(request))

    def _send(self, answer: Answer) -> None:
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        body = answer.body
        match answer.framing:
            case "length":
                self.send_header("Content-Length", str(len(body)))
            case "chunked":
                self.send_header("Transfer-Encoding", "chunked")
                body = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in _parts(body)) + b"0\r\n\r\n"
            case "close":
                self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body if answer.cut is None else body[: answer.cut])
        self.wfile.flush()
        if answer.cut is not None or answer.framing == "close":
            self.close_connection = True


def _parts(body: bytes) -> Iterator[bytes]:
    """The chunks of a body: several, of no round size."""
    return (body[start : start + 777] for start in range(0, len(body), 777))


_CREDENTIAL = re.compile(r"Credential=([^/]+)/(\d{8})/([^/]+)/s3/aws4_request")


def _refused(handler: _Handler, request: Request, path: str, stub: S3Stub) -> Answer | None:
    """Recompute the signature from what came over the wire, canonicalised as S3 does it."""
    query_signed = "X-Amz-Signature" in request.query
    authorization = request.headers.get("authorization", "")
    credential = f"Credential={request.query.get('X-Amz-Credential', '')}" if query_signed else authorization
    match = _CREDENTIAL.search(credential)
    if match is None:
        return error(403, "AccessDenied")
    access_key, _, region = match.groups()
    secret = stub.secrets.get(access_key)
    if secret is None:
        return error(403, "InvalidAccessKeyId")
    if region != stub.region:
        return error(400, "AuthorizationHeaderMalformed", Region=stub.region)
    stamp = request.query.get("X-Amz-Date", "") if query_signed else request.headers.get("x-amz-date", "")
    age = (datetime.now(UTC) - datetime.strptime(stamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)).total_seconds()
    if query_signed and age > int(request.query["X-Amz-Expires"]):
        return error(403, "AccessDenied")
    if not query_signed and abs(age) > CLOCK_SKEW_S:
        return error(403, "RequestTimeTooSkewed")
    names = request.query["X-Amz-SignedHeaders"] if query_signed else authorization
    signed = names if query_signed else names.partition("SignedHeaders=")[2].partition(",")[0]
    canonical = quote(unquote_to_bytes(path), safe="/-_.~")
    pairs = [f"{quote(n, safe='-_.~')}={quote(_text(v), safe='-_.~')}" for n, v in request.query.items()
             if n != "X-Amz-Signature"]  # fmt: skip
    headers = {name: request.headers[name] for name in signed.split(";")}
    again = AWSRequest(
        method=request.method, url=f"http://{request.headers['host']}{canonical}?{'&'.join(pairs)}", headers=headers
    )
    again.context["timestamp"] = stamp
    kind = S3SigV4QueryAuth if query_signed else S3SigV4Auth
    signer = kind(Credentials(access_key, secret), "s3", region)
    signature = signer.signature(signer.string_to_sign(again, signer.canonical_request(again)), again)
    digest = request.headers.get("x-amz-content-sha256", "UNSIGNED-PAYLOAD")
    if digest != "UNSIGNED-PAYLOAD" and digest != hashlib.sha256(request.body).hexdigest():
        return error(400, "XAmzContentSHA256Mismatch")
    given = request.query["X-Amz-Signature"] if query_signed else authorization.rpartition("Signature=")[2]
    return None if signature == given else error(403, "SignatureDoesNotMatch")
