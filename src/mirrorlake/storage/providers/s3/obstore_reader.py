"""Read objects through obstore, which needs an eighth of the CPU of other clients, for keys that it supports."""

from __future__ import annotations

import re
import threading
from datetime import timedelta

import obstore
from obstore.exceptions import BaseError
from obstore.store import S3Store as ObstoreS3

from mirrorlake.core.errors import ObjectChanged, ObjectTooLarge
from mirrorlake.model.objects import ObjectInfo
from mirrorlake.storage.base import Body
from mirrorlake.storage.providers.s3.client import open_client
from mirrorlake.storage.providers.s3.credentials import CredentialSource
from mirrorlake.storage.providers.s3.endpoint import Endpoint

WHOLE_BODY = timedelta(hours=6)  # READ_S limits the silence; a large object on a slow connection may take long

# obstore refuses or silently changes keys with an empty, `.` or `..` segment, and control characters.
_UNSPEAKABLE = re.compile(r"(?:^|/)\.{0,2}(?:/|$)|[\x00-\x1f\x7f]")


def version_id(header: str | None) -> str | None:
    """The version id of a response header; "null" stands for an object without one."""
    return None if header == "null" else header


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

    def get(self, key: str, *, token: str | None, limit: int) -> Body | None:
        """The object, or None if the server did not return it: a request of our own then determines the cause.

        Raises ObjectChanged and ObjectTooLarge, the latter before any byte of the body is read.
        """
        store = self._opened()
        try:
            # A PreconditionError is a BaseError too; the server's error document is worth a second request.
            answer = obstore.get(store, key, options={} if token is None else {"if_match": f'"{token}"'})
            meta = answer.meta
            found = (meta["e_tag"] or "").strip('"')
            # Not every server honours If-Match.
            if token is not None and found != token:
                raise ObjectChanged(f"{key!r} has changed since it was listed.")
            if meta["size"] > limit:
                raise ObjectTooLarge(f"{key!r} has {meta['size']:,} bytes, more than the {limit:,} allowed.")
            data = answer.bytes().to_bytes()
        except (BaseError, OSError, ValueError):
            return None
        version = version_id(meta["version"])
        info = ObjectInfo(key=key, size=len(data), token=found, modified=meta["last_modified"], version=version)
        return Body(data=data, info=info)

    def _opened(self) -> ObstoreS3:
        with self._lock:
            if self._store is None:
                self._store = self._open()
            return self._store

    def _open(self) -> ObstoreS3:
        return open_client(self._endpoint, self._region, self._source, self._ca_bundle, deadline=WHOLE_BODY)
