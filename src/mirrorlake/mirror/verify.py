"""Check catalog rows against their source, object by object. Writes nothing.

known rows ─▶ HEAD each ─▶ compare ─▶ (GET those in step, compare digests) ─▶ differences in rows that did not change
meanwhile ─▶ findings
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

import pyarrow as pa
from blake3 import blake3

from mirrorlake.catalog import verifying
from mirrorlake.catalog.verifying import Remembered
from mirrorlake.core.errors import (
    NoSuchBucket,
    ObjectChanged,
    ObjectGone,
    ObjectTooLarge,
    SourceUnreachable,
    StorageError,
    WrongRegion,
)
from mirrorlake.core.text import count_noun
from mirrorlake.mirror.cancellation import CancelCheck, never_cancelled
from mirrorlake.mirror.circuit_breaker import CircuitBreaker
from mirrorlake.mirror.counters import Counters
from mirrorlake.mirror.existence import MAX_PARALLEL_HEADS
from mirrorlake.mirror.glob_files import read_rules
from mirrorlake.mirror.identity import read_root
from mirrorlake.mirror.run import open_metered, store_config
from mirrorlake.mirror.thumbnails import Thumbnails
from mirrorlake.model.objects import STANDING_STATES, KnownState, ObjectInfo
from mirrorlake.model.sources import Datasource
from mirrorlake.model.verification import DriftKind, Finding
from mirrorlake.plan.update_policy import UpdatePolicy, update_policy
from mirrorlake.postgres.pool import Catalog
from mirrorlake.processing.budget import ByteBudget
from mirrorlake.processing.store_factory import StoreFactory
from mirrorlake.select.rules import Rules
from mirrorlake.storage.base import Store

T = TypeVar("T")

CONTENT_ROWS = 128  # objects per batch if their content is read: a batch is one step of the progress
CONTENT_THREADS = 16
CONTENT_BYTES = 256 << 20  # read and not yet hashed

_Answer = ObjectInfo | StorageError


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedBatch:
    """The number of objects checked in one batch, and the findings."""

    objects: int
    findings: tuple[Finding, ...]


def verify(
    source: Datasource,
    catalog: Catalog,
    thumbnails: Thumbnails,
    counters: Counters,
    *,
    sample: int | None,
    content: bool = False,
    store_factory: StoreFactory | None = None,
    check: CancelCheck = never_cancelled,
) -> Iterator[VerifiedBatch]:
    """Check `sample` random objects of a datasource, or all (None), in batches of bounded size.

    With `content`, objects in step are also read, except those that are never read again, and their bytes compared with
    the digests of their assets. Sidecars are not checked. Raises StorageError if the source as a whole cannot be
    reached, and any error of `check`.
    """
    doubts = read_root(source, catalog).doubts
    if doubts.any:
        raise StorageError(" ".join(doubts.reasons), "Check what is mounted there.")
    with (
        open_metered(store_factory or store_config(source), counters, check) as store,
        ThreadPoolExecutor(MAX_PARALLEL_HEADS, "head") as threads,
    ):
        rules, _ = read_rules(source, store, catalog, known_id=source.id)
        comparer = _ObjectComparer(source, rules, update_policy([rule.config for rule in rules.rules]))
        client = _SourceClient(store)
        rows = CONTENT_ROWS if content else verifying.ROWS
        batches = (
            verifying.read_objects(catalog, source.id, rows=rows)
            if sample is None
            else verifying.sample_objects(catalog, source.id, sample, rows=rows)
        )
        for batch in batches:
            found, in_step = comparer.compare(batch, threads.map(client.head, [each.key for each in batch]))
            if content:
                found += _compare_content(source, in_step, client)
            yield VerifiedBatch(
                objects=len(batch),
                findings=(
                    *_drop_outdated(catalog, source, batch, found),
                    *_find_missing_thumbnails(source, batch, thumbnails),
                ),
            )


class _SourceClient:
    """Makes requests for single objects to one store. Thread-safe; stops if the source does not answer."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._breaker = CircuitBreaker()

    def head(self, key: str) -> _Answer:
        """The facts of an object."""
        return self._ask(lambda: self._store.head(key))

    def digest(self, one: Remembered) -> bytes | StorageError:
        """The digest of an object's bytes, if it still has its token."""
        return self._ask(lambda: blake3(self._store.get(one.key, token=one.token, limit=one.size).data).digest())

    def _ask(self, request: Callable[[], T]) -> T | StorageError:
        outage = self._breaker.error()
        if outage is not None:
            raise outage
        try:
            answer: T | StorageError = request()
        except SourceUnreachable as error:
            self._breaker.count(error.message)
            return error
        except (NoSuchBucket, WrongRegion):
            raise
        except StorageError as error:  # about this object, such as one that is archived
            answer = error
        self._breaker.count(None)
        return answer


@dataclass(frozen=True, slots=True)
class _ObjectComparer:
    """Compares catalog rows with the state of the source, by the rules of the datasource."""

    source: Datasource
    rules: Rules
    frozen: UpdatePolicy

    def compare(self, batch: list[Remembered], answers: Iterable[_Answer]) -> tuple[list[Finding], list[Remembered]]:
        """The differences, and the objects that are in step and may be read."""
        places = self.rules.governing(pa.array([one.key for one in batch], pa.string()))
        kept = self.frozen.image(pa.array(places))
        found: list[Finding] = []
        in_step: list[Remembered] = []
        for one, answer, taken, frozen in zip(batch, answers, places >= 0, kept, strict=True):
            drift = _compare_object(one, answer, taken=bool(taken), frozen=bool(frozen))
            if drift is not None:
                found.append(_make_finding(self.source, one, *drift))
            elif one.state is KnownState.PRESENT and not frozen:
                in_step.append(one)
        return found, in_step


def _compare_object(one: Remembered, answer: _Answer, *, taken: bool, frozen: bool) -> tuple[DriftKind, str] | None:
    present = one.state in STANDING_STATES
    match answer:
        case ObjectGone():
            return (DriftKind.GONE, "its object is gone") if present else None
        case StorageError():
            return DriftKind.UNKNOWN, answer.message
        case ObjectInfo():
            if not present:  # an object that no pattern selects may exist
                return (DriftKind.BACK, "it had vanished, but exists again") if taken else None
            if frozen and one.state is KnownState.PRESENT:
                return None  # it is never read again, whatever its bytes are
            if answer.size == one.size and answer.is_version(one.token):
                return None
            return (
                DriftKind.CHANGED,
                f"{count_noun(answer.size, 'byte')} with token {answer.token}, not {one.size:,} with {one.token}",
            )


def _compare_content(source: Datasource, batch: list[Remembered], client: _SourceClient) -> Iterator[Finding]:
    """Read objects whole, as many at a time as fit into memory, and compare their digests."""
    budget = ByteBudget(CONTENT_BYTES)

    def read(one: Remembered, bytes_taken: int) -> bytes | StorageError:
        try:
            return client.digest(one)
        finally:
            budget.give_back(bytes_taken)

    with ThreadPoolExecutor(CONTENT_THREADS, "content") as threads:
        pending: list[tuple[Remembered, Future[bytes | StorageError]]] = [
            (one, threads.submit(read, one, budget.take(one.size))) for one in batch if one.content is not None
        ]
        for one, future in pending:
            drift = _compare_digest(one, future.result())
            if drift is not None:
                yield _make_finding(source, one, *drift)


def _compare_digest(one: Remembered, answer: bytes | StorageError) -> tuple[DriftKind, str] | None:
    match answer:
        case ObjectGone():
            return DriftKind.GONE, "its object is gone"
        case ObjectChanged() | ObjectTooLarge():
            return DriftKind.CHANGED, "it changed during the verification"
        case StorageError():
            return DriftKind.UNKNOWN, answer.message
        case bytes():
            if answer == one.content:
                return None
            return DriftKind.CONTENT, f"its bytes differ from those that were read with token {one.token}"


def _drop_outdated(
    catalog: Catalog, source: Datasource, batch: list[Remembered], found: list[Finding]
) -> Iterator[Finding]:
    """Exclude rows that a pass changed between reading the catalog and checking the source."""
    before = {one.key: one for one in batch}
    now = verifying.reread_objects(catalog, source.id, [finding.key for finding in found])
    return (finding for finding in found if now.get(finding.key) == before[finding.key])


def _find_missing_thumbnails(source: Datasource, batch: list[Remembered], thumbnails: Thumbnails) -> Iterator[Finding]:
    places = thumbnails.locate({one.thumbnail for one in batch if one.thumbnail is not None})
    for one in batch:
        name = one.thumbnail
        if name is not None and thumbnails.read_at(name, places.get(name)) is None:
            yield _make_finding(source, one, DriftKind.THUMBNAIL, "its thumbnail is missing from the library store")


def _make_finding(source: Datasource, one: Remembered, drift: DriftKind, reason: str) -> Finding:
    return Finding(datasource=source.name, key=one.key, asset_id=one.asset_id, drift=drift, reason=reason)
