"""A server of synthetic List Blobs pages: the same objects as `benchmarks.pages`, as Azure writes them.

`python -m benchmarks.azure_pages --objects 200000` prints its address and serves until it is ended.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import socket
from base64 import b64encode
from hashlib import md5
from pathlib import Path
from urllib.parse import parse_qsl

from benchmarks.pages import Server, key_of, size_of

ACCOUNT = "bench"
PAGE_KEYS = 5000
FILE_VERSION = 1  # of the rendered rows: raise it when they change
_RENDER_ROWS = 10_000  # rendered at once
_HEAD = (
    b'\xef\xbb\xbf<?xml version="1.0" encoding="utf-8"?><EnumerationResults '
    b'ServiceEndpoint="https://bench.blob.core.windows.net/" ContainerName="objects"><MaxResults>5000</MaxResults>'
    b"<Blobs>"
)
_WEEKDAYS = ("Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat")  # from 1 March 2026 on


def etag_of(row: int) -> str:
    """The ETag of the object in this place of the listing."""
    return f"0x8DE{row:012X}"


def _row(row: int) -> bytes:
    second = row // 7
    clock = f"{second // 3600 % 24:02d}:{second // 60 % 60:02d}:{second % 60:02d}"
    day = second // 86_400 % 28
    date = f"{_WEEKDAYS[day % 7]}, {day + 1:02d} Mar 2026 {clock} GMT"
    kind = "application/json" if row % 2 else "image/jpeg"
    digest = b64encode(md5(str(row).encode(), usedforsecurity=False).digest()).decode()
    return (
        f"<Blob><Name>{key_of(row)}</Name><Properties><Creation-Time>{date}</Creation-Time>"
        f"<Last-Modified>{date}</Last-Modified><Etag>{etag_of(row)}</Etag>"
        f"<Content-Length>{size_of(row)}</Content-Length>"
        f"<Content-Type>{kind}</Content-Type><Content-Encoding /><Content-Language /><Content-CRC64 />"
        f"<Content-MD5>{digest}</Content-MD5><Cache-Control /><Content-Disposition /><BlobType>BlockBlob</BlobType>"
        "<AccessTier>Hot</AccessTier><AccessTierInferred>true</AccessTierInferred><LeaseStatus>unlocked</LeaseStatus>"
        "<LeaseState>available</LeaseState><ServerEncrypted>true</ServerEncrypted></Properties><OrMetadata /></Blob>"
    ).encode()


_FIRST = len(_row(0))
_PAIR = _FIRST + len(_row(1))


def _offset(row: int) -> int:
    return row // 2 * _PAIR + row % 2 * _FIRST


def render(objects: int, folder: Path) -> Path:
    """The file of all rows, made once: about 700 MB a million."""
    path = folder / f"azure-{FILE_VERSION}-{objects}.rows"
    if path.is_file() and path.stat().st_size == _offset(objects):
        return path
    folder.mkdir(parents=True, exist_ok=True)
    half = path.with_suffix(".half")
    with half.open("wb") as file:
        for start in range(0, objects, _RENDER_ROWS):
            file.write(b"".join(map(_row, range(start, min(objects, start + _RENDER_ROWS)))))
    if half.stat().st_size != _offset(objects):
        raise AssertionError("rows are not of one width: the arithmetic of their places is wrong")
    half.rename(path)
    return path


class AzureServer(Server):
    """Serves the whole listing of one container; the marker is the place of the next row."""

    def __init__(self, objects: int, rows: Path) -> None:
        super().__init__(rows)
        self._objects = objects

    def _reply(self, connection: socket.socket, line: str) -> None:
        query = dict(parse_qsl(line.split(" ")[1].partition("?")[2]))
        first = int(query.get("marker", "0"))
        end = min(self._objects, first + min(PAGE_KEYS, int(query.get("maxresults", PAGE_KEYS))))
        marker = str(end) if end < self._objects else ""
        tail = f"</Blobs><NextMarker>{marker}</NextMarker></EnumerationResults>".encode()
        if query.get("comp") != "list":
            connection.sendall(b"HTTP/1.1 200 OK\r\nx-ms-is-hns-enabled: false\r\nContent-Length: 0\r\n\r\n")
            return
        start, stop = _offset(first), _offset(end)
        length = len(_HEAD) + stop - start + len(tail)
        connection.sendall(
            b"HTTP/1.1 200 OK\r\nContent-Type: application/xml\r\nContent-Length: %d\r\n\r\n" % length + _HEAD,
            socket.MSG_MORE,
        )
        while start < stop:
            start += os.sendfile(connection.fileno(), self._rows, start, stop - start)
        connection.sendall(tail)


def main() -> None:
    """Serve until ended; the first line printed is the address."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.azure_pages", description=__doc__)
    parser.add_argument("--objects", type=int, default=1_000_000)
    parser.add_argument("--folder", type=Path, default=Path(".cache/bench"), help="where the rendered rows are kept")
    arguments = parser.parse_args()
    server = AzureServer(arguments.objects, render(arguments.objects, arguments.folder))
    print(server.address, flush=True)
    with contextlib.suppress(KeyboardInterrupt):
        server.serve()


if __name__ == "__main__":
    main()
