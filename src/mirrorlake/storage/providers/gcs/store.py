"""One bucket of Google Cloud Storage as a store, by its JSON API."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import cast

import msgspec

from mirrorlake.core.errors import StorageError
from mirrorlake.model.identity import Identity
from mirrorlake.model.objects import KeyRange, ObjectInfo
from mirrorlake.model.sources import Location
from mirrorlake.storage.base import Body, ListPage
from mirrorlake.storage.bucket_keys import KEY_LIMIT, check_key
from mirrorlake.storage.bucket_requests import with_query
from mirrorlake.storage.http import ERROR_BYTES
from mirrorlake.storage.listing_batches import key_at, rows_within
from mirrorlake.storage.paging import bounds, ranges
from mirrorlake.storage.providers.gcs.config import GcsConfig
from mirrorlake.storage.providers.gcs.errors import GET, LIST, RequestInfo
from mirrorlake.storage.providers.gcs.http import Http
from mirrorlake.storage.providers.gcs.list_requests import request_page
from mirrorlake.storage.providers.gcs.object_reader import ObjectReader
from mirrorlake.storage.providers.gcs.pages import FIELDS, FOLDER_FIELDS, GcsPage
from mirrorlake.storage.providers.gcs.signed_urls import signed_url
from mirrorlake.storage.versions import Version

SPLIT_PAGES = 4  # how many folders a split lists, and how many pages of each


@dataclass(frozen=True, slots=True)
class _Token:
    """The server's token of the next page."""

    text: str


class GcsStore:
    """Lists and reads one bucket. Google lists in the byte order of UTF-8 names, unless `listing_ordered` is False."""

    def __init__(self, location: Location, config: GcsConfig, *, listing_ordered: bool | None = None) -> None:
        self._bucket = location.container
        self._config = config
        self._ordered = listing_ordered is not False
        self._http = Http(self._bucket, config)
        self._reader = ObjectReader(self._http)
        self._signer = None if config.source is None else config.source.signer()

    @property
    def ordered(self) -> bool:
        """Whether pages are in byte order of their keys."""
        return self._ordered

    @property
    def server(self) -> str | None:
        """The endpoint, with the setting or variable that specifies it unless it is Google's own."""
        return str(self._config.server)

    def identify(self) -> Identity:
        """Project, location and creation of the bucket: they never change. Often the credentials may not read them."""
        if self._config.anonymous:
            return Identity(hints={})
        return _identify(
            self._http, self._asked(permission="storage.buckets.get"), lasting=self._config.server.is_google
        )

    def list_page(self, scope: KeyRange, cursor: object | None) -> ListPage:
        """One page of `scope`."""
        page = self._list(scope.prefix, _offsets(scope) if self._ordered else [], cast("_Token | None", cursor))
        batch, passed = rows_within(page.batch, scope, ordered=self._ordered)
        if self._ordered and batch.num_rows and key_at(batch, 0) == scope.after:
            batch = batch.slice(1)  # `startOffset` is inclusive; the key belongs to the range before
        following = None if passed or page.next_token is None else _Token(page.next_token)
        return ListPage(batch=batch, cursor=following, unsupported=page.unsupported)

    def head(self, key: str) -> ObjectInfo:
        """The object's facts."""
        check_key(key)
        return self._reader.head(key, self._asked(key))

    def get(self, key: str, *, token: str | None, limit: int) -> Body:
        """The whole object by a GET that requires the generation, without its content encoding."""
        check_key(key)
        return self._reader.get(key, self._asked(key), token=token, limit=limit)

    def get_range(self, key: str, *, token: str | None, start: int, length: int) -> Body:
        """A part of the object by a GET with the same condition."""
        check_key(key)
        return self._reader.get_range(key, self._asked(key), token=token, start=start, length=length)

    def split(self, scope: KeyRange, parts: int) -> list[KeyRange]:
        """Ranges whose bounds are common prefixes, found by a few pages with a delimiter."""
        if parts < 2 or not self._ordered:  # noqa: PLR2004 - one part is the whole
            return [scope]
        return ranges(scope, bounds(self._names_below, scope.prefix, parts, SPLIT_PAGES), parts)

    def presign(self, key: str, expires_s: int) -> str | None:
        """A URL for reading `key` during the next `expires_s` seconds (at most a week); None without a service account.

        Without the key of the account, the IAM Credentials service signs it, by one request.
        """
        return self._presign(key, expires_s, None)

    def head_version(self, key: str, version: Version) -> ObjectInfo:
        """The facts of a generation, which is the token."""
        check_key(key)
        return self._reader.head_generation(key, self._asked(key), version.token)

    def get_version(self, key: str, version: Version, *, limit: int) -> Body:
        """The object in a generation."""
        check_key(key)
        return self._reader.get_generation(key, self._asked(key), version.token, limit=limit)

    def presign_version(self, key: str, version: Version, expires_s: int) -> str | None:
        """A URL for reading a generation, as `presign`."""
        return self._presign(key, expires_s, version.token)

    def _presign(self, key: str, expires_s: int, generation: str | None) -> str | None:
        check_key(key)
        url = self._http.url(key)
        if self._signer is None:
            named = [] if generation is None else [("generation", generation)]
            return with_query(url, named) if self._config.anonymous else None
        billed = self._config.billed_project
        return signed_url(url, self._signer, expires_s, generation=generation, billed_project=billed)

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def _names_below(self, prefix: str) -> list[str]:
        """Keys and common prefixes directly below `prefix`: all of them, or those of the first pages."""
        names: set[str] = set()
        token: _Token | None = None
        for _ in range(SPLIT_PAGES):
            page = self._list(prefix, [("delimiter", "/")], token, fields=FOLDER_FIELDS)
            names.update(page.prefixes, cast("list[str]", page.batch.column("key").to_pylist()))
            if page.next_token is None:
                break
            token = _Token(page.next_token)
        return sorted(names)

    def _list(
        self, prefix: str, more: Sequence[tuple[str, str]], token: _Token | None, *, fields: str = FIELDS
    ) -> GcsPage:
        text = None if token is None else token.text
        return request_page(self._http, self._asked(prefix=prefix), more, text, fields=fields)

    def _asked(self, key: str | None = None, *, prefix: str = "", permission: str | None = None) -> RequestInfo:
        source = self._config.source
        return RequestInfo(
            bucket=self._bucket,
            key=key,
            prefix=prefix,
            permission=permission or (LIST if key is None else GET),
            anonymous=self._config.anonymous,
            principal=None if source is None else source.principal,
        )


def _offsets(scope: KeyRange) -> list[tuple[str, str]]:
    """The parameters for a range of keys: both bounds are a little wider, and the page is cut to the range.

    `startOffset` includes its name, `endOffset` excludes it: a blank after `until` includes that key and few others.
    """
    start = [] if scope.after is None else [("startOffset", scope.after)]
    if scope.until is None or len(scope.until.encode()) >= KEY_LIMIT:
        return start
    return [*start, ("endOffset", f"{scope.until} ")]


class _Bucket(msgspec.Struct, rename="camel"):
    project_number: str = ""
    location: str = ""
    time_created: str = ""


def _identify(http: Http, asked: RequestInfo, *, lasting: bool) -> Identity:
    refused = Identity(hints={}, requests=1)
    query = [("fields", "projectNumber,location,timeCreated"), ("prettyPrint", "false")]
    try:
        answer = http.send("GET", http.bucket_path, asked=asked, query=query)
        body = http.read(answer, asked=asked, limit=ERROR_BYTES)
        if answer.status != HTTPStatus.OK:
            return refused
        found = msgspec.json.decode(body, type=_Bucket)
    except (StorageError, msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return refused  # if the server is unreachable, the listing reports it
    known = {"project": found.project_number, "region": found.location, "creation date": found.time_created}
    known = {name: value for name, value in known.items() if value}
    return Identity(facts=known, hints={}, requests=1) if lasting else Identity(hints=known, requests=1)
