"""Record requests that presented an invalid key: few of many, because anybody can send as many as they like.

One of an address is recorded in a minute, and few of all addresses. The others are counted, and the next record has
their number: whatever is sent needs little room, and no statement for each request.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Final

from mirrorlake.catalog import api_keys
from mirrorlake.catalog.activity import record_alone
from mirrorlake.model.access import Actor, ActorKind, Context
from mirrorlake.model.activity import Action, Subject
from mirrorlake.postgres.pool import Catalog
from mirrorlake.services.admission import Credential
from mirrorlake.services.api_keys import KEY, digest_of
from mirrorlake.services.callers import STRANGER
from mirrorlake.services.sign_in import network_of

ADDRESSES_A_MINUTE: Final = 10
_MINUTE_S: Final = 60.0
_PATH_CHARACTERS: Final = 200


class KeyRefusals:
    """Which requests with an invalid key are recorded. Thread-safe."""

    def __init__(self, catalog: Catalog, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._catalog = catalog
        self._clock = clock
        self._begun = clock()
        self._recorded: set[str] = set()  # addresses in this minute
        self._others = 0  # since the last record, of all addresses
        self._lock = threading.Lock()

    def count(self, address: str | None) -> int | None:
        """Count a request from this address: the number of those to name with it, or None if it is not recorded."""
        network, now = network_of(address), self._clock()
        with self._lock:
            if now - self._begun >= _MINUTE_S:
                self._begun = now
                self._recorded.clear()
            if network in self._recorded or len(self._recorded) >= ADDRESSES_A_MINUTE:
                self._others += 1
                return None
            self._recorded.add(network)
            others, self._others = self._others, 0
            return others

    def record(self, credential: Credential, *, method: str, path: str, others: int) -> None:
        """Record a request with an invalid key, and `others` that were not recorded.

        A key that was revoked or has expired is named in its own workspace; what is no key may be a password.
        """
        details: dict[str, object] = {"method": method, "path": path[:_PATH_CHARACTERS], "reason": "unknown key"}
        if others:
            details["more"] = others
        found = None
        if KEY.fullmatch(credential.secret):
            found = api_keys.find_invalid(self._catalog, digest_of(credential.secret))
        if found is None:
            caller, subject = Context(actor=STRANGER, permissions=frozenset(), address=credential.address), "unknown"
        else:
            caller = Context(
                actor=Actor(kind=ActorKind.KEY, name=f"key {found.name}"),
                workspace=found.workspace,
                permissions=frozenset(),
                address=credential.address,
                credential=found.prefix,
            )
            subject = found.name
            details["reason"] = found.reason
        catalog = self._catalog.in_schema(None if found is None else found.schema)
        record_alone(catalog, caller, Action.REQUEST, Subject.API_KEY, subject, details=details, refused=True)
