"""Read single objects of a bucket by the JSON API: their facts, and all or parts of their bytes."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus

import msgspec

from mirrorlake.core.dates import read_date
from mirrorlake.core.errors import ObjectChanged, ObjectGone, StorageError
from mirrorlake.model.objects import ObjectInfo
from mirrorlake.storage.base import Body
from mirrorlake.storage.bodies import decoded_body
from mirrorlake.storage.http import ERROR_BYTES, Response, deadline_of
from mirrorlake.storage.providers.gcs.errors import (
    LIST,
    RequestInfo,
    has_changed,
    is_inconclusive,
    no_such_bucket,
    translate,
    unreachable,
)
from mirrorlake.storage.providers.gcs.http import Http
from mirrorlake.storage.ranges import range_header, whole_size
from mirrorlake.storage.versions import raise_not_kept, version_error

_FIELDS = "name,size,generation,updated,storageClass"
_GENERATION_DIGITS = 19


class _Facts(msgspec.Struct, rename="camel"):
    name: str
    size: str
    generation: str
    updated: str | None = None
    storage_class: str | None = None


class _Found(msgspec.Struct):
    kind: str = ""
    items: list[_Facts] = []


_facts = msgspec.json.Decoder(_Facts)
_found = msgspec.json.Decoder(_Found)


class ObjectReader:
    """Reads objects of one bucket. Thread-safe."""

    def __init__(self, http: Http) -> None:
        self._http = http

    def head(self, key: str, asked: RequestInfo) -> ObjectInfo:
        """The object's facts, by a GET of its metadata."""
        query = [("fields", _FIELDS), ("prettyPrint", "false")]
        answer = self._http.send("GET", self._http.path(key), asked=asked, query=query)
        if answer.status != HTTPStatus.OK:
            raise self.refused(answer, asked)
        return self.read_info(key, answer, asked)

    def head_generation(self, key: str, asked: RequestInfo, generation: str) -> ObjectInfo:
        """The facts of a generation. Raises ObjectGone if it is not kept."""
        query = [("fields", _FIELDS), ("generation", _checked(key, generation)), ("prettyPrint", "false")]
        answer = self._http.send("GET", self._http.path(key), asked=asked, query=query)
        if answer.status != HTTPStatus.OK:
            raise version_error(translate(self._http.refusal(answer), asked), asked.what)
        info = self.read_info(key, answer, asked)
        if info.token != generation:
            raise has_changed(asked)
        return info

    def get_generation(self, key: str, asked: RequestInfo, generation: str, *, limit: int) -> Body:
        """The object in a generation. Raises ObjectGone if it is not kept."""
        query = [("alt", "media"), ("generation", _checked(key, generation))]
        headers = {"Accept-Encoding": "gzip"}
        path = self._http.path(key)
        answer = self._http.send("GET", path, asked=asked, query=query, headers=headers, deadline_s=deadline_of(limit))
        try:
            if answer.status != HTTPStatus.OK:
                raise version_error(translate(self._http.refusal(answer), asked), asked.what)
            return self._read(key, answer, asked, token=generation, limit=limit)
        finally:
            self._http.discard(answer)

    def read_info(self, key: str, answer: Response, asked: RequestInfo) -> ObjectInfo:
        """The facts in a response with the metadata of `key`. Raises SourceUnreachable for anything else."""
        body = self._http.read(answer, asked=asked, limit=ERROR_BYTES)
        try:
            facts = _facts.decode(body)
            size = number_of(facts.size)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise unreachable(asked, "its response is not the metadata of an object") from error
        if facts.name != key or size is None or number_of(facts.generation) is None:
            raise unreachable(asked, "its response describes another object")
        return ObjectInfo(
            key=key,
            size=size,
            token=facts.generation,
            modified=read_date(facts.updated or ""),
            storage_class=facts.storage_class,
        )

    def get(self, key: str, asked: RequestInfo, *, token: str | None, limit: int) -> Body:
        """The object, if it still has the generation `token`. Errors as in `storage.base.Store`."""
        answer = self._send(key, asked, token, {"Accept-Encoding": "gzip"}, limit)
        try:
            if answer.status != HTTPStatus.OK:
                raise self.refused(answer, asked)
            return self._read(key, answer, asked, token=token, limit=limit)
        finally:
            self._http.discard(answer)

    def get_range(self, key: str, asked: RequestInfo, *, token: str | None, start: int, length: int) -> Body:
        """A part of the object, if it still has the generation `token`. Errors as in `storage.base.Store`."""
        answer = self._send(key, asked, token, {"Accept-Encoding": "gzip", **range_header(start, length)}, length)
        try:
            if answer.status == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
                raise has_changed(asked)  # it ends before
            if answer.status not in (HTTPStatus.OK, HTTPStatus.PARTIAL_CONTENT):
                raise self.refused(answer, asked)
            generation = self._generation(answer, asked, token)
            size = whole_size(asked.what, answer.status, answer.headers, start=start, length=length)
            if size <= start:  # a server that returns nothing instead of 416
                raise has_changed(asked)
            data = self._http.read_object(answer, asked=asked, what=asked.what, limit=length)
        finally:
            self._http.discard(answer)
        return Body(data=data, info=_body_info(key, answer, generation, size))

    def _send(
        self, key: str, asked: RequestInfo, token: str | None, headers: Mapping[str, str], limit: int
    ) -> Response:
        # Without Accept-Encoding, the server would send objects that are stored as gzip decompressed, without their
        # size. https://cloud.google.com/storage/docs/transcoding
        if token is not None and number_of(token) is None:  # of another kind of store
            self.head(key, asked)
            raise has_changed(asked)
        query = [("alt", "media"), *([] if token is None else [("ifGenerationMatch", token)])]
        path = self._http.path(key)
        return self._http.send("GET", path, asked=asked, query=query, headers=headers, deadline_s=deadline_of(limit))

    def _generation(self, answer: Response, asked: RequestInfo, token: str | None) -> str:
        """The generation that a response has the bytes of. Raises ObjectChanged for another one than `token`."""
        generation = answer.headers.get("X-Goog-Generation", "")
        if number_of(generation) is None:
            raise unreachable(asked, "it does not report the generation of the object")
        if token is not None and generation != token:  # not every server supports the precondition
            raise has_changed(asked)
        return generation

    def _read(self, key: str, answer: Response, asked: RequestInfo, *, token: str | None, limit: int) -> Body:
        generation = self._generation(answer, asked, token)
        encoding = answer.headers.get("Content-Encoding", "")
        data = self._http.read_object(answer, asked=asked, what=asked.what, limit=limit)
        info = _body_info(key, answer, generation, _stored_size(answer.headers, data))
        return decoded_body(asked.what, info, data, encoding, limit)

    def refused(self, answer: Response, asked: RequestInfo) -> StorageError:
        """Our error for a refused request for an object. ObjectGone is confirmed by a listing."""
        error = translate(self._http.refusal(answer), asked)
        if isinstance(error, ObjectChanged):  # also the answer for an object that is gone
            try:
                self.head(asked.key or "", asked)
            except StorageError as gone:
                return gone
        return self._confirmed(asked) if isinstance(error, ObjectGone) else error

    def _confirmed(self, asked: RequestInfo) -> StorageError:
        """The cause of a 404: the object, its bucket, or neither.

        The errors of both are alike but for their wording, and a proxy's may be too. So the object is gone if a listing
        of exactly this key succeeds without it.
        """
        key = asked.key or ""
        listing = RequestInfo(
            bucket=asked.bucket,
            prefix=key,
            permission=LIST,
            role=asked.role,
            anonymous=asked.anonymous,
            principal=asked.principal,
        )
        query = [("fields", f"kind,items({_FIELDS})"), ("maxResults", "1"), ("prefix", key), ("prettyPrint", "false")]
        answer = self._http.send("GET", self._http.list_path, asked=listing, query=query)
        if answer.status == HTTPStatus.NOT_FOUND:
            return no_such_bucket(asked) if self._http.refusal(answer).documented else is_inconclusive(asked)
        if answer.status != HTTPStatus.OK:
            return translate(self._http.refusal(answer), listing)
        body = self._http.read(answer, asked=listing)
        try:
            found = _found.decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return is_inconclusive(asked)
        if found.kind != "storage#objects":
            return is_inconclusive(asked)
        if any(item.name == key for item in found.items):  # the first name with this prefix is the key itself
            return unreachable(asked, "it reports an object as missing, but lists it")
        return ObjectGone(f"{asked.what} does not exist.")


def _body_info(key: str, answer: Response, generation: str, size: int) -> ObjectInfo:
    """The facts in the headers of a response with bytes of an object."""
    return ObjectInfo(
        key=key,
        size=size,
        token=generation,
        modified=read_date(answer.headers.get("Last-Modified", "")),
        storage_class=answer.headers.get("X-Goog-Storage-Class"),
    )


def _checked(key: str, generation: str) -> str:
    """The generation. Raises ObjectGone for the token of another kind of store."""
    if number_of(generation) is None:
        raise_not_kept(repr(key))
    return generation


def number_of(text: str) -> int | None:
    """A size or generation; None if the text is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _GENERATION_DIGITS else None


def _stored_size(headers: Mapping[str, str], data: bytes) -> int:
    """The size of the object as it is stored, which a listing states."""
    stored = number_of(headers.get("X-Goog-Stored-Content-Length", ""))
    return len(data) if stored is None else stored
