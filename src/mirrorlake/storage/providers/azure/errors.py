"""Translate error responses of Azure Storage into our errors with a fix.

https://learn.microsoft.com/rest/api/storageservices/blob-service-error-codes
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus

from mirrorlake.core.errors import (
    ListingBroken,
    NoSuchBucket,
    ObjectChanged,
    ObjectGone,
    ServerAnswer,
    SourceUnreachable,
    StorageError,
)
from mirrorlake.storage.bucket_errors import object_changed, request_refused, server_unreachable
from mirrorlake.storage.providers.azure.denials import Denied, SasFacts, denial, is_denial
from mirrorlake.storage.providers.azure.list_xml import read_xml
from mirrorlake.storage.retry import retry_after_s
from mirrorlake.storage.server_words import clean_code, clean_text

# Codes of temporary errors, whatever their status.
_PASSING = frozenset({"ServerBusy", "InternalError", "OperationTimedOut"})
_NO_CONTAINER = frozenset({"ContainerNotFound", "ContainerBeingDeleted", "ContainerDisabled"})
_TRAILER = re.compile(r"\s*RequestId:.*", re.DOTALL)  # of every message, followed by the time


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestInfo:
    """The subject of a request, for the message and the required role."""

    container: str  # account/container
    key: str | None = None  # None = the container itself
    prefix: str = ""
    anonymous: bool = False
    writes: bool = False  # of a library store, which needs all rights
    verb: str = "list"  # for the message

    @property
    def what(self) -> str:
        """The requested address, as users write it."""
        return f"az://{self.container}/{self.prefix if self.key is None else self.key}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """An error response: its status, and the details of its body and headers. `message` is still hostile text."""

    status: int
    code: str  # empty: not an error of Azure Storage
    message: str = ""
    detail: str = ""  # of a failed authentication
    redirects: bool = False
    sas: SasFacts | None = None  # of the signature that was refused
    again_after_s: float | None = None


def read_refusal(status: int, headers: Mapping[str, str], body: bytes) -> Refusal:
    """The details of an error response; the code is also in a header, because HEAD has no body."""
    fields: dict[str, str] = {}
    if body.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"<"):
        try:
            envelope = read_xml(body)
        except ListingBroken:
            envelope = None  # for example an HTML page of a proxy: only the status is used
        if envelope is not None and envelope.root == "Error":
            fields = envelope.fields
    return Refusal(
        status=status,
        code=clean_code(headers.get("x-ms-error-code", "")) or clean_code(fields.get("Code", "")),
        message=_TRAILER.sub("", fields.get("Message", "")).strip(),
        detail=fields.get("AuthenticationErrorDetail", "").strip(),
        redirects=HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST,
        again_after_s=retry_after_s(headers.get("retry-after", "").strip()),
    )


def translate(refusal: Refusal, asked: RequestInfo) -> StorageError:
    """Our error for `refusal`, with the answer. Only a 404 with the code for exactly this blob is ObjectGone."""
    error = _translate(refusal, asked)
    words = " ".join(clean_text(text) for text in (refusal.message, refusal.detail) if text)
    error.answer = ServerAnswer(status=refusal.status, code=refusal.code, words=words)
    return error


def _translate(refusal: Refusal, asked: RequestInfo) -> StorageError:
    status, code = refusal.status, refusal.code
    if code in _PASSING or status >= HTTPStatus.INTERNAL_SERVER_ERROR or status in (408, 425, 429):
        return unreachable(asked, f"it answered {status}" + (f" {code}" if code else ""), refusal.again_after_s)
    if refusal.redirects:
        return StorageError(
            f"The server redirects requests for {asked.what}. Redirects are not followed.",
            "Use --endpoint with the address of the Blob service.",
        )
    if code in _NO_CONTAINER:
        account, _, container = asked.container.partition("/")
        return NoSuchBucket(
            f"There is no container {container} in the account {account}.",
            "Check both names, and --endpoint if the account is not on Azure.",
        )
    if status == HTTPStatus.NOT_FOUND:
        return _not_found(refusal, asked)
    if status == HTTPStatus.PRECONDITION_FAILED and code in ("", "ConditionNotMet", "TargetConditionNotMet"):
        return has_changed(asked)
    if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN) or is_denial(code):
        return denial(
            Denied(
                code=code,
                words=clean_text(refusal.message),
                detail=clean_text(refusal.detail),
                what=asked.what,
                verb=asked.verb,
                anonymous=asked.anonymous,
                writes=asked.writes,
                sas=refusal.sas,
            )
        )
    status_text = f"{status} {code}".strip() + (f" ({clean_text(refusal.message)})" if refusal.message else "")
    return request_refused(asked.what, status_text)


def unreachable(asked: RequestInfo, why: str, again_after_s: float | None = None) -> SourceUnreachable:
    """The error for an unusable response, with its cause and the delay that the server requests."""
    fix = "Check the name of the account, the endpoint and the network, or try again later."
    return server_unreachable(f"az://{asked.container}", why, again_after_s, fix=fix)


def has_changed(asked: RequestInfo) -> ObjectChanged:
    """The error for an object that no longer has the token of the listing."""
    return object_changed(asked.what)


def gone(asked: RequestInfo) -> ObjectGone:
    """The error for an object that does not exist."""
    return ObjectGone(f"{asked.what} does not exist.")


def _not_found(refusal: Refusal, asked: RequestInfo) -> StorageError:
    if refusal.code == "BlobNotFound" and asked.key is not None:
        return gone(asked)
    if refusal.code == "ResourceNotFound" and asked.anonymous:  # how Azure hides a container that is not public
        return denial(
            Denied(
                code="NoAuthenticationInformation", words="", detail="", what=asked.what, verb=asked.verb,
                anonymous=True, writes=False,
            )
        )  # fmt: skip
    code = f" ({refusal.code})" if refusal.code else ""
    return StorageError(
        f"The server reports {asked.what} as missing{code}, but not as a missing blob: it may still exist.",
        "Check the name of the account, the endpoint and any proxy.",
    )
