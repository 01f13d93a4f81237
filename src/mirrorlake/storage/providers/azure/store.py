"""One container as a store."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import cast

from mirrorlake.core.errors import ObjectGone, SettingsError, StorageError
from mirrorlake.model.identity import Identity
from mirrorlake.model.objects import KeyRange, ObjectInfo, UnsupportedKey
from mirrorlake.model.sources import Location
from mirrorlake.storage.base import Body, ListPage
from mirrorlake.storage.bucket_requests import with_query
from mirrorlake.storage.listing_batches import rows_after, rows_within
from mirrorlake.storage.paging import bounds, ranges
from mirrorlake.storage.providers.azure.access import AzureAccess, account_url
from mirrorlake.storage.providers.azure.address import KEY_CHARACTERS, account_of, container_of
from mirrorlake.storage.providers.azure.credentials import Anonymous, AzureConfig, Bearer, SharedKey
from mirrorlake.storage.providers.azure.delegation import delegation_of
from mirrorlake.storage.providers.azure.errors import RequestInfo, has_changed
from mirrorlake.storage.providers.azure.http import Http
from mirrorlake.storage.providers.azure.list_requests import PAGE_KEYS, request_page
from mirrorlake.storage.providers.azure.object_reader import read_head, read_object, read_range
from mirrorlake.storage.providers.azure.pages import AzurePage
from mirrorlake.storage.providers.azure.resolving import config_of
from mirrorlake.storage.providers.azure.signing import blob_sas, delegated_sas
from mirrorlake.storage.server_words import clean_text
from mirrorlake.storage.versions import Version, raise_not_kept, version_error

SPLIT_PAGES = 4  # how many folders a split lists, and how many pages of each
_VERSION = "versionid"  # parameter of a request
PRESIGN_MAX_S = 6 * 24 * 3600  # a user delegation key is valid for at most seven days
_NOT_TEXT = "its key contains a NUL character or is not UTF-8, which no catalog can hold"


@dataclass(frozen=True, slots=True)
class _Cursor:
    """The server's marker of the next page, and the key that the listing started from."""

    marker: str
    start: str | None


class AzureStore:
    """Lists and reads one container of Azure Blob Storage, or of a server that speaks its protocol.

    `config` is what `provider.resolve` found, if it was called; otherwise the machine's environment is used.
    """

    def __init__(
        self,
        location: Location,
        access: AzureAccess,
        *,
        listing_ordered: bool | None = None,
        config: AzureConfig | None = None,
    ) -> None:
        self._account, self._container = account_of(location), container_of(location)
        config = config or config_of(access, self._account, None)
        self._url = url_of(location, config)
        self._authentication = config.authentication
        self._server = f"{self._url} ({config.origin})" if config.endpoint else self._url
        self._asked = RequestInfo(container=location.container, anonymous=isinstance(config.authentication, Anonymous))
        self._http = Http(self._url, self._container, config.authentication, config.wire)
        self._ordered = listing_ordered
        self._asking = threading.Lock()
        self._starts_anywhere = True  # until the server shows that it does not know startFrom

    @property
    def ordered(self) -> bool:
        """Whether pages are in byte order of their keys: not in accounts with a hierarchical namespace.

        Learned by one request at first use. Where that is refused, the order is assumed, and checked in each listing.
        """
        with self._asking:
            if self._ordered is None:
                self._ordered = self._asked.anonymous or not self._is_hierarchical()
            return self._ordered

    @property
    def server(self) -> str | None:
        """The endpoint of the account, and what specifies it unless that is its name."""
        return self._server

    def identify(self) -> Identity:
        """The last change of the container itself, which objects do not change: a container made again has another one.

        Only a hint, because a change of its access or metadata changes it too.
        """
        if self._asked.anonymous:
            return Identity(hints={})
        try:
            query = [("restype", "container")]
            answer = self._http.send("HEAD", self._http.container_path, asked=self._asked, query=query)
        except StorageError:
            return Identity(hints={}, requests=1)  # if the server is unreachable, the listing reports it
        self._http.discard(answer)
        changed = clean_text(answer.headers.get("Last-Modified", ""))
        known = answer.status == HTTPStatus.OK and changed
        return Identity(hints={"last change": changed} if known else {}, requests=1)

    def list_page(self, scope: KeyRange, cursor: object | None) -> ListPage:
        """One List Blobs page of `scope`."""
        known = cast("_Cursor | None", cursor)
        start = self._start_of(scope) if known is None else known.start
        page = self._list(scope.prefix, start=start, marker=None if known is None else known.marker)
        # Some servers do not know where to start.
        batch, passed = rows_within(rows_after(page.batch, scope.after), scope, ordered=self.ordered)
        following = None if passed or page.next_token is None else _Cursor(page.next_token, start)
        unsupported = tuple(UnsupportedKey(shown=key, reason=_NOT_TEXT) for key in page.unsupported)
        return ListPage(batch=batch, cursor=following, unsupported=unsupported)

    def head(self, key: str) -> ObjectInfo:
        """The object's facts by HEAD."""
        _check_key(key)
        return read_head(self._http, key, self._about(key))

    def get(self, key: str, *, token: str | None, limit: int) -> Body:
        """The whole object by a GET with If-Match, without its content encoding."""
        _check_key(key)
        return read_object(self._http, key, self._about(key), token=token, limit=limit)

    def get_range(self, key: str, *, token: str | None, start: int, length: int) -> Body:
        """A part of the object by a GET with If-Match."""
        _check_key(key)
        return read_range(self._http, key, self._about(key), token=token, start=start, length=length)

    def split(self, scope: KeyRange, parts: int) -> list[KeyRange]:
        """Ranges whose bounds are common prefixes, if the server can start a listing at each of them."""
        if parts < 2 or not self.ordered:  # noqa: PLR2004 - one part is the whole
            return [scope]
        found = ranges(scope, bounds(self._names_below, scope.prefix, parts, SPLIT_PAGES), parts)
        return found if len(found) < 2 or self._can_start_at(scope, found[-1]) else [scope]  # noqa: PLR2004

    def presign(self, key: str, expires_s: int) -> str | None:
        """A URL for reading `key` during the next `expires_s` seconds (at most six days), encoded once.

        None with a shared access signature: it would be handed on with all its rights. With Microsoft Entra ID, a user
        delegation key is requested from time to time.
        """
        return self._presign(key, expires_s, "")

    def head_version(self, key: str, version: Version) -> ObjectInfo:
        """The facts of a version by HEAD."""
        _check_key(key)
        asked = self._about(key)
        try:
            info = read_head(self._http, key, asked, _version_query(key, version))
        except StorageError as error:
            raise version_error(error, asked.what) from error
        if not info.is_version(version.token):
            raise has_changed(asked)
        return info

    def get_version(self, key: str, version: Version, *, limit: int) -> Body:
        """A version by a GET with its id."""
        _check_key(key)
        asked, query = self._about(key), _version_query(key, version)
        try:
            return read_object(self._http, key, asked, token=version.token, limit=limit, query=query)
        except StorageError as error:
            raise version_error(error, asked.what) from error

    def presign_version(self, key: str, version: Version, expires_s: int) -> str | None:
        """A URL for reading a version, as `presign`."""
        ((_, number),) = _version_query(key, version)
        return self._presign(key, expires_s, number)

    def _presign(self, key: str, expires_s: int, version: str) -> str | None:
        _check_key(key)
        named = [(_VERSION, version)] if version else []
        url = with_query(self._http.base + self._http.path(key), named)
        expires = datetime.now(UTC) + timedelta(seconds=max(1, min(expires_s, PRESIGN_MAX_S)))
        https = url.startswith("https:")
        match self._authentication:
            case Anonymous():
                return url
            case SharedKey(key=secret):
                query = blob_sas(
                    self._account, self._container, key, secret=secret, expires=expires, https=https, version=version
                )
            case Bearer(tokens=tokens):
                delegation = delegation_of(tokens, self._url).current(self._http, self._about(key), expires)
                query = delegated_sas(
                    self._account,
                    self._container,
                    key,
                    delegation=delegation,
                    expires=expires,
                    https=https,
                    version=version,
                )
            case _:
                return None
        return f"{url}{'&' if version else '?'}{query}"

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def _about(self, key: str) -> RequestInfo:
        return RequestInfo(container=self._asked.container, key=key, anonymous=self._asked.anonymous, verb="read")

    def _start_of(self, scope: KeyRange) -> str | None:
        """The key to start from; None to start at the beginning of the prefix."""
        after = scope.after
        inside = after is not None and after.startswith(scope.prefix) and after != scope.prefix
        return after if inside and self._starts_anywhere and self.ordered else None

    def _list(
        self,
        prefix: str,
        *,
        start: str | None = None,
        marker: str | None = None,
        delimiter: str | None = None,
        most: int = PAGE_KEYS,
    ) -> AzurePage:
        asked = RequestInfo(container=self._asked.container, prefix=prefix, anonymous=self._asked.anonymous)
        page = request_page(
            self._http, asked, prefix=prefix, marker=marker, start=start, delimiter=delimiter, most=most
        )
        if page is None:
            self._starts_anywhere = False
            page = request_page(self._http, asked, prefix=prefix, marker=marker, delimiter=delimiter, most=most)
        return cast("AzurePage", page)

    def _can_start_at(self, scope: KeyRange, last: KeyRange) -> bool:
        """Whether a listing of the last range begins there, so that no range reads the keys of another."""
        start = self._start_of(KeyRange(prefix=scope.prefix, after=last.after))
        if start is None:
            return False
        first = cast("list[str]", self._list(scope.prefix, start=start, most=1).batch.column("key").to_pylist())
        self._starts_anywhere = self._starts_anywhere and (not first or first[0] >= start)
        return self._starts_anywhere

    def _names_below(self, prefix: str) -> list[str]:
        """Keys and common prefixes directly below `prefix`: all of them, or those of the first pages."""
        names: set[str] = set()
        marker: str | None = None
        for _ in range(SPLIT_PAGES):
            page = self._list(prefix, marker=marker, delimiter="/")
            names.update(page.prefixes, cast("list[str]", page.batch.column("key").to_pylist()))
            if page.next_token is None:
                break
            marker = page.next_token
        return sorted(names)

    def _is_hierarchical(self) -> bool:
        """Whether the account has a hierarchical namespace, which lists folder by folder. False if that is refused."""
        query = [("comp", "properties"), ("restype", "account")]
        try:
            answer = self._http.send("GET", self._http.container_path, asked=self._asked, query=query)
        except StorageError:
            return False  # if the server is unreachable, the listing reports it
        self._http.discard(answer)
        hierarchical = answer.headers.get("x-ms-is-hns-enabled", "").strip().lower() == "true"
        return answer.status == HTTPStatus.OK and hierarchical


def url_of(location: Location, config: AzureConfig) -> str:
    """The address of the account of `location`. Raises SettingsError if the credentials are of another one."""
    account = account_of(location)
    if config.account is not None and config.account != account:
        raise SettingsError(
            f"The credentials are of the storage account {config.account}, and {location.uri} is in {account}.",
            "Use credentials of this account, or correct the address.",
        )
    return account_url(account, config.endpoint, config.origin)


def _version_query(key: str, version: Version) -> list[tuple[str, str]]:
    """The parameter that names a version. Raises ObjectGone for one without an id."""
    if version.id is None:
        raise_not_kept(repr(key))
    return [(_VERSION, version.id)]


def _check_key(key: str) -> None:
    """Raise ObjectGone for an invalid key without a request: the response of the server would be misleading."""
    try:
        key.encode()
    except UnicodeEncodeError:
        key = ""
    if not 1 <= len(key) <= KEY_CHARACTERS or "\0" in key:
        raise ObjectGone(f"{key!r} is not a valid key of a container.")
