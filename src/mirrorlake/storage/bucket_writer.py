"""What the writable stores of clouds share: how objects are read back, listed, and written from streams."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from datetime import datetime
from http import HTTPStatus
from itertools import chain
from typing import ClassVar, Protocol, cast

import pyarrow as pa

from mirrorlake.core.errors import ListingBroken, StorageError
from mirrorlake.storage.chunks import chunks
from mirrorlake.storage.http import Response
from mirrorlake.storage.retry import RetryPolicy
from mirrorlake.storage.writable import OBJECT_BYTES, StoredBody, StoredObject, check_key


class Page(Protocol):
    """One page of a listing, as readers of all clouds return it."""

    @property
    def batch(self) -> pa.RecordBatch:
        """The objects (LISTING)."""
        ...

    @property
    def prefixes(self) -> Iterable[str]:
        """The common prefixes, in a listing of folders."""
        ...

    @property
    def next_token(self) -> str | None:
        """What asks for the following page; None at the end."""
        ...


class BucketWriter(ABC):
    """The part of a `WritableStore` that is alike for all clouds. Keys are relative to the prefix of the store."""

    durable = True
    part_bytes: ClassVar[int]  # of a stream

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix

    @property
    @abstractmethod
    def name(self) -> str:
        """The address of the prefix."""

    def flush(self, key: str) -> None:
        """Do nothing: what a bucket confirms is stored."""
        del key

    @abstractmethod
    def put_if_absent(self, key: str, data: bytes) -> str:
        """Write a new object; return its token. Raises ObjectExists."""

    @abstractmethod
    def head(self, key: str) -> StoredObject:
        """The object's facts."""

    @abstractmethod
    def _upload(self, key: str, parts: Iterator[bytes]) -> str:
        """Write a new object of several parts; return its token. Raises ObjectExists."""

    @abstractmethod
    def _fetch(self, key: str, headers: dict[str, str], limit: int) -> Response:
        """The response to a GET of an object, of which at most `limit` bytes are read."""

    @abstractmethod
    def _check(self, answer: Response, key: str) -> None:
        """Raise our error for a refusal."""

    @abstractmethod
    def _info(self, key: str, answer: Response) -> StoredObject:
        """The facts of an object in the headers of a response."""

    @abstractmethod
    def _read(self, answer: Response, key: str, limit: int) -> bytes:
        """The body of a response."""

    @abstractmethod
    def _discard(self, answer: Response) -> None:
        """Release the connection of a response."""

    @abstractmethod
    def _page(self, prefix: str, token: str | None, *, folders: bool) -> Page:
        """One page of the objects below `prefix`, or of the folders directly below it."""

    def put_stream(self, key: str, parts: Iterable[bytes]) -> str:
        """An upload in parts, or a single request if everything fits into one."""
        check_key(key)
        pieces = chunks(parts, self.part_bytes)
        first = next(pieces)
        second = next(pieces, None)
        return self._create(key, first) if second is None else self._upload(key, chain((first, second), pieces))

    def _create(self, key: str, data: bytes) -> str:
        return self.put_if_absent(key, data)

    def get(self, key: str, *, start: int = 0, length: int | None = None) -> StoredBody:
        """One GET, with a range if only a part is requested."""
        check_key(key)
        limit = OBJECT_BYTES if length is None else length
        answer = self._fetch(key, _range_header(start, length), limit)
        try:
            if answer.status == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:  # there are no bytes from there on
                return StoredBody(data=b"", info=self.head(key))
            self._check(answer, key)
            info = self._info(key, answer)
            # A server that ignores the range returns the whole object.
            whole = answer.status == HTTPStatus.OK
            limit = info.size if whole else limit
            if limit > OBJECT_BYTES:
                raise StorageError(f"{self.name}{key} has {info.size:,} bytes, more than mirrorlake ever writes there.")
            data = self._read(answer, key, limit)
            begin = start if whole else 0
            return StoredBody(data=data[begin : None if length is None else begin + length], info=info)
        finally:
            self._discard(answer)

    def list(self, prefix: str) -> Iterator[StoredObject]:
        """Each page is retried separately, because a listing cannot be resumed in the middle."""
        for page in self._pages(prefix, folders=False):
            for found in page.batch.to_pylist():
                modified = cast("datetime | None", found["modified"])
                yield StoredObject(
                    key=found["key"].removeprefix(self._prefix),
                    size=found["size"],
                    token=found["token"],
                    modified=0.0 if modified is None else modified.timestamp(),
                )

    def folders(self, prefix: str) -> list[str]:
        """The common prefixes below `prefix`."""
        found = {name for page in self._pages(prefix, folders=True) for name in page.prefixes}
        return sorted(name.rstrip("/").rpartition("/")[2] for name in found)

    def _pages(self, prefix: str, *, folders: bool) -> Iterator[Page]:
        token: str | None = None
        while True:
            page = RetryPolicy().call(lambda token=token: self._page(prefix, token, folders=folders))
            yield page
            if page.next_token is None:
                return
            if page.next_token == token:
                raise ListingBroken(f"The listing of {self.name}{prefix} does not advance.", "Check the endpoint.")
            token = page.next_token


def _range_header(start: int, length: int | None) -> dict[str, str]:
    if start == 0 and length is None:
        return {}
    return {"Range": f"bytes={start}-{'' if length is None else start + length - 1}"}
