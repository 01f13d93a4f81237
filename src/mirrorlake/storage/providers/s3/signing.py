"""Signatures of version 4, by botocore, which is slow to load: see http.py."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from botocore.auth import S3SigV4Auth, S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import ReadOnlyCredentials

from mirrorlake.storage.providers.s3.credentials import Keys


def signed_headers(
    method: str, url: str, headers: Mapping[str, str], keys: Keys, region: str, *, body: bytes | None = None
) -> dict[str, str]:
    """`headers` with the signature of the method, the address, the headers and the body."""
    request = AWSRequest(method=method, url=url, headers=headers, data=body)
    S3SigV4Auth(_credentials(keys), "s3", region).add_auth(request)
    return dict(cast("Mapping[str, str]", request.headers).items())


def signed_url(url: str, keys: Keys, region: str, expires_s: int) -> str:
    """A URL that permits anyone to GET for `expires_s` seconds."""
    request = AWSRequest(method="GET", url=url)
    S3SigV4QueryAuth(_credentials(keys), "s3", region, expires=expires_s).add_auth(request)
    return cast("str", request.url)


def _credentials(keys: Keys) -> ReadOnlyCredentials:
    return ReadOnlyCredentials(keys.access_key, keys.secret_key, keys.token)
