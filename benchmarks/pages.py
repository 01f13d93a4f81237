"""A server of synthetic S3 listings that costs far less than its clients: millions of objects without a store.

`python -m benchmarks.pages --objects 1000000 --port 0` prints its address and serves until it is ended.

All rows are rendered once into a file in which every row has its place by arithmetic, so that any stretch of the
listing (a continuation, a prefix, a start in the middle) is one `sendfile` after a small head made for the request.
Every second object is a sidecar of the one before it: `set-0000/img_00000000.jpg`, `set-0000/img_00000000.json`.
Sidecars can be read, photographs cannot; `GET /` answers how often each kind was asked for. With `--dialect google` the
same objects are listed as the JSON API of Google Cloud Storage does it (`gcs_pages.py`).
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import json
import os
import socket
import sys
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl

PAIRS_A_FOLDER = 10_000  # a photograph and its sidecar; 20 pages a folder
PAGE_KEYS = 1000
FILE_VERSION = 1  # of the rendered rows: raise it when they change
_RENDER_PAIRS = 5000  # rendered at once
_REQUEST_BYTES = 65_536


def key_of(row: int) -> str:
    """The key of the object in this place of the listing, counted from 0."""
    pair = row // 2
    return f"set-{pair // PAIRS_A_FOLDER:04d}/img_{pair:08d}.{'json' if row % 2 else 'jpg'}"


def etag_of(row: int) -> str:
    """The ETag of that object. PostgreSQL's `md5('object-' || row)` gives the same."""
    return hashlib.md5(f"object-{row}".encode(), usedforsecurity=False).hexdigest()


def size_of(row: int) -> int:
    """Its size in bytes; always six digits for a photograph, three for a sidecar."""
    return 100 + row % 900 if row % 2 else 100_000 + row % 900_000


def sidecar_of(row: int) -> bytes:
    """The bytes of the sidecar in this place: JSON, as long as the listing says."""
    pair = row // 2
    values = {"camera_id": f"cam-{pair % 13}", "quality_score": pair % 1000 / 1000, "pair": pair, "note": ""}
    short = size_of(row) - len(json.dumps(values))
    return json.dumps(values | {"note": "x" * short}).encode()


def row_of(key: str) -> int | None:
    """The place of a key; None where no object has it."""
    digits = key[-13:-5] if key.endswith(".json") else key[-12:-4]
    if not (digits.isascii() and digits.isdigit()):
        return None
    row = 2 * int(digits) + key.endswith(".json")
    return row if key_of(row) == key else None


def _row(row: int) -> bytes:
    second = row // 7
    return (
        f"<Contents><Key>{key_of(row)}</Key><LastModified>2026-03-{1 + second // 86_400 % 28:02d}"
        f"T{second // 3600 % 24:02d}:{second // 60 % 60:02d}:{second % 60:02d}.000Z</LastModified>"
        f"<ETag>&quot;{etag_of(row)}&quot;</ETag><Size>{size_of(row)}</Size>"
        f"<StorageClass>STANDARD</StorageClass></Contents>"
    ).encode()


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """How one protocol writes a listing. Photographs have rows of one width, and so have sidecars."""

    name: str
    row: Callable[[int], bytes]
    separator: int  # bytes at the end of a row that the last one of a page lacks
    head: Callable[[MirrorOptions, int, str, list[str]], bytes]  # number of objects, next token, common prefixes
    tail: bytes
    read: Callable[[str], MirrorOptions]  # a request target; raises ValueError for a nonsensical one
    is_listing: Callable[[str], bool]  # whether a path without slashes at its ends is that of a listing

    def offset(self, row: int) -> int:
        """Where a row begins in the file of all rows."""
        first = len(self.row(0))
        return row // 2 * (first + len(self.row(1))) + row % 2 * first


def render(objects: int, folder: Path, dialect: Dialect | None = None) -> Path:
    """The file of all rows, made once: about 230 MB and 3 s a million."""
    dialect = dialect or S3
    path = folder / f"pages-{dialect.name}-{FILE_VERSION}-{objects}.rows"
    if path.is_file() and path.stat().st_size == dialect.offset(objects):
        return path
    folder.mkdir(parents=True, exist_ok=True)
    half = path.with_suffix(".half")
    with half.open("wb") as file:
        for start in range(0, objects, 2 * _RENDER_PAIRS):
            file.write(b"".join(map(dialect.row, range(start, min(objects, start + 2 * _RENDER_PAIRS)))))
    if half.stat().st_size != dialect.offset(objects):
        raise AssertionError("rows are not of one width: the arithmetic of their places is wrong")
    half.rename(path)
    return path


@dataclass(frozen=True, slots=True, kw_only=True)
class MirrorOptions:
    """A ListObjectsV2 request, as far as it is heeded."""

    bucket: str
    prefix: str
    after: str
    token: str
    folders: bool  # delimiter=/
    most: int


def asked_of(target: str) -> MirrorOptions:
    """The request that this request target makes. Raises ValueError for a nonsensical one."""
    path, _, query = target.partition("?")
    fields = dict(parse_qsl(query, keep_blank_values=True, encoding="utf-8", errors="surrogateescape"))
    return MirrorOptions(
        bucket=path.strip("/").partition("/")[0],
        prefix=fields.get("prefix", ""),
        after=fields.get("start-after", ""),
        token=fields.get("continuation-token", ""),
        folders=fields.get("delimiter") == "/",
        most=max(1, min(PAGE_KEYS, int(fields.get("max-keys", PAGE_KEYS)))),
    )


class Listing:
    """The synthetic bucket: answers requests with a head and a stretch of rows."""

    def __init__(self, objects: int, dialect: Dialect | None = None) -> None:
        self._objects = objects
        self.dialect = dialect or S3

    def answer(self, asked: MirrorOptions) -> tuple[bytes, int, int]:
        """The text before the rows, and the first row and the row after the last."""
        low = self._first(lambda key: key >= asked.prefix)
        # No key of ours holds a character above "z", so this is the end of the prefix.
        high = self._first(lambda key: key > asked.prefix + "\uffff") if asked.prefix else self._objects
        if asked.folders and "/" not in asked.prefix:
            return self._common(asked, low, high), 0, 0
        if asked.token:
            low = max(low, int(asked.token))
        elif asked.after:
            low = max(low, self._first(lambda key: key > asked.after))
        end = max(low, min(high, low + asked.most))
        return self.dialect.head(asked, end - low, str(end) if end < high else "", []), low, end

    def _common(self, asked: MirrorOptions, low: int, high: int) -> bytes:
        step = 2 * PAIRS_A_FOLDER
        folders = sorted({key_of(row).partition("/")[0] + "/" for row in (*range(low, high, step), max(low, high - 1))})
        found = [name for name in folders if low < high and name > asked.after and name > asked.token]
        page = found[: asked.most]
        token = page[-1] if len(found) > len(page) else ""
        return self.dialect.head(asked, 0, token, page)

    def _first(self, reached: Callable[[str], bool]) -> int:
        """The first row whose key has reached what is asked; keys rise, so halving finds it."""
        low, high = 0, self._objects
        while low < high:
            middle = (low + high) // 2
            if reached(key_of(middle)):
                high = middle
            else:
                low = middle + 1
        return low


def _head(asked: MirrorOptions, count: int, token: str, folders: list[str]) -> bytes:
    following = f"<NextContinuationToken>{token}</NextContinuationToken>" if token else ""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
        f"<Name>{asked.bucket}</Name><Prefix>{asked.prefix}</Prefix>{following}"
        f"<KeyCount>{count + len(folders)}</KeyCount>"
        f"<MaxKeys>{asked.most}</MaxKeys><EncodingType>url</EncodingType>"
        f"<IsTruncated>{'true' if token else 'false'}</IsTruncated>"
        + "".join(f"<CommonPrefixes><Prefix>{name}</Prefix></CommonPrefixes>" for name in folders)
    ).encode()


S3 = Dialect(
    name="s3",
    row=_row,
    separator=0,
    head=_head,
    tail=b"</ListBucketResult>",
    read=asked_of,
    is_listing=lambda path: bool(path) and "/" not in path,
)


_ERROR = b"<Error><Code>NoSuchKey</Code><Message>Only sidecars can be read.</Message></Error>"
_ABSENT = (
    b"HTTP/1.1 404 Not Found\r\nContent-Type: application/xml\r\nContent-Length: %d\r\n\r\n" % len(_ERROR) + _ERROR
)


class Server:
    """Serves one listing on loopback, a thread for each kept connection."""

    def __init__(self, listing: Listing, rows: Path) -> None:
        self._listing = listing
        self._rows = os.open(rows, os.O_RDONLY)
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=64)
        self._counting = threading.Lock()
        self._asked: Counter[str] = Counter()

    def bind(self, port: int) -> None:
        """Listen on this port instead of the one that the system chose."""
        self._socket.close()
        self._socket = socket.create_server(("127.0.0.1", port), backlog=64)

    @property
    def address(self) -> str:
        """Where it is reached."""
        return f"http://127.0.0.1:{self._socket.getsockname()[1]}"

    def serve(self) -> None:
        """Serve for ever."""
        while True:
            connection, _ = self._socket.accept()
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4 << 20)
            threading.Thread(target=self._talk, args=(connection,), daemon=True).start()

    def _talk(self, connection: socket.socket) -> None:
        with connection, contextlib.suppress(ConnectionError):
            pending = b""
            while True:
                while b"\r\n\r\n" not in pending:
                    received = connection.recv(_REQUEST_BYTES)
                    if not received:
                        return
                    pending += received
                request, _, pending = pending.partition(b"\r\n\r\n")
                self._reply(connection, request[: request.index(b"\r\n")].decode("latin-1"))

    def _reply(self, connection: socket.socket, line: str) -> None:
        method, target, _ = line.split(" ")
        path = target.partition("?")[0].strip("/")
        dialect = self._listing.dialect
        if method != "GET" or not dialect.is_listing(path):
            connection.sendall(self._about_one(method, path.partition("/")[2]))
            return
        head, first, end = self._listing.answer(dialect.read(target))
        start, stop = dialect.offset(first), dialect.offset(end) - (dialect.separator if end > first else 0)
        length = len(head) + stop - start + len(dialect.tail)
        connection.sendall(
            b"HTTP/1.1 200 OK\r\nContent-Type: application/xml\r\nContent-Length: %d\r\n\r\n" % length + head,
            socket.MSG_MORE,
        )
        while start < stop:
            start += os.sendfile(connection.fileno(), self._rows, start, stop - start)
        connection.sendall(dialect.tail)

    def _about_one(self, method: str, key: str) -> bytes:
        """The answer to a request for one object, or for the counts of such requests."""
        if method != "GET":
            return _ABSENT.removesuffix(_ERROR)  # HEAD has no body
        if not key:
            with self._counting:
                return _found(json.dumps(self._asked).encode(), "counts")
        row = row_of(key)
        sidecar = row is not None and row % 2 == 1
        with self._counting:
            self._asked["sidecar" if sidecar else "image"] += 1
        return _found(sidecar_of(row), etag_of(row)) if row is not None and sidecar else _ABSENT


def _found(body: bytes, etag: str) -> bytes:
    head = f'HTTP/1.1 200 OK\r\nETag: "{etag}"\r\nLast-Modified: Sun, 01 Mar 2026 00:00:00 GMT\r\n'
    return f"{head}Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


def main() -> None:
    """Serve until ended; the first line printed is the address."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.pages", description="Serve a synthetic S3 listing.")
    parser.add_argument("--objects", type=int, default=1_000_000)
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--folder", type=Path, default=Path(".cache/bench"), help="where the rendered rows are kept")
    parser.add_argument("--dialect", choices=["s3", "google"], default="s3")
    arguments = parser.parse_args()
    from benchmarks.gcs_pages import GOOGLE  # noqa: PLC0415 - it is written in terms of this module

    dialect = GOOGLE if arguments.dialect == "google" else S3
    server = Server(Listing(arguments.objects, dialect), render(arguments.objects, arguments.folder, dialect))
    if arguments.port:
        server.bind(arguments.port)
    print(server.address, flush=True)
    with contextlib.suppress(KeyboardInterrupt):
        server.serve()
    sys.exit(0)


if __name__ == "__main__":
    main()
