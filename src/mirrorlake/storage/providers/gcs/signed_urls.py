"""Signed URLs of version 4: permit anyone to read one object for a while.

https://cloud.google.com/storage/docs/access-control/signing-urls-manually. The canonical request is that of AWS; the
algorithm and the scope differ, and a service account signs with its RSA key.
"""

from __future__ import annotations

import hashlib
import hmac
from datetime import UTC, datetime
from urllib.parse import quote, urlsplit

from mirrorlake.storage.providers.gcs.config import HmacKeys
from mirrorlake.storage.providers.gcs.tokens import UrlSigner

LONGEST_S = 7 * 24 * 3600  # longer signatures are refused
_RSA, _HMAC = "GOOG4-RSA-SHA256", "GOOG4-HMAC-SHA256"
_REGION, _SERVICE, _END = "auto", "storage", "goog4_request"


def signed_url(
    url: str,
    signer: UrlSigner | HmacKeys,
    expires_s: int,
    *,
    generation: str | None = None,
    billed_project: str | None = None,
    now: datetime | None = None,
) -> str:
    """`url`, which has no query, with a signature to GET it, or one generation of it.

    A signer may make a request; raises StorageError.
    """
    time = (now or datetime.now(UTC)).strftime("%Y%m%dT%H%M%SZ")
    scope = f"{time[:8]}/{_REGION}/{_SERVICE}/{_END}"
    by_hmac = isinstance(signer, HmacKeys)
    pairs = {
        "X-Goog-Algorithm": _HMAC if by_hmac else _RSA,
        "X-Goog-Credential": f"{signer.access_key if isinstance(signer, HmacKeys) else signer.email}/{scope}",
        "X-Goog-Date": time,
        "X-Goog-Expires": str(max(1, min(expires_s, LONGEST_S))),
        "X-Goog-SignedHeaders": "host",
        **({} if generation is None else {"generation": generation}),
        **({} if billed_project is None else {"userProject": billed_project}),
    }
    query = "&".join(f"{name}={quote(value, safe='-_.~')}" for name, value in pairs.items())
    text = string_to_sign(url, query, time, scope, pairs["X-Goog-Algorithm"])
    if isinstance(signer, HmacKeys):
        signature = hmac.digest(_day_key(signer.secret_key, time[:8]), text, "sha256")
    else:
        signature = signer.sign(text)
    return f"{url}?{query}&X-Goog-Signature={signature.hex()}"


def string_to_sign(url: str, query: str, time: str, scope: str, algorithm: str) -> bytes:
    """What is signed for a GET of `url` with `query`, which is sorted by name."""
    host = urlsplit(url).netloc
    path = url.partition(host)[2]
    canonical = f"GET\n{path}\n{query}\nhost:{host}\n\nhost\nUNSIGNED-PAYLOAD"
    return f"{algorithm}\n{time}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}".encode()


def _day_key(secret: str, day: str) -> bytes:
    key = f"GOOG4{secret}".encode()
    for part in (day, _REGION, _SERVICE, _END):
        key = hmac.digest(key, part.encode(), "sha256")
    return key
