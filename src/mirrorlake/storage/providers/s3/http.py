"""Signed S3 requests over kept connections: every key goes onto the wire byte for byte, nothing is retried."""

from __future__ import annotations

import ssl
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any, cast
from urllib.parse import quote, urlsplit
from urllib.request import getproxies, proxy_bypass

import urllib3
from urllib3.exceptions import HTTPError, NewConnectionError

from mirrorlake.core.errors import MirrorlakeError, SettingsError
from mirrorlake.storage.providers.s3.credentials import CredentialSource
from mirrorlake.storage.providers.s3.endpoint import CONNECT_S, READ_S, CheckedHTTPPool, CheckedHTTPSPool, Endpoint
from mirrorlake.storage.providers.s3.errors import RequestInfo, unreachable

POOL = 64  # connections kept; more are opened when more threads ask
USER_AGENT = "mirrorlake"


class Http:
    """Sends signed requests for one bucket. Thread-safe; raises only errors of ours."""

    def __init__(
        self, endpoint: Endpoint, region: str, source: CredentialSource | None, ca_bundle: str | None = None
    ) -> None:
        self.endpoint = endpoint
        self._region = region
        self._source = source
        self._headers = {
            "Host": urlsplit(endpoint.base).netloc,
            "User-Agent": USER_AGENT,
            "Accept-Encoding": "identity",
        }
        self._manager = _manager(endpoint.base, ca_bundle)
        self._pool = self._manager.connection_from_url(endpoint.base)

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
        """The answer's head, its body still to be read with `read`. `query` must be sorted by name."""
        target = path + ("?" + "&".join(f"{n}={quote(v, safe='-_.~')}" for n, v in query) if query else "")
        signed = self._sign(method, target, headers or {}, body)
        try:
            return self._pool.urlopen(
                method,
                target,
                body=body,
                headers=signed,
                retries=False,
                redirect=False,
                preload_content=False,
                decode_content=False,
                assert_same_host=False,
            )
        except MirrorlakeError:
            raise
        except (HTTPError, OSError, ValueError) as error:
            raise unreachable(asked, _why(error)) from error

    def read(self, answer: urllib3.BaseHTTPResponse, *, asked: RequestInfo) -> bytes:
        """The rest of an answer's body; the connection goes back to the pool."""
        try:
            return answer.read()
        except (HTTPError, OSError) as error:
            raise unreachable(asked, _why(error)) from error

    def presign(self, path: str, expires_s: int) -> str:
        """A URL that lets whoever holds it GET `path` for `expires_s` seconds."""
        url = self.endpoint.base + path
        if self._source is None:
            return url
        signed: str = _signing().signed_url(url, self._source.current(), self._region, expires_s)
        return signed

    def close(self) -> None:
        """Close all connections."""
        self._manager.clear()

    def _sign(self, method: str, target: str, headers: Mapping[str, str], body: bytes | None) -> dict[str, str]:
        everything = {**self._headers, **headers}
        if self._source is None:
            return everything
        url = self.endpoint.base + target
        signed: dict[str, str] = _signing().signed_headers(
            method, url, everything, self._source.current(), self._region, body=body
        )
        return signed


def _signing() -> ModuleType:
    """Loaded with the first request that is signed here: workers read through obstore, which signs by itself."""
    from mirrorlake.storage.providers.s3 import signing  # noqa: PLC0415  loads botocore

    return signing


def _why(error: Exception) -> str:
    """The innermost cause in a person's words."""
    if isinstance(error, NewConnectionError) and error.__cause__ is not None:
        error = cast("Exception", error.__cause__)
    text = str(error) or type(error).__name__
    return text.rpartition(": ")[2] if isinstance(error, HTTPError) and ": " in text else text


def _manager(base: str, ca_bundle: str | None) -> urllib3.PoolManager:
    timeout = urllib3.Timeout(connect=CONNECT_S, read=READ_S)
    parts = urlsplit(base)
    proxy = None if proxy_bypass(parts.hostname or "") else getproxies().get(parts.scheme)
    context = _tls(ca_bundle) if parts.scheme == "https" else None
    if proxy:
        return urllib3.ProxyManager(proxy, maxsize=POOL, timeout=timeout, ssl_context=context)
    manager = urllib3.PoolManager(num_pools=2, maxsize=POOL, timeout=timeout, ssl_context=context)
    cast("Any", manager).pool_classes_by_scheme = {"http": CheckedHTTPPool, "https": CheckedHTTPSPool}
    return manager


def _tls(ca_bundle: str | None) -> ssl.SSLContext:
    """The system's authorities, and those of the AWS configuration's `ca_bundle`."""
    context = ssl.create_default_context()
    if ca_bundle:
        if not Path(ca_bundle).exists():
            raise SettingsError(f"The ca_bundle {ca_bundle} does not exist.", "Check AWS_CA_BUNDLE and ~/.aws/config.")
        try:
            context.load_verify_locations(ca_bundle)
        except (OSError, ssl.SSLError) as error:
            raise SettingsError(f"The ca_bundle {ca_bundle} cannot be used: {error}.", "Name a PEM file.") from error
    return context
