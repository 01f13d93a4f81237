"""Signatures of webhooks, of those that arrive and of those that are sent. Pure.

The header `Mirrorlake-Signature: t=1764300000,v1=HEX` contains the time of the request in seconds since 1970, and the
HMAC-SHA256 of the time, a dot and the body, with the shared secret as its key. A request is accepted for some minutes
only, so that a recorded one is worthless later.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets

from mirrorlake.core.errors import PermissionDenied

HEADER = "Mirrorlake-Signature"
TOLERANCE_S = 300  # between the clocks of sender and receiver, and on the way
SECRET_PREFIX = "whsec_"  # noqa: S105 - how secrets begin, so that scanners of repositories recognise them
_VALUE = re.compile(r"t=([0-9]{1,12}),v1=([0-9a-f]{64})")


def new_secret() -> str:
    """A random secret of 256 bits."""
    return SECRET_PREFIX + secrets.token_urlsafe(32)


def sign(secret: str, body: bytes, at: int) -> str:
    """The value of the header for a request that is sent `at` this time."""
    return f"t={at},v1={_digest(secret, body, at)}"


def is_signed(secret: str, body: bytes, value: str, now: int) -> bool:
    """Whether the header shows that the sender knows the secret, and sent exactly this body a short time ago."""
    found = _VALUE.fullmatch(value)
    at, given = (int(found[1]), found[2]) if found is not None else (0, "")
    # Everything is computed whatever is wrong, so that the duration shows nothing.
    right = hmac.compare_digest(_digest(secret, body, at), given)
    return right and abs(now - at) <= TOLERANCE_S


def refused() -> PermissionDenied:
    """The error for a request without a valid signature, which does not reveal whether its address exists."""
    return PermissionDenied(
        f"The signature of the request is missing, wrong or too old (header {HEADER}).",
        "Sign the body as sent with the secret of this webhook, and check the clock of the sender.",
    )


def _digest(secret: str, body: bytes, at: int) -> str:
    return hmac.new(secret.encode(), b"%d." % at + body, hashlib.sha256).hexdigest()
