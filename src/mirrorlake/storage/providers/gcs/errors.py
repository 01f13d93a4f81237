"""Translate error responses of Google Cloud Storage into our errors with a fix.

https://cloud.google.com/storage/docs/json_api/v1/status-codes
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, cast

from mirrorlake.core.errors import (
    AccessDenied,
    NoSuchBucket,
    ObjectChanged,
    ObjectGone,
    ServerAnswer,
    SourceUnreachable,
    StorageError,
)
from mirrorlake.storage.bucket_errors import object_changed, request_refused, server_unreachable
from mirrorlake.storage.retry import retry_after_s
from mirrorlake.storage.server_words import clean_code, clean_text

LIST, GET = "storage.objects.list", "storage.objects.get"
# Reasons of temporary errors, whatever their status.
_PASSING = frozenset({"rateLimitExceeded", "userRateLimitExceeded", "quotaExceeded", "backendError", "internalError"})
_PAYS = "requester pays"  # in messages: the reason is only "required"
_BILLED = (
    "Its bucket bills those who request it.",
    "Specify the project that is billed (requester pays), and grant roles/serviceusage.serviceUsageConsumer on it.",
)
# The sentence and the advice for each refusal of the caller, by reason.
_REFUSALS: dict[str, tuple[str, str]] = {
    "authError": (
        "The access token is not valid.",
        "Check that the credentials have not been revoked, and this machine's clock.",
    ),
    "insufficientPermissions": (
        "The access token lacks the scope for Cloud Storage.",
        "Give the virtual machine the scope storage-ro (or cloud-platform), or use other credentials.",
    ),
    "accountDisabled": ("The billing account of its project is missing or closed.", "Ask the bucket's owner."),
    "accessNotConfigured": (
        "The API of Cloud Storage is disabled in the project of the credentials.",
        "Enable it: gcloud services enable storage.googleapis.com.",
    ),
    "vpcServiceControls": (
        "A perimeter of VPC Service Controls refuses the request.",
        "Ask the administrator of the organization.",
    ),
    "userProjectAccessDenied": _BILLED,
    "userProjectMissing": _BILLED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestInfo:
    """The subject of a request, for the message and the required permission."""

    bucket: str
    key: str | None = None  # None = the bucket itself
    prefix: str = ""
    permission: str = LIST
    role: str = "roles/storage.objectViewer"
    anonymous: bool = False
    principal: str | None = None  # who makes the request, if known
    verb: str | None = None  # for the message; None: "list" or "read"

    @property
    def what(self) -> str:
        """The requested address, as users write it."""
        return f"gs://{self.bucket}/{self.prefix if self.key is None else self.key}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """An error response: its status, and the details of its body. `message` is still hostile text."""

    status: int
    reason: str = ""  # empty: not an error document of Google
    message: str = ""
    documented: bool = False  # whether the body is an error document of Google
    again_after_s: float | None = None  # the server requests this delay before a retry


def read_refusal(status: int, headers: Mapping[str, str], body: bytes) -> Refusal:
    """The details of an error response. Errors of downloads are plain text, all others JSON."""
    error = _error_of(body)
    details = error.get("errors")
    first = cast("list[Any]", details)[0] if isinstance(details, list) and details else None
    reason = cast("dict[str, Any]", first).get("reason") if isinstance(first, dict) else error.get("status")
    message = error.get("message")
    plain = headers.get("Content-Type", "").startswith("text/plain") or not body.lstrip().startswith((b"<", b"{"))
    if not error and plain:
        message = body.decode("utf-8", "replace")
    return Refusal(
        status=status,
        reason=clean_code(reason) if isinstance(reason, str) else "",
        message=message.strip() if isinstance(message, str) else "",
        documented=bool(error) and error.get("code") == status,
        again_after_s=retry_after_s(headers.get("Retry-After", "").strip()),
    )


def translate(refusal: Refusal, asked: RequestInfo) -> StorageError:
    """Our error for `refusal`, with the answer.

    ObjectGone still has to be confirmed: the status names neither object nor bucket.
    """
    error = _translate(refusal, asked)
    error.answer = ServerAnswer(status=refusal.status, code=refusal.reason, words=clean_text(refusal.message))
    return error


def _translate(refusal: Refusal, asked: RequestInfo) -> StorageError:
    status, reason = refusal.status, refusal.reason
    if reason in _PASSING or status >= HTTPStatus.INTERNAL_SERVER_ERROR or status in (408, 425, 429):
        return unreachable(asked, f"it answered {status}" + (f" {reason}" if reason else ""), refusal.again_after_s)
    if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
        return StorageError(
            f"The server redirects requests for {asked.what} to another address. Redirects are not followed.",
            "Check the endpoint and any proxy.",
        )
    if status == HTTPStatus.NOT_FOUND:
        if asked.key is not None:
            return ObjectGone(f"{asked.what} does not exist.")
        return no_such_bucket(asked) if refusal.documented else is_inconclusive(asked)
    if status == HTTPStatus.PRECONDITION_FAILED:
        return has_changed(asked)
    if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN) or _PAYS in refusal.message.lower():
        return _denied(refusal, asked)
    words = clean_text(refusal.message)
    return request_refused(asked.what, f"{status}{f' ({words})' if words else ''}")


def unreachable(asked: RequestInfo, why: str, again_after_s: float | None = None) -> SourceUnreachable:
    """The error for an unusable response, with its cause and the delay that the server requests."""
    return server_unreachable(f"gs://{asked.bucket}", why, again_after_s)


def has_changed(asked: RequestInfo) -> ObjectChanged:
    """The error for an object that no longer has the generation of the listing."""
    return object_changed(asked.what)


def no_such_bucket(asked: RequestInfo) -> NoSuchBucket:
    """The error for a missing bucket."""
    return NoSuchBucket(
        f"There is no bucket {asked.bucket} at this endpoint.",
        "Check its name, and --endpoint if it is not on Google Cloud.",
    )


def is_inconclusive(asked: RequestInfo) -> StorageError:
    """A 404 that does not come from Google Cloud Storage: it may come from another server or a proxy."""
    return StorageError(
        f"The server reports {asked.what} as missing, but not as Google Cloud Storage does: it may still exist.",
        "Check the endpoint and any proxy.",
    )


def _error_of(body: bytes) -> dict[str, Any]:
    try:
        document = json.loads(body) if body.lstrip().startswith(b"{") else None
    except (ValueError, RecursionError):
        return {}
    error = cast("dict[str, Any]", document).get("error") if isinstance(document, dict) else None
    return cast("dict[str, Any]", error) if isinstance(error, dict) else {}


def _denied(refusal: Refusal, asked: RequestInfo) -> AccessDenied:
    words = clean_text(refusal.message).rstrip(".")
    quote = f" The server reports: {words}." if words else ""
    found = _BILLED if _PAYS in refusal.message.lower() else _REFUSALS.get(refusal.reason)
    if found is not None and not asked.anonymous:
        return AccessDenied(f"{asked.what}: {found[0]}{quote}", found[1])
    verb = asked.verb or ("list" if asked.permission == LIST else "read")
    if asked.anonymous:
        return AccessDenied(
            f"{asked.what} may not be {'listed' if verb == 'list' else verb} anonymously.{quote}",
            "The bucket is not public: leave --anonymous out and give credentials.",
        )
    return AccessDenied(
        f"The credentials may not {verb} {asked.what}.{quote}",
        f"Grant {asked.role} (it includes {asked.permission}) on gs://{asked.bucket} to "
        f"{asked.principal or 'the account of these credentials'}.",
    )
