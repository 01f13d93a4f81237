"""Ask a source whether what is remembered of it is still true, object by object. Writes nothing.

remembered ─▶ HEAD each ─▶ compare ─▶ what disagrees, once it is remembered unchanged ─▶ findings
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
from mirrorlake.mirror.counters import Counters
from mirrorlake.mirror.existence import HEADS_AT_ONCE, UNREACHABLE_IN_A_ROW
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

_STANDING = (KnownState.PRESENT, KnownState.REFUSED)

_Answer = ObjectInfo | StorageError


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """One batch: how many objects were asked for, and what disagrees."""

    objects: int
    findings: tuple[Finding, ...]


def verify(
    source: Datasource,
    catalog: Catalog,
    thumbnails: Thumbnails,
    tally: Counters,
    *,
    sample: int | None,
    opens: StoreFactory | None = None,
) -> Iterator[Verified]:
    """Ask for `sample` objects of a datasource chosen at random, or for all (None), in batches of bounded size.

    Sidecars are not asked for. Raises StorageError where the source as a whole cannot be asked.
    """
    root = find_root(source, catalog)
    if root.other:
        raise StorageError(OTHER_ROOT, "Check what is mounted there.")
    with (
        open_metered(opens or store_config(source), tally) as store,
        ThreadPoolExecutor(HEADS_AT_ONCE, "head") as threads,
    ):
        rules, _ = read_rules(source, store, catalog, known_id=source.id)
        comparing = _RangeScanner(source, rules, update_policy([rule.config for rule in rules.rules]))
        asking = _Asking(store)
        batches = (
            verifying.remembered(catalog, source.id)
            if sample is None
            else verifying.sampled(catalog, source.id, sample)
        )
        for batch in batches:
            found = comparing.findings(batch, threads.map(asking.one, [each.key for each in batch]))
            yield Verified(
                objects=len(batch),
                findings=(*_lasting(catalog, source, batch, found), *_without_thumbnail(source, batch, thumbnails)),
            )


class _Asking:
    """HEADs of one store. Thread-safe; gives up on a source that does not answer at all."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._unanswered = 0

    def one(self, key: str) -> _Answer:
        if self._unanswered >= UNREACHABLE_IN_A_ROW:
            raise SourceUnreachable(
                f"The source did not answer {UNREACHABLE_IN_A_ROW} times in a row.", "Try again when it can be reached."
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
class _RangeScanner:
    """What is remembered against what the source says, by the rules of the datasource."""

    source: Datasource
    rules: Rules
    frozen: UpdatePolicy

    def findings(self, batch: list[Remembered], answers: Iterable[_Answer]) -> list[Finding]:
        places = self.rules.governing(pa.array([one.key for one in batch], pa.string()))
        kept = self.frozen.image(pa.array(places))
        found: list[Finding] = []
        for one, answer, taken, frozen in zip(batch, answers, places >= 0, kept, strict=True):
            told = _compared(one, answer, taken=bool(taken), frozen=bool(frozen))
            if told is not None:
                found.append(_finding(self.source, one, *told))
        return found


def _compared(one: Remembered, answer: _Answer, *, taken: bool, frozen: bool) -> tuple[DriftKind, str] | None:
    standing = one.state in _STANDING
    match answer:
        case ObjectGone():
            return (DriftKind.GONE, "its object is gone") if standing else None
        case StorageError():
            return DriftKind.UNKNOWN, answer.message
        case ObjectInfo():
            if not standing:  # what no pattern takes any more may well stand
                return (DriftKind.BACK, "it had vanished, and stands again") if taken else None
            if frozen and one.state is KnownState.PRESENT:
                return None  # it is never read again, whatever stands there
            if (answer.token, answer.size) == (one.token, one.size):
                return None
            return (
                DriftKind.CHANGED,
                f"{count_noun(answer.size, 'byte')} with token {answer.token}, not {one.size:,} with {one.token}",
            )


def _lasting(catalog: Catalog, source: Datasource, batch: list[Remembered], found: list[Finding]) -> Iterator[Finding]:
    """Without what a pass took notice of between our look at the catalog and our look at the source."""
    before = {one.key: one for one in batch}
    now = verifying.again(catalog, source.id, [finding.key for finding in found])
    return (finding for finding in found if now.get(finding.key) == before[finding.key])


def _without_thumbnail(source: Datasource, batch: list[Remembered], thumbnails: Thumbnails) -> Iterator[Finding]:
    for one in batch:
        if one.digest is not None and not thumbnails.exists(one.digest):
            yield _finding(source, one, DriftKind.THUMBNAIL, "the library store has no thumbnail of it")


def _finding(source: Datasource, one: Remembered, drift: DriftKind, reason: str) -> Finding:
    return Finding(datasource=source.name, key=one.key, asset_id=one.asset_id, drift=drift, reason=reason)
