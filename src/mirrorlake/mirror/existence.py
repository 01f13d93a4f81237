"""Check whether single objects are gone. An unclear answer counts as unknown, and unknown never proves an absence."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from enum import Enum
from typing import Protocol

from mirrorlake.core.columnar import column, equal_to
from mirrorlake.core.errors import AccessDenied, NoSuchBucket, ObjectGone, SourceUnreachable, StorageError, WrongRegion
from mirrorlake.mirror.circuit_breaker import CircuitBreaker
from mirrorlake.model.objects import KeyRange
from mirrorlake.plan.identity import NO_DOUBTS, Doubts
from mirrorlake.storage.base import Store
from mirrorlake.storage.listing import list_range

# The threads wait for the network: a request of 20 ms takes less than a millisecond of this machine's time.
MAX_PARALLEL_HEADS = 64
KEYS_AT_ONCE = 4096  # queued for the threads at once: bounds memory when there are a million moves


class Proof(Enum):
    """The result of checking one key."""

    GONE = "gone"
    EXISTS = "exists"
    UNKNOWN = "unknown"
    ELSEWHERE = "elsewhere"  # the source is not the one in which the key was seen


class KeyChecker(Protocol):
    """Checks whether the objects of keys are gone."""

    def doubt(self, doubts: Doubts) -> None:
        """From now on, answer ELSEWHERE for the keys in doubt, without a request: a 404 for them proves nothing."""
        ...

    def prove(self, keys: Iterable[str]) -> list[Proof]:
        """The result for each key, in their order."""
        ...


class DryRunChecker:
    """The checker of a dry run: assumes that every checked key is gone, and makes no requests."""

    def __init__(self) -> None:
        self._doubts = NO_DOUBTS
        self.asked = 0  # keys that a pass would check

    def doubt(self, doubts: Doubts) -> None:
        """Answer ELSEWHERE for these keys."""
        self._doubts = doubts

    def prove(self, keys: Iterable[str]) -> list[Proof]:
        """GONE for each key that is not in doubt."""
        answers = [Proof.ELSEWHERE if self._doubts.cover(key) else Proof.GONE for key in keys]
        self.asked += answers.count(Proof.GONE)
        return answers


class ExistenceChecker:
    """Checks keys in one store. Thread-safe; an error that affects more than one key (a missing bucket) is raised."""

    def __init__(self, store: Store, doubts: Doubts = NO_DOUBTS) -> None:
        self._store = store
        self._doubts = doubts
        self._breaker = CircuitBreaker()

    def doubt(self, doubts: Doubts) -> None:
        """Make no requests for these keys."""
        self._doubts = doubts

    def prove(self, keys: Iterable[str]) -> list[Proof]:
        """The result for each key, in their order."""
        asked = list(keys)
        if not asked:
            return []
        with ThreadPoolExecutor(min(MAX_PARALLEL_HEADS, len(asked)), thread_name_prefix="head") as pool:
            parts = (asked[start : start + KEYS_AT_ONCE] for start in range(0, len(asked), KEYS_AT_ONCE))
            return [proof for part in parts for proof in pool.map(self._one, part)]

    def _one(self, key: str) -> Proof:
        if self._doubts.cover(key):
            return Proof.ELSEWHERE
        if self._breaker.error() is not None:
            return Proof.UNKNOWN
        try:
            proof = self._by_head(key)
        except SourceUnreachable as error:
            self._breaker.count(error.message)
            return Proof.UNKNOWN
        except (NoSuchBucket, WrongRegion):
            raise
        except StorageError:
            proof = Proof.UNKNOWN  # an answer, but not about whether the object exists
        self._breaker.count(None)
        return proof

    def _by_head(self, key: str) -> Proof:
        try:
            self._store.head(key)
        except ObjectGone:
            return Proof.GONE
        except AccessDenied:
            return self._by_listing(key)
        return Proof.EXISTS

    def _by_listing(self, key: str) -> Proof:
        """Check by a complete listing of exactly this key, for sources that deny HEAD."""
        scope = KeyRange(prefix=key, until=key if self._store.ordered else None)
        with closing(list_range(self._store, scope)) as listing:
            if any(equal_to(column(batch, "key"), key).any() for batch in listing):
                return Proof.EXISTS
            return Proof.UNKNOWN if listing.certificate().gaps else Proof.GONE
