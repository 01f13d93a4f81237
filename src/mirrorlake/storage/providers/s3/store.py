"""One bucket as a store."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import cast

from mirrorlake.core.errors import ObjectGone, StorageError
from mirrorlake.model.identity import Identity
from mirrorlake.model.objects import KeyRange, ObjectInfo, UnsupportedKey
from mirrorlake.model.sources import Location
from mirrorlake.storage.base import Body, ListPage
from mirrorlake.storage.bodies import declared_size
from mirrorlake.storage.bucket_keys import NOT_TEXT, check_key
from mirrorlake.storage.http import Response
from mirrorlake.storage.listing_batches import rows_within
from mirrorlake.storage.paging import bounds, ranges
from mirrorlake.storage.providers.s3.access import S3Access
from mirrorlake.storage.providers.s3.credentials import AwsConfig, CredentialSource, machine_config
from mirrorlake.storage.providers.s3.dialect import AWS, Dialect
from mirrorlake.storage.providers.s3.errors import RequestInfo, has_changed, is_inconclusive, translate, unreachable
from mirrorlake.storage.providers.s3.http import Http
from mirrorlake.storage.providers.s3.identity import identify
from mirrorlake.storage.providers.s3.list_requests import request_page
from mirrorlake.storage.providers.s3.object_reader import ObjectReader, object_info
from mirrorlake.storage.providers.s3.pages import S3Page
from mirrorlake.storage.versions import Version, raise_not_kept, version_error

SPLIT_PAGES = 4  # how many folders a split lists, and how many pages of each
PRESIGN_MAX_S = 7 * 24 * 3600  # longer signatures are refused by S3


@dataclass(frozen=True, slots=True)
class _Token:
    """The server's token of the next page."""

    text: str


class S3Store:
    """Lists and reads one bucket of S3, or of a server that speaks its protocol.

    With `listing_ordered` None, only AWS counts as ordered. With `credentials` None, the machine's chain is used.
    `config` is the machine's configuration, if it was already read.
    """

    def __init__(
        self,
        location: Location,
        access: S3Access,
        *,
        listing_ordered: bool | None = None,
        credentials: CredentialSource | None = None,
        config: AwsConfig | None = None,
        dialect: Dialect = AWS,
    ) -> None:
        if config is None:
            config = machine_config(access, credentials)
        self._bucket = location.container
        self._dialect = dialect
        self._region = config.region
        self._anonymous = config.source is None
        self._config = config
        self._ordered = config.server.is_aws if listing_ordered is None else listing_ordered
        self._server = str(config.server)
        self._http = Http(self._bucket, config)
        self._lists_version_1 = False  # learned from the first page
        self._reader = ObjectReader(self._http, self._refused, dialect)

    @property
    def ordered(self) -> bool:
        """Whether pages are in byte order of their keys."""
        return self._ordered

    @property
    def server(self) -> str | None:
        """The endpoint, with the setting or variable that specifies it unless that is the region."""
        return self._server

    def identify(self) -> Identity:
        """Owner, region and creation of the bucket."""
        return identify(self._bucket, self._config, anonymous=self._anonymous)

    def list_page(self, scope: KeyRange, cursor: object | None) -> ListPage:
        """One ListObjectsV2 page of `scope`."""
        # Servers with another order list the whole prefix; keys outside the scope are removed here.
        after = scope.after if self._ordered else None
        page = self._list(scope.prefix, after=after, token=cast("_Token | None", cursor))
        batch, passed = rows_within(page.batch, scope, ordered=self._ordered)
        following = None if passed or page.next_token is None else _Token(page.next_token)
        unsupported = tuple(UnsupportedKey(shown=key, reason=NOT_TEXT) for key in page.unsupported)
        return ListPage(batch=batch, cursor=following, unsupported=unsupported)

    def head(self, key: str) -> ObjectInfo:
        """The object's facts by HEAD; by a GET from a server that does not support HEAD or omits the size."""
        asked = self._asked(key)
        check_key(key)
        answer = self._http.send("HEAD", self._http.endpoint.path(key), asked=asked)
        if answer.status == HTTPStatus.OK:
            self._http.read(answer, asked=asked, limit=0)
            size = declared_size(answer.headers)
            return self._head_by_get(key, asked) if size is None else self._info(key, answer.headers, size)
        refusal = self._http.refusal(answer)
        if answer.status in (HTTPStatus.METHOD_NOT_ALLOWED, HTTPStatus.NOT_IMPLEMENTED):
            return self._head_by_get(key, asked)
        error = translate(refusal, asked)
        raise self._gone(asked) if isinstance(error, ObjectGone) else error

    def get(self, key: str, *, token: str | None, limit: int) -> Body:
        """The whole object by a GET with If-Match, without its content encoding."""
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
        """A URL for reading `key` during the next `expires_s` seconds (at most a week), encoded once."""
        check_key(key)
        return self._http.presign(self._http.endpoint.path(key), max(1, min(expires_s, PRESIGN_MAX_S)))

    def head_version(self, key: str, version: Version) -> ObjectInfo:
        """The facts of a version by HEAD."""
        check_key(key)
        asked = self._asked_version(key)
        query = self.version_query(key, version)
        answer = self._http.send("HEAD", self._http.endpoint.path(key), asked=asked, query=query)
        if answer.status != HTTPStatus.OK:
            raise version_error(translate(self._http.refusal(answer), asked), asked.what)
        self._http.read(answer, asked=asked, limit=0)
        info = self._info(key, answer.headers, declared_size(answer.headers) or 0)
        if not info.is_version(version.token):  # a server without versions ignores the parameter
            raise has_changed(asked)
        return info

    def get_version(self, key: str, version: Version, *, limit: int) -> Body:
        """A version by a GET with its id."""
        check_key(key)
        asked = self._asked_version(key)
        query = self.version_query(key, version)
        try:
            return self._reader.get(key, asked, token=version.token, limit=limit, query=query)
        except StorageError as error:
            raise version_error(error, asked.what) from error

    def presign_version(self, key: str, version: Version, expires_s: int) -> str | None:
        """A URL for reading a version, as `presign`."""
        check_key(key)
        expires_s = max(1, min(expires_s, PRESIGN_MAX_S))
        return self._http.presign(self._http.endpoint.path(key), expires_s, self.version_query(key, version))

    def version_query(self, key: str, version: Version) -> list[tuple[str, str]]:
        """The parameter that names a version. Raises ObjectGone for one without an id."""
        number = version.id if self._dialect.if_match else version.token  # tokens of Google are generations
        if number is None:
            raise_not_kept(self._asked(key).what)
        return [(self._dialect.version_parameter, number)]

    def _asked_version(self, key: str) -> RequestInfo:
        return replace(self._asked(key), permission=self._dialect.version_permission)

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def _names_below(self, prefix: str) -> list[str]:
        """Keys and common prefixes directly below `prefix`: all of them, or those of the first pages."""
        names: set[str] = set()
        token: _Token | None = None
        for _ in range(SPLIT_PAGES):
            page = self._list(prefix, token=token, delimiter="/")
            names.update(page.prefixes, cast("list[str]", page.batch.column("key").to_pylist()))
            if page.next_token is None:
                break
            token = _Token(page.next_token)
        return sorted(names)

    def _list(
        self, prefix: str, *, after: str | None = None, token: _Token | None = None, delimiter: str | None = None
    ) -> S3Page:
        version_1 = self._lists_version_1
        page = self._list_once(prefix, after, token, delimiter, version_1=version_1)
        if page.version_1 and not version_1:
            self._lists_version_1 = True
            if after is not None or token is not None:  # the server did not understand where to start
                return self._list_once(prefix, after, token, delimiter, version_1=True)
        return page

    def _list_once(
        self, prefix: str, after: str | None, token: _Token | None, delimiter: str | None, *, version_1: bool
    ) -> S3Page:
        asked = replace(self._asked(None), prefix=prefix)
        text = None if token is None else token.text
        return request_page(
            self._http,
            asked,
            prefix=prefix,
            after=after,
            token=text,
            delimiter=delimiter,
            version_1=version_1,
            version_element=self._dialect.version_element,
        )

    def _asked(self, key: str | None) -> RequestInfo:
        return RequestInfo(
            bucket=self._bucket,
            region=self._region,
            scheme=self._dialect.scheme,
            key=key,
            permission=self._dialect.list_permission if key is None else self._dialect.get_permission,
            anonymous=self._anonymous,
        )

    def _info(self, key: str, headers: Mapping[str, str], size: int) -> ObjectInfo:
        return object_info(key, headers, size, self._dialect)

    def _refused(self, answer: Response, asked: RequestInfo) -> StorageError:
        refusal = self._http.refusal(answer)
        error = translate(refusal, asked)
        return is_inconclusive(asked) if isinstance(error, ObjectGone) and not refusal.code else error

    def _head_by_get(self, key: str, asked: RequestInfo) -> ObjectInfo:
        """The object's facts by a GET of its first byte, or of all of it if the server ignores that."""
        path = self._http.endpoint.path(key)
        answer = self._http.send("GET", path, asked=asked, headers={"Range": "bytes=0-0"})
        if answer.status == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:  # an empty object
            self._http.discard(answer)
            answer = self._http.send("GET", path, asked=asked)
        try:
            if answer.status == HTTPStatus.PARTIAL_CONTENT:
                total = answer.headers.get("Content-Range", "").rpartition("/")[2].strip()
                if total.isascii() and total.isdigit():
                    return self._info(key, answer.headers, int(total))
                raise unreachable(asked, "it does not report the size of the object")
            if answer.status != HTTPStatus.OK:
                raise self._refused(answer, asked)
            size = declared_size(answer.headers)
            if size is None:
                size = len(self._http.read(answer, asked=asked))
            return self._info(key, answer.headers, size)
        finally:
            self._http.discard(answer)

    def _gone(self, asked: RequestInfo) -> StorageError:
        """The cause of a 404 without a body, as in all responses to HEAD: the object, its bucket, or neither.

        A GET of the same key returns an S3 error document. Without one, the 404 may not come from S3.
        """
        path = self._http.endpoint.path(cast("str", asked.key))
        answer = self._http.send("GET", path, asked=asked, headers={"Range": "bytes=0-0"})
        try:
            if answer.status in (HTTPStatus.OK, HTTPStatus.PARTIAL_CONTENT):
                return unreachable(asked, "it reports an object as missing, but returns it")
            return self._refused(answer, asked)
        finally:
            self._http.discard(answer)
