"""Read objects through obstore, which needs an eighth of the CPU of other clients, for keys that it supports."""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum

import obstore
from obstore.exceptions import BaseError, PreconditionError
from obstore.store import S3Store as ObstoreS3

from mirrorlake.model.objects import ObjectInfo
from mirrorlake.storage.providers.s3.client import open_client
from mirrorlake.storage.providers.s3.credentials import CredentialSource
from mirrorlake.storage.providers.s3.endpoint import Endpoint
from mirrorlake.storage.providers.s3.etags import token_of

WHOLE_BODY = timedelta(hours=6)  # READ_S limits the silence; a large object on a slow connection may take long
_NO_DATE = datetime(1970, 1, 1, tzinfo=UTC)  # obstore's date of a response without one

# obstore refuses or silently changes keys with an empty, `.` or `..` segment, and control characters.
_UNSPEAKABLE = re.compile(r"(?:^|/)\.{0,2}(?:/|$)|[\x00-\x1f\x7f]")


def version_id(header: str | None) -> str | None:
    """The version id of a response header; "null" stands for an object without one."""
    return None if header == "null" else header


class Miss(Enum):
    """Why obstore did not return an object."""

    UNMATCHED = "unmatched"  # a 412: the server does not accept the If-Match
    OTHER = "other"  # a request of our own determines the cause


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A response whose body was not read yet. `info.size` is its length."""

    info: ObjectInfo
    encoding: str  # its Content-Encoding; empty if there is none
    response: obstore.GetResult

    def read(self) -> bytes | Miss:
        """The whole body."""
        try:
            return self.response.bytes().to_bytes()
        except (BaseError, OSError, ValueError):
            return Miss.OTHER


class ObstoreReader:
    """Reads whole objects of one bucket. Its client is created at the first read, in the process that reads."""

    def __init__(self, endpoint: Endpoint, region: str, source: CredentialSource | None, ca_bundle: str | None) -> None:
        self._endpoint = endpoint
        self._region = region
        self._source = source
        self._ca_bundle = ca_bundle
        self._store: ObstoreS3 | None = None
        self._lock = threading.Lock()

    @staticmethod
    def can_name(key: str) -> bool:
        """Whether obstore requests exactly this key."""
        return not _UNSPEAKABLE.search(key)

    def open(self, key: str, *, if_match: str | None) -> Opened | Miss:
        """The response to a GET, with a strong If-Match of the token `if_match`."""
        store = self._opened()
        try:
            response = obstore.get(store, key, options={} if if_match is None else {"if_match": f'"{if_match}"'})
            meta = response.meta
            encoding = str(response.attributes.get("Content-Encoding", ""))
        except PreconditionError:
            return Miss.UNMATCHED
        except (BaseError, OSError, ValueError):
            return Miss.OTHER
        modified = None if meta["last_modified"] == _NO_DATE else meta["last_modified"]
        info = ObjectInfo(
            key=key,
            size=meta["size"],
            token=token_of(meta["e_tag"], modified),
            modified=modified,
            version=version_id(meta["version"]),
        )
        return Opened(info=info, encoding=encoding, response=response)

    def _opened(self) -> ObstoreS3:
        with self._lock:
            if self._store is None:
                self._store = self._open()
            return self._store

    def _open(self) -> ObstoreS3:
        return open_client(self._endpoint, self._region, self._source, self._ca_bundle, deadline=WHOLE_BODY)
