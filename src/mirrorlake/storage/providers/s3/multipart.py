"""Multipart uploads: write an object of any size piece by piece, and abort it without remains."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from http import HTTPStatus
from xml.sax.saxutils import escape

from mirrorlake.core.errors import ListingBroken, StorageError
from mirrorlake.storage.chunks import chunks
from mirrorlake.storage.etags import unquoted
from mirrorlake.storage.http import ERROR_BYTES, deadline_of
from mirrorlake.storage.providers.s3.errors import RequestInfo, read_refusal, translate
from mirrorlake.storage.providers.s3.http import Http
from mirrorlake.storage.providers.s3.list_xml import Envelope, read_xml

PART_BYTES = 8 << 20  # S3 requires at least 5 MiB for all parts but the last


def knows_no_conditions(error: StorageError) -> bool:
    """Whether a server refused a request because of its If-None-Match."""
    return error.answer is not None and error.answer.status == HTTPStatus.NOT_IMPLEMENTED


class MultipartUpload:
    """One upload of one key."""

    def __init__(self, http: Http, path: str, asked: RequestInfo) -> None:
        self._http = http
        self._path = path
        self._asked = asked
        self._tags: list[str] = []
        begun = self._send("POST", [("uploads", "")], b"")
        self._id = begun.fields.get("UploadId", "")
        if not self._id:
            raise StorageError(
                f"The server did not start the upload of {asked.what}.", "Check the endpoint and any proxy."
            )

    def write(self, parts: Iterable[bytes]) -> str:
        """Upload all pieces as one new object and return its token. After an error, nothing remains.

        Raises ObjectChanged if the key exists.
        """
        try:
            for chunk in chunks(parts, PART_BYTES):
                self._send("PUT", [("partNumber", str(len(self._tags) + 1)), ("uploadId", self._id)], chunk)
            listed = "".join(
                f"<Part><PartNumber>{number}</PartNumber><ETag>{escape(tag)}</ETag></Part>"
                for number, tag in enumerate(self._tags, 1)
            )
            body = f"<CompleteMultipartUpload>{listed}</CompleteMultipartUpload>".encode()
            done = self._complete(body)
        except BaseException:
            with suppress(StorageError):  # the error that ended the upload is reported
                self._send("DELETE", [("uploadId", self._id)], b"")
            raise
        return unquoted(done.fields.get("ETag", ""))

    def _complete(self, body: bytes) -> Envelope:
        query = [("uploadId", self._id)]
        try:
            return self._send("POST", query, body, {"If-None-Match": "*"})
        except StorageError as error:
            if not knows_no_conditions(error):
                raise
        return self._send("POST", query, body)

    def _send(
        self, method: str, query: list[tuple[str, str]], body: bytes, headers: Mapping[str, str] | None = None
    ) -> Envelope:
        answer = self._http.send(
            method,
            self._path,
            asked=self._asked,
            query=query,
            headers=headers,
            body=body,
            deadline_s=deadline_of(len(body)),
        )
        if answer.status >= HTTPStatus.MULTIPLE_CHOICES:
            raise translate(self._http.refusal(answer), self._asked)
        text = self._http.read(answer, asked=self._asked, limit=ERROR_BYTES)
        if method == "PUT":
            self._tags.append(answer.headers.get("ETag", ""))
        if not text.strip() or method == "DELETE":
            return Envelope(root="")
        try:
            envelope = read_xml(text)
        except ListingBroken as error:
            raise StorageError(
                f"The server's response for {self._asked.what} is not XML.", "Check the endpoint and any proxy."
            ) from error
        if envelope.root == "Error":  # S3 may report a failed completion after it has sent status 200
            refusal = self._http.hide(read_refusal(HTTPStatus.INTERNAL_SERVER_ERROR, answer.headers, text))
            if refusal.code == "PreconditionFailed":
                refusal = replace(refusal, status=HTTPStatus.PRECONDITION_FAILED)
            raise translate(refusal, self._asked)
        return envelope
