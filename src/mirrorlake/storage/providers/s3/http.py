"""Signed S3 requests: every key is sent byte for byte, and nothing is retried."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import ModuleType
from urllib.parse import quote

import urllib3

from mirrorlake.core.errors import StorageError
from mirrorlake.storage.http import BODY_BYTES, BODY_S, HttpClient, NoAnswer, ResponseTooLong
from mirrorlake.storage.providers.s3.credentials import CredentialSource
from mirrorlake.storage.providers.s3.endpoint import Endpoint
from mirrorlake.storage.providers.s3.errors import RequestInfo, unreachable


class Http:
    """Sends signed requests for one bucket. Thread-safe; raises only our own errors."""

    def __init__(
        self, endpoint: Endpoint, region: str, source: CredentialSource | None, ca_bundle: str | None = None
    ) -> None:
        self.endpoint = endpoint
        self._region = region
        self._source = source
        self._client = HttpClient(endpoint.base, ca_bundle)

    def send(
        self,
        method: str,
        path: str,
        *,
        asked: RequestInfo,
        query: Sequence[tuple[str, str]] = (),
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
    ) -> urllib3.BaseHTTPResponse:
        """The status and headers of the response; `read` reads its body. `query` must be sorted by name."""
        target = path + ("?" + "&".join(f"{n}={quote(v, safe='-_.~')}" for n, v in query) if query else "")
        signed = self._sign(method, target, self._client.headers(headers or {}), body)
        try:
            return self._client.send(method, target, signed, body)
        except NoAnswer as error:
            raise unreachable(asked, str(error)) from error

    def read(
        self,
        answer: urllib3.BaseHTTPResponse,
        *,
        asked: RequestInfo,
        limit: int = BODY_BYTES,
        deadline_s: float = BODY_S,
        too_long: StorageError | None = None,
    ) -> bytes:
        """The remaining body of a response; the connection is returned to the pool.

        Raises `too_long` for a body of more than `limit` bytes, if it is given.
        """
        try:
            return self._client.read(answer, limit=limit, deadline_s=deadline_s)
        except NoAnswer as error:
            if too_long is not None and isinstance(error, ResponseTooLong):
                raise too_long from error
            raise unreachable(asked, str(error)) from error

    def discard(self, answer: urllib3.BaseHTTPResponse) -> None:
        """Release the connection of a response that was not read completely."""
        self._client.discard(answer)

    def presign(self, path: str, expires_s: int) -> str:
        """A URL that permits anyone to GET `path` for `expires_s` seconds."""
        url = self.endpoint.base + path
        if self._source is None:
            return url
        signed: str = _signing().signed_url(url, self._source.current(), self._region, expires_s)
        return signed

    def close(self) -> None:
        """Close all connections."""
        self._client.close()

    def _sign(self, method: str, target: str, headers: dict[str, str], body: bytes | None) -> dict[str, str]:
        if self._source is None:
            return headers
        url = self.endpoint.base + target
        signed: dict[str, str] = _signing().signed_headers(
            method, url, headers, self._source.current(), self._region, body=body
        )
        return signed


def _signing() -> ModuleType:
    """The module is loaded for the first request that we sign: workers read through obstore, which signs on its own."""
    from mirrorlake.storage.providers.s3 import signing  # noqa: PLC0415  loads botocore

    return signing
