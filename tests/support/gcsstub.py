"""A stub of the JSON API of Google Cloud Storage: what fake-gcs-server leaves out.

Preconditions, access tokens, `fields`, errors as Google words them, decompressive transcoding, resumable uploads. The
answers are made after Google's reference, https://cloud.google.com/storage/docs/json_api/v1/objects.
"""

from __future__ import annotations

import gzip
import json
import uuid
from bisect import insort
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any, Self
from urllib.parse import unquote

from tests.support.httpstub import Answer, HttpStub, Request

TOKEN = "ya29.stub-token-canary"


@dataclass(frozen=True, slots=True)
class StubObject:
    data: bytes
    generation: str
    updated: datetime
    storage_class: str = "STANDARD"
    encoding: str = ""


def error(status: int, reason: str, message: str = "", *, headers: dict[str, str] | None = None) -> Answer:
    """An error document of Google."""
    message = message or reason
    details = {"message": message, "domain": "global", "reason": reason}
    body = {"error": {"code": status, "message": message, "errors": [details]}}
    return Answer(status, json.dumps(body).encode(), {"Content-Type": "application/json", **(headers or {})})


class GcsStub:
    """`with GcsStub() as stub: stub.put("bucket", "key", b"data")`, then talk to `stub.endpoint`."""

    def __init__(self) -> None:
        self.http = HttpStub(self._answer)
        self.tokens = {TOKEN}  # that are accepted
        self.public: set[str] = set()  # buckets that need no token
        self.billed: dict[str, str] = {}  # buckets whose requests must name this project
        self.page_keys = 1000
        self.reversed = False  # list in another order than Google
        self._new_only = set[str]()  # uploads on condition that there is no object
        self.uploads: dict[str, tuple[str, str, bytes]] = {}  # that were begun and not completed
        self._buckets: dict[str, dict[str, StubObject]] = {}
        self._keys: dict[str, list[bytes]] = {}
        self._generation = 1_700_000_000_000_000
        self.kept: dict[tuple[str, str, str], StubObject] = {}  # all generations of objects

    def __enter__(self) -> Self:
        self.http.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self.http.__exit__()

    @property
    def endpoint(self) -> str:
        return self.http.endpoint

    def create_bucket(self, bucket: str, *, public: bool = False) -> None:
        self._buckets.setdefault(bucket, {})
        self._keys.setdefault(bucket, [])
        if public:
            self.public.add(bucket)

    def delete_bucket(self, bucket: str) -> None:
        del self._buckets[bucket], self._keys[bucket]

    def put(self, bucket: str, key: str, data: bytes, *, storage_class: str = "STANDARD", encoding: str = "") -> str:
        """Hold `data` under `key`; returns the generation."""
        with self.http.lock:
            self.create_bucket(bucket)
            if key not in self._buckets[bucket]:
                insort(self._keys[bucket], key.encode())
            self._generation += 1
            made = StubObject(data, str(self._generation), datetime.now(UTC), storage_class, encoding)
            self.kept[bucket, key, made.generation] = made
            self._buckets[bucket][key] = made
        return made.generation

    def delete(self, bucket: str, key: str) -> None:
        with self.http.lock:
            if self._buckets[bucket].pop(key, None):
                self._keys[bucket].remove(key.encode())

    def _answer(self, request: Request) -> Answer:
        upload = request.path.startswith("/upload/")
        parts = request.path.removeprefix("/upload").removeprefix("/storage/v1/b/").split("/")
        bucket = unquote(parts[0])
        refused = self._refused(request, bucket)
        if refused is not None:
            return refused
        with self.http.lock:
            if bucket not in self._buckets:
                return error(404, "notFound", "The specified bucket does not exist.")
            if len(parts) == 1:
                return self._bucket_answer(request)
            if upload:
                return self._upload_answer(request, bucket)
            if len(parts) == 2:
                return Answer(200, self.page(request), {"Content-Type": "application/json"})
            key = unquote(parts[2])
            if len(parts) > 3:
                return self._copy_answer(bucket, key, unquote(parts[5]), unquote(parts[7]))
            return self._object_answer(request, bucket, key)

    def _refused(self, request: Request, bucket: str) -> Answer | None:
        given = request.headers.get("authorization", "").removeprefix("Bearer ")
        if not given and bucket not in self.public:
            caller = f"Anonymous caller does not have storage.objects.list access to {bucket}."
            return error(401, "required", caller)
        if given and given not in self.tokens:
            return error(401, "authError", "Invalid Credentials")
        if bucket in self.billed and request.query.get("userProject") != self.billed[bucket]:
            message = "Bucket is a requester pays bucket but no user project provided."
            return error(400, "required", message)
        return None

    def _bucket_answer(self, request: Request) -> Answer:
        facts = {"projectNumber": "12345", "location": "EU", "timeCreated": "2024-05-06T07:08:09.123Z", "name": "x"}
        kept = {name: facts[name] for name in request.query["fields"].split(",")}
        return Answer(200, json.dumps(kept).encode())

    def _object_answer(self, request: Request, bucket: str, key: str) -> Answer:
        generation = request.query.get("generation")
        found = self._buckets[bucket].get(key) if generation is None else self.kept.get((bucket, key, generation))
        media = request.query.get("alt") == "media"
        if found is None:
            message = f"No such object: {bucket}/{key}"
            return (
                Answer(404, message.encode(), {"Content-Type": "text/html"})
                if media
                else error(404, "notFound", message)
            )
        if request.query.get("ifGenerationMatch", found.generation) != found.generation:
            return error(412, "conditionNotMet", "At least one of the pre-conditions you specified did not hold.")
        if request.method == "DELETE":
            self.delete(bucket, key)
            return Answer(204)
        return _media(request, found) if media else Answer(200, json.dumps(_facts(key, found)).encode())

    def _copy_answer(self, bucket: str, key: str, to_bucket: str, to: str) -> Answer:
        found = self._buckets[bucket].get(key)
        if found is None:
            return error(404, "notFound", f"No such object: {bucket}/{key}")
        self.put(to_bucket, to, found.data)
        resource = _facts(to, self._buckets[to_bucket][to])
        return Answer(200, json.dumps({"kind": "storage#rewriteResponse", "done": True, "resource": resource}).encode())

    def _upload_answer(self, request: Request, bucket: str) -> Answer:
        query = request.query
        if "upload_id" in query:
            return self._part_answer(request, query["upload_id"])
        key = query["name"]
        found = self._buckets[bucket].get(key)
        wanted = query.get("ifGenerationMatch")
        if wanted is not None and wanted != ("0" if found is None else found.generation):
            return error(412, "conditionNotMet", "At least one of the pre-conditions you specified did not hold.")
        if query["uploadType"] == "resumable":
            upload = uuid.uuid4().hex
            self.uploads[upload] = (bucket, key, b"")
            if wanted == "0":
                self._new_only.add(upload)
            address = f"{self.endpoint}{request.path}?uploadType=resumable&name=x&upload_id={upload}"
            return Answer(200, headers={"Location": address})
        self.put(bucket, key, request.body)
        return Answer(200, json.dumps(_facts(key, self._buckets[bucket][key])).encode())

    def _part_answer(self, request: Request, upload: str) -> Answer:
        if upload not in self.uploads:
            return error(404, "notFound")
        if request.method == "DELETE":
            del self.uploads[upload]
            return Answer(499)
        bucket, key, held = self.uploads[upload]
        span, _, whole = request.headers["content-range"].removeprefix("bytes ").partition("/")
        first = len(held) if span == "*" else int(span.partition("-")[0])
        if first != len(held):
            return error(400, "invalid")
        held += request.body
        if whole == "*":
            assert len(request.body) % (256 << 10) == 0, "parts are multiples of 256 KiB"
            self.uploads[upload] = (bucket, key, held)
            return Answer(308, headers={"Range": f"bytes=0-{len(held) - 1}"})
        assert int(whole) == len(held)
        if upload in self._new_only and key in self._buckets[bucket]:
            return error(412, "conditionNotMet", "At least one of the pre-conditions you specified did not hold.")
        del self.uploads[upload]
        self.put(bucket, key, held)
        return Answer(200, json.dumps(_facts(key, self._buckets[bucket][key])).encode())

    def page(self, request: Request) -> bytes:
        """The page of a listing that was asked for: for faults that change it."""
        bucket, query = unquote(request.path.removeprefix("/storage/v1/b/").split("/")[0]), request.query
        prefix, delimiter = query.get("prefix", "").encode(), query.get("delimiter", "").encode()
        limit = min(int(query.get("maxResults", "1000")), self.page_keys)
        keys = [key for key in self._keys[bucket] if key.startswith(prefix)]
        keys = [key for key in keys if "endOffset" not in query or key < query["endOffset"].encode()]
        if self.reversed:
            skip = int(query["pageToken"], 16) if "pageToken" in query else 0
            shown = keys[::-1][skip : skip + limit]
            return self._page(bucket, shown, [], f"{skip + limit:x}" if len(keys) > skip + limit else None, query)
        start = max(query.get("startOffset", "").encode(), bytes.fromhex(query.get("pageToken", "")))
        keys = [key for key in keys if key >= start]
        items: list[bytes] = []
        prefixes: list[bytes] = []
        for key in keys:
            end = key.find(delimiter, len(prefix)) if delimiter else -1
            name = key if end < 0 else key[: end + 1]
            if name in prefixes[-1:]:
                continue
            if len(items) + len(prefixes) == limit:
                return self._page(bucket, items, prefixes, key.hex(), query)
            (items if end < 0 else prefixes).append(name)
        return self._page(bucket, items, prefixes, None, query)

    def _page(
        self, bucket: str, items: list[bytes], prefixes: list[bytes], token: str | None, query: dict[str, str]
    ) -> bytes:
        objects = self._buckets[bucket]
        document: dict[str, Any] = {"kind": "storage#objects"}
        document |= {} if token is None else {"nextPageToken": token}
        document |= {"prefixes": [name.decode() for name in prefixes]} if prefixes else {}
        document |= {"items": [_facts(key.decode(), objects[key.decode()]) for key in items]} if items else {}
        kept = {name: value for name, value in document.items() if name in query.get("fields", name)}
        return json.dumps(kept, ensure_ascii=False).replace("&", "\\u0026").encode()


def _facts(key: str, found: StubObject) -> dict[str, Any]:
    return {
        "name": key,
        "generation": found.generation,
        "storageClass": found.storage_class,
        "size": str(len(found.data)),
        "updated": found.updated.strftime("%Y-%m-%dT%H:%M:%S.%fZ")[:-4] + "Z",
    }


def _media(request: Request, found: StubObject) -> Answer:
    headers = {
        "X-Goog-Generation": found.generation,
        "X-Goog-Stored-Content-Length": str(len(found.data)),
        "X-Goog-Storage-Class": found.storage_class,
        "Last-Modified": format_datetime(found.updated, usegmt=True),
    }
    if found.encoding == "gzip" and "gzip" not in request.headers.get("accept-encoding", ""):
        return Answer(200, gzip.decompress(found.data), headers, framing="chunked")
    if found.encoding:
        headers["Content-Encoding"] = found.encoding
    data, span = found.data, request.headers.get("range", "")
    if not span:
        return Answer(200, data, headers)
    first, _, last = span.removeprefix("bytes=").partition("-")
    if int(first) >= len(data):
        return error(416, "requestedRangeNotSatisfiable")
    end = min(int(last or len(data)), len(data) - 1)
    headers["Content-Range"] = f"bytes {first}-{end}/{len(data)}"
    return Answer(206, data[int(first) : end + 1], headers)
