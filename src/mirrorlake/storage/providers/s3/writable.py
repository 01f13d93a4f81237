"""A bucket as a writable store: single requests through obstore, streams as our own multipart uploads."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from http import HTTPStatus
from itertools import chain
from typing import TYPE_CHECKING, TypeVar, cast

import obstore
from obstore.exceptions import (
    AlreadyExistsError,
    BaseError,
    PermissionDeniedError,
    PreconditionError,
    UnauthenticatedError,
)
from obstore.store import S3Store as ObstoreS3

from mirrorlake.core.errors import (
    MirrorlakeError,
    NoSuchBucket,
    ObjectChanged,
    ObjectExists,
    ObjectGone,
    SettingsError,
    SourceUnreachable,
    StorageError,
)
from mirrorlake.model.sources import Location
from mirrorlake.storage.providers.s3.access import S3Access
from mirrorlake.storage.providers.s3.client import open_client
from mirrorlake.storage.providers.s3.credentials import AwsConfig, machine_config
from mirrorlake.storage.providers.s3.denials import Denied, denial
from mirrorlake.storage.providers.s3.endpoint import Endpoint
from mirrorlake.storage.providers.s3.errors import RequestInfo, read_refusal
from mirrorlake.storage.providers.s3.etags import unquoted
from mirrorlake.storage.providers.s3.http import Http
from mirrorlake.storage.providers.s3.multipart import PART_BYTES, MultipartUpload, chunks
from mirrorlake.storage.providers.s3.server_words import clean_text
from mirrorlake.storage.retry import ATTEMPTS
from mirrorlake.storage.writable import StoredBody, StoredObject, check_key

if TYPE_CHECKING:
    from obstore import ObjectMeta, PutMode

DEADLINE = timedelta(minutes=10)  # of one request with its body
_PLAIN = re.compile(r"(?:[^/\x00-\x1f\x7f]+/)*")  # obstore changes prefixes with empty segments
_ERROR = re.compile(r"<Error[ >].*?</Error>", re.DOTALL)
T = TypeVar("T")


class S3WritableStore:
    """The objects below one prefix of a bucket. The server must support If-None-Match and If-Match for PUT."""

    durable = True

    def __init__(self, location: Location, access: S3Access, *, config: AwsConfig | None = None) -> None:
        if not _PLAIN.fullmatch(location.prefix) or "./" in f"/{location.prefix}".replace("../", "./"):
            raise SettingsError(
                f"{location.uri} cannot be written to: its folders have empty or unusual names.",
                "Use a folder with plain names, such as s3://bucket/library.",
            )
        self._config = config or machine_config(access)
        self._bucket = location.container
        self._prefix = location.prefix
        self._endpoint = Endpoint(location.container, access, self._config.region)
        self._client: ObstoreS3 | None = None
        self._lister: ObstoreS3 | None = None
        self._http: Http | None = None
        self._lock = threading.Lock()

    @property
    def name(self) -> str:
        """The address of the prefix."""
        return f"s3://{self._bucket}/{self._prefix}"

    def put(self, key: str, data: bytes) -> str:
        """One PUT."""
        return self._put(key, data, "overwrite")

    def put_if_absent(self, key: str, data: bytes) -> str:
        """One PUT with If-None-Match."""
        return self._put(key, data, "create")

    def put_if_match(self, key: str, data: bytes, *, token: str) -> str:
        """One PUT with If-Match."""
        try:
            return self._put(key, data, {"e_tag": f'"{token}"'})
        except ObjectGone as error:
            raise ObjectChanged(f"{self.name}{key} no longer exists.") from error

    def put_stream(self, key: str, parts: Iterable[bytes]) -> str:
        """A multipart upload, or a single PUT if everything fits into one part."""
        check_key(key)
        pieces = chunks(parts, PART_BYTES)
        first = next(pieces)
        second = next(pieces, None)
        if second is None:
            return self.put(key, first)
        asked = RequestInfo(
            bucket=self._bucket, region=self._config.region, key=self._prefix + key, permission="s3:PutObject"
        )
        http = self._signed()
        upload = MultipartUpload(http, http.endpoint.path(self._prefix + key), asked)
        return upload.write(chain((first, second), pieces))

    def get(self, key: str, *, length: int | None = None) -> StoredBody:
        """One GET, with a range if only the beginning is requested."""
        check_key(key)

        def read() -> StoredBody:
            options = {} if length is None else {"range": (0, length)}
            answer = obstore.get(self._opened(), self._prefix + key, options=cast("obstore.GetOptions", options))
            return StoredBody(data=answer.bytes().to_bytes(), info=self._info(answer.meta))

        return self._translated(key, read)

    def head(self, key: str) -> StoredObject:
        """One HEAD."""
        check_key(key)
        return self._translated(key, lambda: self._info(obstore.head(self._opened(), self._prefix + key)))

    def delete(self, key: str) -> None:
        """One DELETE."""
        check_key(key.removesuffix("/"))
        if key.endswith("/"):  # obstore does not support the marker of a folder
            return
        try:
            self._translated(key, lambda: obstore.delete(self._opened(), self._prefix + key))
        except ObjectGone:
            return

    def move(self, key: str, to: str) -> None:
        """A copy by the server, then a DELETE."""
        check_key(key)
        check_key(to)
        if key == to:
            self.head(key)
            return
        self._translated(key, lambda: obstore.copy(self._opened(), self._prefix + key, self._prefix + to))
        self.delete(key)

    def list(self, prefix: str) -> Iterator[StoredObject]:
        """Pages of a thousand."""
        found = self._translated(
            prefix, lambda: iter(obstore.list(self._listing(), self._prefix + prefix, chunk_size=1000))
        )
        while True:
            page = self._translated(prefix, lambda: next(found, None))
            if page is None:
                return
            yield from map(self._info, page)

    def folders(self, prefix: str) -> list[str]:
        """The common prefixes below `prefix`."""
        whole = self._prefix + prefix
        found = self._translated(prefix, lambda: obstore.list_with_delimiter(self._opened(), whole))
        return sorted(name.rstrip("/").rpartition("/")[2] for name in found["common_prefixes"])

    def close(self) -> None:
        """Close our own connections; obstore closes its own."""
        if self._http is not None:
            self._http.close()

    def _put(self, key: str, data: bytes, mode: PutMode) -> str:
        check_key(key)
        done = self._translated(
            key, lambda: obstore.put(self._opened(), self._prefix + key, data, mode=mode, use_multipart=False)
        )
        return unquoted(done["e_tag"] or "")

    def _info(self, meta: ObjectMeta) -> StoredObject:
        return StoredObject(
            key=meta["path"].removeprefix(self._prefix),
            size=meta["size"],
            token=unquoted(meta["e_tag"] or ""),
            modified=meta["last_modified"].timestamp(),
        )

    def _opened(self) -> ObstoreS3:
        with self._lock:
            if self._client is None:
                self._client = self._open(retries=0)
            return self._client

    def _listing(self) -> ObstoreS3:
        """A client that retries single pages, because a listing cannot be resumed in the middle."""
        with self._lock:
            if self._lister is None:
                self._lister = self._open(retries=ATTEMPTS - 1)
            return self._lister

    def _open(self, *, retries: int) -> ObstoreS3:
        config = self._config
        return open_client(
            self._endpoint, config.region, config.source, config.ca_bundle, deadline=DEADLINE, retries=retries
        )

    def _signed(self) -> Http:
        with self._lock:
            if self._http is None:
                config = self._config
                self._http = Http(self._endpoint, config.region, config.source, config.ca_bundle)
            return self._http

    def _translated(self, key: str, action: Callable[[], T]) -> T:
        what = f"{self.name}{key}"
        try:
            return action()
        except MirrorlakeError:
            raise
        except FileNotFoundError as error:
            if "NoSuchBucket" in str(error):
                raise NoSuchBucket(
                    f"Bucket {self._bucket} does not exist.", "Create it, or use another one."
                ) from error
            raise ObjectGone(f"{what} does not exist.") from error
        except AlreadyExistsError as error:
            raise ObjectExists(f"{what} already exists.") from error
        except PreconditionError as error:
            raise ObjectChanged(f"{what} has changed.", "Read it again.") from error
        except (PermissionDeniedError, UnauthenticatedError) as error:
            raise self._denied(what, error) from error
        except (BaseError, OSError, ValueError) as error:
            reason = (str(error) or type(error).__name__).splitlines()[0].removeprefix("Generic S3 error: ")
            if " 403 " in reason or " 401 " in reason:  # obstore has no error of its own for a refused listing
                raise self._denied(what, error) from error
            raise SourceUnreachable(
                f"{what} cannot be reached: {reason}.", "Check the endpoint and the network, or try again later."
            ) from error

    def _denied(self, what: str, error: Exception) -> StorageError:
        """The error for a refused request. The text of obstore's error contains the document of the server."""
        document = _ERROR.search(str(error))
        refusal = read_refusal(HTTPStatus.FORBIDDEN, {}, b"" if document is None else document[0].encode())
        return denial(
            Denied(
                code=refusal.code,
                words=clean_text(refusal.message),
                what=what,
                verb="read or write",
                permission="s3:ListBucket, s3:GetObject, s3:PutObject and s3:DeleteObject",
                resource=f"arn:aws:s3:::{self._bucket} and its objects",
                anonymous=False,
            )
        )
