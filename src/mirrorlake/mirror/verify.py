"""Check catalog rows against their source, object by object. Writes nothing.

known rows ─▶ HEAD each ─▶ compare ─▶ differences in rows that did not change meanwhile ─▶ findings
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pyarrow as pa

from mirrorlake.catalog import verifying
from mirrorlake.catalog.verifying import Remembered
from mirrorlake.core.errors import AccessDenied, ObjectGone, SourceUnreachable, StorageError
from mirrorlake.core.text import count_noun
from mirrorlake.mirror.cancellation import CancelCheck, never_cancelled
from mirrorlake.mirror.counters import Counters
from mirrorlake.mirror.existence import MAX_PARALLEL_HEADS, MAX_UNANSWERED
from mirrorlake.mirror.glob_files import read_rules
from mirrorlake.mirror.pass_plan import find_root
from mirrorlake.mirror.removal import OTHER_ROOT
from mirrorlake.mirror.run import open_metered, store_config
from mirrorlake.model.objects import KnownState, ObjectInfo
from mirrorlake.model.sources import Datasource
from mirrorlake.model.verification import DriftKind, Finding
from mirrorlake.plan.update_policy import UpdatePolicy, update_policy
from mirrorlake.postgres.pool import Catalog
from mirrorlake.processing.store_factory import StoreFactory
from mirrorlake.processing.thumbnails import Thumbnails
from mirrorlake.select.rules import Rules
from mirrorlake.storage.base import Store

_PRESENT_STATES = (KnownState.PRESENT, KnownState.REFUSED)

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
    store_factory: StoreFactory | None = None,
    check: CancelCheck = never_cancelled,
) -> Iterator[VerifiedBatch]:
    """Check `sample` random objects of a datasource, or all (None), in batches of bounded size.

    Sidecars are not checked. Raises StorageError if the source as a whole cannot be reached, and any error of `check`.
    """
    root = find_root(source, catalog)
    if root.other:
        raise StorageError(OTHER_ROOT, "Check what is mounted there.")
    with (
        open_metered(store_factory or store_config(source), counters, check) as store,
        ThreadPoolExecutor(MAX_PARALLEL_HEADS, "head") as threads,
    ):
        rules, _ = read_rules(source, store, catalog, known_id=source.id)
        comparer = _ObjectComparer(source, rules, update_policy([rule.config for rule in rules.rules]))
        client = _HeadClient(store)
        batches = (
            verifying.read_objects(catalog, source.id)
            if sample is None
            else verifying.sample_objects(catalog, source.id, sample)
        )
        for batch in batches:
            found = comparer.findings(batch, threads.map(client.one, [each.key for each in batch]))
            yield VerifiedBatch(
                objects=len(batch),
                findings=(
                    *_drop_outdated(catalog, source, batch, found),
                    *_find_missing_thumbnails(source, batch, thumbnails),
                ),
            )


class _HeadClient:
    """Makes HEAD requests to one store. Thread-safe; stops if the source does not answer."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._unanswered = 0

    def one(self, key: str) -> _Answer:
        if self._unanswered >= MAX_UNANSWERED:
            raise SourceUnreachable(
                f"The source did not answer {MAX_UNANSWERED} times in a row.", "Try again when it is reachable."
            )
        try:
            answer: _Answer = self._store.head(key)
        except (ObjectGone, AccessDenied) as error:
            answer = error
        except SourceUnreachable as error:
            with self._lock:
                self._unanswered += 1
            return error
        with self._lock:
            self._unanswered = 0
        return answer


@dataclass(frozen=True, slots=True)
class _ObjectComparer:
    """Compares catalog rows with the state of the source, by the rules of the datasource."""

    source: Datasource
    rules: Rules
    frozen: UpdatePolicy

    def findings(self, batch: list[Remembered], answers: Iterable[_Answer]) -> list[Finding]:
        places = self.rules.governing(pa.array([one.key for one in batch], pa.string()))
        kept = self.frozen.image(pa.array(places))
        found: list[Finding] = []
        for one, answer, taken, frozen in zip(batch, answers, places >= 0, kept, strict=True):
            drift = _compare_object(one, answer, taken=bool(taken), frozen=bool(frozen))
            if drift is not None:
                found.append(_make_finding(self.source, one, *drift))
        return found


def _compare_object(one: Remembered, answer: _Answer, *, taken: bool, frozen: bool) -> tuple[DriftKind, str] | None:
    present = one.state in _PRESENT_STATES
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


def _drop_outdated(
    catalog: Catalog, source: Datasource, batch: list[Remembered], found: list[Finding]
) -> Iterator[Finding]:
    """Exclude rows that a pass changed between reading the catalog and checking the source."""
    before = {one.key: one for one in batch}
    now = verifying.reread_objects(catalog, source.id, [finding.key for finding in found])
    return (finding for finding in found if now.get(finding.key) == before[finding.key])


def _find_missing_thumbnails(source: Datasource, batch: list[Remembered], thumbnails: Thumbnails) -> Iterator[Finding]:
    for one in batch:
        if one.digest is not None and not thumbnails.exists(one.digest):
            yield _make_finding(source, one, DriftKind.THUMBNAIL, "its thumbnail is missing from the library store")


def _make_finding(source: Datasource, one: Remembered, drift: DriftKind, reason: str) -> Finding:
    return Finding(datasource=source.name, key=one.key, asset_id=one.asset_id, drift=drift, reason=reason)
