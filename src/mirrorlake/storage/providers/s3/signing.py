"""Signatures of version 4 for S3. Checked against the ones of botocore, which workers do not load: it is slow to load.

https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
"""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from urllib.parse import quote, urlsplit

from mirrorlake.storage.providers.s3.credentials import Keys

S3 = "s3"
_ALGORITHM = "AWS4-HMAC-SHA256"
_NOTHING = hashlib.sha256(b"").hexdigest()


def signed_headers(
    method: str,
    target: str,
    headers: Mapping[str, str],
    keys: Keys,
    region: str,
    *,
    body: bytes | None = None,
    service: str = S3,
    now: datetime | None = None,
) -> dict[str, str]:
    """`headers` with the signature of the method, the target, the host, the headers of AWS and the body.

    `target` is the path and query as they are sent: percent-encoded once, the query sorted by name. `headers` must
    contain Host. Proxies may change the other headers, so they are not signed.
    """
    signer = _Signer.at(now, keys, region, service)
    sent = {
        **headers,
        "x-amz-date": signer.time,
        "x-amz-content-sha256": hashlib.sha256(body).hexdigest() if body else _NOTHING,
    }
    if keys.token is not None:
        sent["x-amz-security-token"] = keys.token
    signed = {name.lower(): value.strip() for name, value in sent.items()}
    signed = {name: signed[name] for name in sorted(signed) if name == "host" or name.startswith("x-amz-")}
    sent["Authorization"] = (
        f"{_ALGORITHM} Credential={keys.access_key}/{signer.scope}, SignedHeaders={';'.join(signed)}, "
        f"Signature={signer.sign(method, target, signed, sent['x-amz-content-sha256'])}"
    )
    return sent


def signed_url(
    url: str,
    keys: Keys,
    region: str,
    expires_s: int,
    *,
    more: Mapping[str, str] | None = None,
    now: datetime | None = None,
) -> str:
    """`url`, which has no query, with a signature that permits anyone to GET it for `expires_s` seconds.

    `more` are further parameters that are signed; their names sort after `X-Amz`.
    """
    signer = _Signer.at(now, keys, region)
    pairs = {
        "X-Amz-Algorithm": _ALGORITHM,
        "X-Amz-Credential": f"{keys.access_key}/{signer.scope}",
        "X-Amz-Date": signer.time,
        "X-Amz-Expires": str(expires_s),
        **({} if keys.token is None else {"X-Amz-Security-Token": keys.token}),
        "X-Amz-SignedHeaders": "host",
        **(more or {}),
    }
    query = "&".join(f"{name}={quote(value, safe='-_.~')}" for name, value in pairs.items())
    host = urlsplit(url).netloc
    target = url.partition(host)[2] + "?" + query
    signature = signer.sign("GET", target, {"host": host}, "UNSIGNED-PAYLOAD")
    return f"{url}?{query}&X-Amz-Signature={signature}"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Signer:
    """The keys, at one time in one region."""

    keys: Keys
    region: str
    time: str
    service: str = S3

    @classmethod
    def at(cls, now: datetime | None, keys: Keys, region: str, service: str = S3) -> _Signer:
        moment = time.gmtime() if now is None else now.timetuple()
        return cls(keys=keys, region=region, time=time.strftime("%Y%m%dT%H%M%SZ", moment), service=service)

    @property
    def scope(self) -> str:
        return f"{self.time[:8]}/{self.region}/{self.service}/aws4_request"

    def sign(self, method: str, target: str, headers: Mapping[str, str], payload: str) -> str:
        """The signature of a request with these headers, whose names are sorted and in lower case."""
        path, _, query = target.partition("?")
        lines = [method, path, query, *(f"{name}:{value}" for name, value in headers.items()), ""]
        canonical = "\n".join([*lines, ";".join(headers), payload])
        text = f"{_ALGORITHM}\n{self.time}\n{self.scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
        key = _day_key(self.keys.secret_key, self.time[:8], self.region, self.service)
        return hmac.digest(key, text.encode(), "sha256").hex()


@lru_cache(maxsize=64)
def _day_key(secret: str, day: str, region: str, service: str) -> bytes:
    key = f"AWS4{secret}".encode()
    for part in (day, region, service, "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key
