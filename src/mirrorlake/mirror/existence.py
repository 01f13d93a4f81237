"""Ask a source whether single objects are gone. Whatever is no clear answer is unknown, and unknown is not gone."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from enum import Enum
from typing import Protocol

from mirrorlake.core.columnar import column, equal_to
from mirrorlake.core.errors import AccessDenied, NoSuchBucket, ObjectGone, SourceUnreachable, StorageError, WrongRegion
from mirrorlake.model.objects import KeyRange
from mirrorlake.storage.base import Store
from mirrorlake.storage.listing import list_range

# They wait for the source, not for this machine: a proof over 20 ms of network costs it less than a millisecond.
MAX_PARALLEL_HEADS = 64
KEYS_AT_ONCE = 4096  # in the queue of the threads: a million moves must not all lie there
# Each unanswered request was already repeated with pauses: after so many in a row, the source is not asked again.
MAX_UNANSWERED = 32


class Proof(Enum):
    """What a source says of one key."""

    GONE = "gone"
    EXISTS = "stands"
    UNKNOWN = "unknown"
    ELSEWHERE = "elsewhere"  # the source is not the one that the key is known from


class KeyChecker(Protocol):
    """Says of keys whether their objects are gone."""

    def prove(self, keys: Iterable[str]) -> list[Proof]:
        """One answer for each key, in their order."""
        ...


class DryRunChecker:
    """What a dry run assumes: every key that a pass would ask for is gone. It asks the source nothing."""

    def __init__(self, *, elsewhere: bool = False) -> None:
        self._answer = Proof.ELSEWHERE if elsewhere else Proof.GONE
        self.asked = 0  # keys that a pass would ask the source for

    def prove(self, keys: Iterable[str]) -> list[Proof]:
        """The same answer for each key."""
        answers = [self._answer for _ in keys]
        if self._answer is Proof.GONE:
            self.asked += len(answers)
        return answers


class ExistenceChecker:
    """Asks one store. Thread-safe; an error that concerns more than one key (a bucket that is gone) is raised.

    `elsewhere` says that the store is not the one that earlier passes saw: a 404 there proves nothing, nor is it asked.
    """

    def __init__(self, store: Store, *, elsewhere: bool = False) -> None:
        self._store = store
        self._elsewhere = elsewhere
        self._lock = threading.Lock()
        self._unanswered = 0

    def prove(self, keys: Iterable[str]) -> list[Proof]:
        """What the source says of each key, in their order."""
        asked = list(keys)
        if not asked:
            return []
        if self._elsewhere:
            return [Proof.ELSEWHERE] * len(asked)
        with ThreadPoolExecutor(min(MAX_PARALLEL_HEADS, len(asked)), thread_name_prefix="head") as pool:
            parts = (asked[start : start + KEYS_AT_ONCE] for start in range(0, len(asked), KEYS_AT_ONCE))
            return [proof for part in parts for proof in pool.map(self._one, part)]

    def _one(self, key: str) -> Proof:
        if self._unanswered >= MAX_UNANSWERED:
            return Proof.UNKNOWN
        try:
            proof = self._by_head(key)
        except SourceUnreachable:
            with self._lock:
                self._unanswered += 1
            return Proof.UNKNOWN
        except (NoSuchBucket, WrongRegion):
            raise
        except StorageError:
            proof = Proof.UNKNOWN  # an answer about this key that says nothing of whether it stands
        with self._lock:
            self._unanswered = 0
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
        """Where a HEAD is not allowed: a listing of exactly this key, to its end, is as good."""
        scope = KeyRange(prefix=key, until=key if self._store.ordered else None)
        with closing(list_range(self._store, scope)) as listing:
            if any(equal_to(column(batch, "key"), key).any() for batch in listing):
                return Proof.EXISTS
            return Proof.UNKNOWN if listing.certificate().gaps else Proof.GONE
