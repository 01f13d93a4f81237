"""Resumable uploads: write an object of any size piece by piece, and cancel it without remains.

https://cloud.google.com/storage/docs/performing-resumable-uploads
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from http import HTTPStatus
from urllib.parse import parse_qsl, urlsplit

from mirrorlake.core.errors import StorageError
from mirrorlake.storage.chunks import chunks
from mirrorlake.storage.http import Response, deadline_of
from mirrorlake.storage.providers.gcs.errors import RequestInfo, translate, unreachable
from mirrorlake.storage.providers.gcs.http import Http

PART_BYTES = 8 << 20  # all parts but the last have a multiple of 256 KiB
ABSENT = ("ifGenerationMatch", "0")  # on condition that the object does not exist
_ID_CHARACTERS = 2048


class ResumableUpload:
    """One upload of one key."""

    def __init__(self, http: Http, key: str, asked: RequestInfo) -> None:
        self._http = http
        self._asked = asked
        answer = self._send("POST", [("name", key), ("uploadType", "resumable"), ABSENT], b"", {})
        if answer.status != HTTPStatus.OK:
            raise translate(http.refusal(answer), asked)
        http.read(answer, asked=asked)
        # Only the id is used: the address could lead to another server.
        query = dict(parse_qsl(urlsplit(answer.headers.get("Location", "")).query))
        self._id = query.get("upload_id", "")
        if not 0 < len(self._id) <= _ID_CHARACTERS:
            raise unreachable(asked, "it did not start the upload")

    def write(self, parts: Iterable[bytes]) -> Response:
        """Upload all pieces, at least one byte, as one new object; the response contains its metadata.

        After an error, nothing remains. Raises ObjectChanged if the key exists.
        """
        sent = 0
        held: bytes | None = None
        try:
            for chunk in chunks(parts, PART_BYTES):
                if held is not None:
                    self._part(held, sent, whole="*")
                    sent += len(held)
                held = chunk
            last = held or b""
            return self._part(last, sent, whole=str(sent + len(last)))
        except BaseException:
            with suppress(StorageError):  # the error that ended the upload is reported
                self._http.discard(self._send("DELETE", self._session, b"", {}))
            raise

    @property
    def _session(self) -> list[tuple[str, str]]:
        return [("uploadType", "resumable"), ("upload_id", self._id)]

    def _part(self, chunk: bytes, start: int, *, whole: str) -> Response:
        span = {"Content-Range": f"bytes {start}-{start + len(chunk) - 1}/{whole}"}
        answer = self._send("PUT", self._session, chunk, span)
        if whole != "*":
            if answer.status not in (HTTPStatus.OK, HTTPStatus.CREATED):
                raise translate(self._http.refusal(answer), self._asked)
            return answer
        if answer.status != HTTPStatus.PERMANENT_REDIRECT:  # which Google calls "resume incomplete"
            raise translate(self._http.refusal(answer), self._asked)
        self._http.read(answer, asked=self._asked)
        if answer.headers.get("Range") != f"bytes=0-{start + len(chunk) - 1}":
            raise unreachable(self._asked, "it kept only a part of what was sent")
        return answer

    def _send(self, method: str, query: list[tuple[str, str]], body: bytes, headers: dict[str, str]) -> Response:
        path = self._http.upload_path()
        return self._http.send(
            method,
            path,
            asked=self._asked,
            query=query,
            headers={**headers, "Content-Type": "application/octet-stream"},
            body=body,
            deadline_s=deadline_of(len(body)),
        )
