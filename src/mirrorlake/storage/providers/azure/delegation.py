"""User delegation keys: what signs URLs when requests are authenticated by Microsoft Entra ID.

https://learn.microsoft.com/rest/api/storageservices/get-user-delegation-key
"""

from __future__ import annotations

import binascii
import threading
from base64 import b64decode
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from http import HTTPStatus

from mirrorlake.core.errors import StorageError
from mirrorlake.storage.http import ERROR_BYTES
from mirrorlake.storage.providers.azure.errors import RequestInfo, translate
from mirrorlake.storage.providers.azure.http import Http
from mirrorlake.storage.providers.azure.list_xml import read_xml
from mirrorlake.storage.providers.azure.signing import DelegationKey
from mirrorlake.storage.providers.azure.tokens import TokenSource

LIFE = timedelta(days=7)  # the longest that Azure permits
_EARLY = timedelta(minutes=5)  # the clocks of both machines may differ
_FORMAT = "%Y-%m-%dT%H:%M:%SZ"


class Delegation:
    """The current user delegation key of an account. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._key: DelegationKey | None = None
        self._end = datetime.min.replace(tzinfo=UTC)

    def current(self, http: Http, asked: RequestInfo, until: datetime) -> DelegationKey:
        """A key that is valid until then; requested if there is none. Raises StorageError."""
        with self._lock:
            if self._key is None or self._end < until:
                now = datetime.now(UTC)
                end = now + LIFE - _EARLY
                self._key = _requested(http, asked, now - _EARLY, end)
                self._end = end
            return self._key


@lru_cache(maxsize=64)
def delegation_of(tokens: TokenSource, url: str) -> Delegation:
    """The keys of the account at `url` that all stores of this process share: many live for one request only."""
    del tokens, url
    return Delegation()


def _requested(http: Http, asked: RequestInfo, start: datetime, end: datetime) -> DelegationKey:
    body = f"<KeyInfo><Start>{start:{_FORMAT}}</Start><Expiry>{end:{_FORMAT}}</Expiry></KeyInfo>".encode()
    answer = http.send(
        "POST",
        http.account_path,
        asked=asked,
        query=[("comp", "userdelegationkey"), ("restype", "service")],
        headers={"Content-Type": "application/xml"},
        body=body,
    )
    if answer.status != HTTPStatus.OK:
        raise translate(http.refusal(answer), asked)
    fields = read_xml(http.read(answer, asked=asked, limit=ERROR_BYTES)).fields
    try:
        return DelegationKey(
            object_id=fields["SignedOid"],
            tenant_id=fields["SignedTid"],
            start=fields["SignedStart"],
            expiry=fields["SignedExpiry"],
            service=fields["SignedService"],
            version=fields["SignedVersion"],
            key=b64decode(fields["Value"], validate=True),
        )
    except (KeyError, binascii.Error, ValueError) as error:
        raise StorageError(
            f"The server returned no key to sign URLs for {asked.what} with.", "Check the endpoint and any proxy."
        ) from error
