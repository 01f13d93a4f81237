"""Check the abilities of a connection over the contracts of stores: one row for each, tried with a real request.

    list ─▶ reach endpoint, authenticate, list ─▶ head, get ─▶ signed addresses ─▶ a match ─▶ put, delete

Nothing in a source is changed, except one test file where writing was chosen.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from typing import Any, cast

import pyarrow as pa

from mirrorlake.connections.checks.diagnose import diagnose
from mirrorlake.connections.checks.presigned import OK, PARTIAL, Fetch, fetcher, ignored_range, no_cors, refusal_of
from mirrorlake.connections.checks.symptom import Ability, Subject, symptom_of
from mirrorlake.core.errors import OPEN_ROLE, NoSuchBucket, ServerAnswer, SourceUnreachable, StorageError, WrongRegion
from mirrorlake.model.connections import AbilityCheck, ConnectionKind
from mirrorlake.model.objects import KeyRange
from mirrorlake.storage.base import Store
from mirrorlake.storage.connections import ForbiddenAddress
from mirrorlake.storage.writable import WritableStore

GET_BYTES = 8 << 20  # the largest object that is read as a whole
PRESIGN_S = 60
PAGES = 5  # of the listing that are searched for a match
TEST_FOLDER = ".mirrorlake"  # runs leave out what mirrorlake itself writes there
TEST_BYTES = b"mirrorlake tests whether it may write here. This file can be deleted.\n"
# Codes that mean that the server does not know the caller, whatever the request was.
_UNAUTHENTICATED = frozenset(
    {"InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken", "ExpiredTokenException", "InvalidToken",
     "InvalidClientTokenId", "UnrecognizedClientException", "TokenRefreshRequired", "RequestTimeTooSkewed",
     "RequestExpired", "AuthenticationFailed", "InvalidAuthenticationInfo", "NoAuthenticationInformation",
     "KeyBasedAuthenticationNotPermitted", "invalid_grant", "invalid_client", "unauthorized_client",
     "NotSignedUp", "UserSuspended"}
)  # fmt: skip
_UNAUTHORIZED = 401

Picker = Callable[[pa.RecordBatch], str | None]  # a key of a page that the patterns of a datasource select


@dataclass(kw_only=True)
class Target:
    """What is checked, and with what."""

    subject: Subject
    store: Store
    writable: Callable[[], WritableStore] | None = None  # where writing was chosen: the same scope
    reopen: Callable[[str], Store] | None = None  # the store in another region
    fetch: Fetch = field(default_factory=fetcher)
    pick: Picker | None = None  # None: every object matches
    known_key: str | None = None  # an object to read where the listing is refused or empty
    same_prefix: str = ""  # what the keys of the store have before those of `writable`


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sample:
    """An object of the listing."""

    key: str
    token: str | None
    size: int = 0  # bytes; 0: unknown
    archived: bool = False  # perhaps: it has another storage class than most


class AbilityChecker:
    """Runs the checks of one connection once; `region` is what the server corrected, if it did."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._worked: frozenset[Ability] = frozenset()
        self.region: str | None = None

    def rows(self) -> Iterator[AbilityCheck]:
        """All rows, each as soon as it is known. Raises no StorageError."""
        pages = yield from self._list()
        if pages is None and Ability.REACH not in self._worked:
            yield from self._skip("the endpoint cannot be reached", Ability.AUTHENTICATE, Ability.LIST)
        elif Ability.AUTHENTICATE not in self._worked:
            yield from self._skip("the connection does not authenticate", Ability.LIST)
        if Ability.AUTHENTICATE not in self._worked:
            yield from self._skip("the connection does not authenticate", *_OBJECTS, Ability.PUT, Ability.DELETE)
            return
        sample, match = self._choose(pages or [])
        yield from self._read(sample)
        yield self._match(match, pages or [])
        yield from self._write()

    def _list(self) -> Generator[AbilityCheck, None, list[pa.RecordBatch] | None]:
        """The first pages of the listing; None if it was refused."""
        target = self._target
        try:
            pages = self._pages()
        except WrongRegion as error:
            corrected = self._correct_region(error)
            yield from self._accepted()
            if corrected is None:
                yield self._failed(Ability.REGION, error)
                yield from self._skip("the bucket is in another region", Ability.LIST)
                return None
            yield corrected
            try:
                pages = self._pages()
            except StorageError as second:
                yield from self._refused(second)
                return None
        except StorageError as error:
            yield from self._refused(error)
            return None
        yield from self._accepted()
        count = sum(page.num_rows for page in pages)
        yield self._passed(Ability.LIST, f"{target.subject.address} was listed: {count:,} objects on the first pages.")
        return pages

    def _pages(self) -> list[pa.RecordBatch]:
        scope = KeyRange(prefix=self._target.subject.prefix)
        page = self._target.store.list_page(scope, None)
        pages = [page.batch]
        while page.cursor is not None and len(pages) < PAGES and not self._complete(pages):
            page = self._target.store.list_page(scope, page.cursor)
            pages.append(page.batch)
        return pages

    def _complete(self, pages: list[pa.RecordBatch]) -> bool:
        pick = self._target.pick
        if pick is None:
            return any(page.num_rows for page in pages)
        return any(pick(page) is not None for page in pages)

    def _correct_region(self, error: WrongRegion) -> AbilityCheck | None:
        region = "" if error.answer is None else error.answer.region
        if not region or self._target.reopen is None:
            return None
        self._target.store.close()
        self._target.store = self._target.reopen(region)
        former = self._target.subject.region
        self._target.subject = replace(self._target.subject, region=region)
        self.region = region
        return self._passed(
            Ability.REGION, f"The bucket is in {region}, not in {former}: the connection's region was corrected."
        )

    def _reached(self) -> Iterator[AbilityCheck]:
        if Ability.REACH not in self._worked:
            where = self._target.store.server or self._target.subject.address
            yield self._passed(Ability.REACH, f"{where} answers.")

    def _accepted(self) -> Iterator[AbilityCheck]:
        yield from self._reached()
        if Ability.AUTHENTICATE not in self._worked:
            yield self._passed(Ability.AUTHENTICATE, "The server accepts the credentials.")
            if self._target.subject.kind is ConnectionKind.AWS_ROLE:
                role = self._target.subject.role_arn
                yield self._passed(
                    Ability.EXTERNAL_ID, f"{role} can be assumed only with this connection's external id."
                )

    def _refused(self, error: StorageError) -> Iterator[AbilityCheck]:
        """The rows of a listing that failed: the first ability that lacks explains the others."""
        if isinstance(error, SourceUnreachable | ForbiddenAddress):
            yield self._failed(Ability.REACH, error)
            return
        yield from self._reached()
        answer = error.answer
        if answer is not None and answer.code == OPEN_ROLE:
            yield self._failed(Ability.EXTERNAL_ID, error)
            return
        # Without an answer, the credentials themselves could not be obtained; a missing folder is not their fault.
        if isinstance(error, NoSuchBucket):
            self._target.known_key = None
        elif answer is None or _is_unauthenticated(answer):
            yield self._failed(Ability.AUTHENTICATE, error)
            return
        yield from self._accepted()
        yield self._failed(Ability.LIST, error)

    def _choose(self, pages: list[pa.RecordBatch]) -> tuple[_Sample | None, str | None]:
        """A small object to read, and a key that the patterns select."""
        pick = self._target.pick
        match = next((key for key in map(pick, pages) if key is not None), None) if pick is not None else None
        samples = [sample for page in pages for sample in _samples(page)]
        if match is not None:
            samples = [sample for sample in samples if sample.key == match] or samples
        readable = [sample for sample in samples if sample.size]
        if readable:
            return min(readable, key=lambda sample: (sample.archived, sample.size)), match
        known = self._target.known_key
        return (None if known is None else _Sample(key=known, token=None)), match

    def _read(self, sample: _Sample | None) -> Iterator[AbilityCheck]:
        if sample is None:
            listed = Ability.LIST in self._worked
            why = "there is no object below the prefix" if listed else "no object is known without a listing"
            yield from self._skip(why, *_OBJECTS[:-1])
            return
        store, key = self._target.store, sample.key
        yield self._try(Ability.HEAD, lambda: f"{store.head(key).size:,} bytes.", key)
        if sample.size > GET_BYTES:
            yield from self._skip(f"the smallest object has {sample.size:,} bytes", Ability.GET)
        else:
            yield self._try(Ability.GET, lambda: self._get(sample), key)
        yield self._try(Ability.RANGE, lambda: self._get_range(key), key)
        yield self._try(Ability.PRESIGNED, lambda: self._get_presigned(key), key)

    def _get(self, sample: _Sample) -> str:
        body = self._target.store.get(sample.key, token=sample.token, limit=GET_BYTES)
        return f"{len(body.data):,} bytes were read."

    def _get_range(self, key: str) -> str | None:
        url = self._target.store.presign(key, PRESIGN_S)
        if url is None:
            return None
        fetched = self._target.fetch(url, {"Range": "bytes=0-0"})
        if fetched.status == PARTIAL:
            return "One byte was read through a signed address."
        if fetched.status == OK:
            raise ignored_range(fetched.status, len(fetched.body))
        raise refusal_of(fetched, key)

    def _get_presigned(self, key: str) -> str | None:
        url = self._target.store.presign(key, PRESIGN_S)
        if url is None:
            return None
        origin = self._target.subject.origin
        fetched = self._target.fetch(url, {"Origin": origin, "Range": "bytes=0-0"})
        if fetched.status not in (OK, PARTIAL):
            raise refusal_of(fetched, key)
        if fetched.allowed_origin not in ("*", origin):
            raise no_cors(origin, fetched.allowed_origin)
        return f"Pages of {origin} may read originals."

    def _match(self, match: str | None, pages: list[pa.RecordBatch]) -> AbilityCheck:
        if self._target.pick is None:
            return untried_row(Ability.MATCH, "no patterns are given, so every supported object matches")
        if match is None:
            count = sum(page.num_rows for page in pages)
            return untried_row(Ability.MATCH, f"none of the first {count:,} objects matches the patterns")
        return self._try(Ability.MATCH, lambda: f"{self._target.store.head(match).size:,} bytes.", match)

    def _write(self) -> Iterator[AbilityCheck]:
        if self._target.writable is None:
            yield from self._skip("writing was not chosen for this connection", Ability.PUT, Ability.DELETE)
            return
        key = f"{TEST_FOLDER}/permission-test-{uuid.uuid4().hex}"
        shown = self._target.same_prefix + key
        try:
            store = self._target.writable()
        except StorageError as error:
            yield self._failed(Ability.PUT, error, shown)
            yield from self._skip("nothing was written", Ability.DELETE)
            return
        with closing(store):
            put = self._try(Ability.PUT, lambda: _done(store.put(key, TEST_BYTES), "was written"), shown)
            yield put
            if put.ok:
                deleted = self._try(Ability.DELETE, lambda: _done(store.delete(key), "was deleted again"), shown)
                remains = "" if deleted.ok else f" The test file {shown} remains in the bucket: delete it."
                yield replace(deleted, message=deleted.message + remains)
            else:
                yield from self._skip("nothing was written", Ability.DELETE)

    def _try(self, ability: Ability, action: Callable[[], str | None], key: str) -> AbilityCheck:
        """The row of one action. None as its result: the source has no such ability."""
        try:
            message = action()
        except StorageError as error:
            return self._failed(ability, error, key)
        if message is None:
            return untried_row(ability, "this source has no signed addresses")
        return self._passed(ability, message, key)

    def _passed(self, ability: Ability, message: str, key: str | None = None) -> AbilityCheck:
        self._worked |= {ability}
        return AbilityCheck(check=ability.value, ok=True, message=message, key=key)

    def _failed(self, ability: Ability, error: StorageError, key: str | None = None) -> AbilityCheck:
        return failed_row(ability, error, self._target.subject, key=key, worked=self._worked)

    def _skip(self, why: str, *abilities: Ability) -> Iterator[AbilityCheck]:
        for ability in abilities:
            yield untried_row(ability, why)


_OBJECTS = (Ability.HEAD, Ability.GET, Ability.RANGE, Ability.PRESIGNED, Ability.MATCH)


def failed_row(
    ability: Ability,
    error: StorageError,
    subject: Subject,
    *,
    key: str | None = None,
    worked: frozenset[Ability] = frozenset(),
) -> AbilityCheck:
    """A red row: our message, the cloud's answer, the likely cause and the fix."""
    found = diagnose(symptom_of(error, ability, subject, key=key, worked=worked))
    return AbilityCheck(
        check=ability.value,
        ok=False,
        message=error.message if found is None else f"{error.message} {found.cause}",
        fix=(error.fix if found is None else found.fix) or None,
        key=key,
        error=None if error.answer is None else str(error.answer),
        cause=None if found is None else found.cause,
    )


def _is_unauthenticated(answer: ServerAnswer) -> bool:
    """Whether the server does not know the caller, whatever the request was."""
    if answer.service or answer.status == _UNAUTHORIZED or answer.code in _UNAUTHENTICATED:
        return True
    return "failed to authenticate" in answer.words.lower()  # Azure, under several codes


def untried_row(ability: Ability, why: str) -> AbilityCheck:
    """A row of an ability that was not tried."""
    return AbilityCheck(check=ability.value, ok=None, message=f"Not tried: {why}.")


def _done(_result: object, what: str) -> str:
    return f"A test file {what}."


def _samples(page: pa.RecordBatch) -> Iterator[_Sample]:
    names = ("key", "token", "size", "storage_class")
    for key, token, size, kind in zip(
        *(cast("list[Any]", page.column(name).to_pylist()) for name in names), strict=True
    ):
        yield _Sample(key=key, token=token, size=size, archived=kind not in (None, "STANDARD"))
