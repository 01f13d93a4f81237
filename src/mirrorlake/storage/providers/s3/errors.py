"""Translate error responses of S3 into our errors with a fix."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import urlsplit

from mirrorlake.core.errors import (
    ListingBroken,
    NoSuchBucket,
    ObjectChanged,
    ObjectGone,
    ServerAnswer,
    SourceUnreachable,
    StorageError,
    WrongRegion,
)
from mirrorlake.storage.bucket_errors import object_changed, request_refused, server_unreachable
from mirrorlake.storage.providers.s3.denials import Denied, denial, is_denial
from mirrorlake.storage.providers.s3.list_xml import read_xml
from mirrorlake.storage.retry import retry_after_s
from mirrorlake.storage.server_words import clean_code, clean_region, clean_text

# Codes of temporary errors, whatever their status.
_PASSING = frozenset(
    {"SlowDown", "InternalError", "ServiceUnavailable", "RequestTimeout", "Throttling", "ThrottlingException",
     "TooManyRequests", "RequestLimitExceeded", "503 SlowDown", "OperationAborted"}
)  # fmt: skip

# Characters of a host name that messages repeat of a response.
_HOST_CHARACTERS = 260


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestInfo:
    """The subject of a request, for the message and the required permission."""

    bucket: str
    region: str
    scheme: str = "s3"
    key: str | None = None  # None = the bucket itself
    permission: str = "s3:ListBucket"
    prefix: str = ""
    anonymous: bool = False
    verb: str | None = None  # for the message; None: "list" or "read"

    @property
    def what(self) -> str:
        """The requested address, as users write it."""
        return f"{self.scheme}://{self.bucket}/{self.prefix if self.key is None else self.key}"

    @property
    def resource(self) -> str:
        """The ARN for a policy statement, or the address of the bucket."""
        if self.scheme != "s3":
            return f"{self.scheme}://{self.bucket}"
        return f"arn:aws:s3:::{self.bucket}" + ("" if self.key is None else "/*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """An error response: its status, and the details of its body and headers. `message` is still hostile text."""

    status: int
    code: str  # empty: not an S3 error document
    message: str
    region: str
    redirect: str = ""  # scheme and host that a redirect leads to
    again_after_s: float | None = None  # the server requests this delay before a retry
    storage_class: str = ""  # of an archived object
    tier: str = ""


def read_refusal(status: int, headers: Mapping[str, str], body: bytes) -> Refusal:
    """The details of an error response; code and message are empty if the body is not an S3 error."""
    fields: dict[str, str] = {}
    if body.lstrip().startswith(b"<"):
        try:
            envelope = read_xml(body)
        except ListingBroken:
            envelope = None  # for example an HTML page of a proxy: only the status is used
        if envelope is not None and envelope.root == "Error":
            fields = envelope.fields
    return Refusal(
        status=status,
        code=clean_code(fields.get("Code", "")),
        message=fields.get("Message", "").strip(),
        region=clean_region(headers.get("x-amz-bucket-region", "") or fields.get("Region", "")),
        redirect=_origin(headers.get("location", "")),
        again_after_s=retry_after_s(headers.get("retry-after", "").strip()),
        storage_class=clean_code(fields.get("StorageClass", "")),
        tier=clean_code(fields.get("AccessTier", "")),
    )


def translate(refusal: Refusal, asked: RequestInfo) -> StorageError:
    """Our error for `refusal`, with the answer. Only a clear 404 for exactly this key is ObjectGone."""
    error = _translate(refusal, asked)
    error.answer = ServerAnswer(
        status=refusal.status, code=refusal.code, words=clean_text(refusal.message), region=refusal.region
    )
    return error


def _translate(refusal: Refusal, asked: RequestInfo) -> StorageError:
    status, code = refusal.status, refusal.code
    if code in _PASSING or status >= HTTPStatus.INTERNAL_SERVER_ERROR or status in (408, 425, 429):
        return unreachable(asked, f"it answered {status}" + (f" {code}" if code else ""), refusal.again_after_s)
    if status == HTTPStatus.CONFLICT and code == "ConditionalRequestConflict":
        return unreachable(asked, "another write of the same object is in progress")
    if _is_other_region(refusal, asked):
        if refusal.region and refusal.region != asked.region:
            return WrongRegion(
                f"The bucket {asked.bucket} is in {refusal.region}, not in {asked.region}.",
                f"Add --region {refusal.region}.",
            )
        return WrongRegion(f"The bucket {asked.bucket} is not in {asked.region}.", "Specify its region with --region.")
    if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
        return StorageError(
            f"The server redirects requests for {asked.scheme}://{asked.bucket} to "
            f"{refusal.redirect or 'another address'}. Redirects are not followed.",
            f"If that is the S3 server, use --endpoint {refusal.redirect or 'with its address'}.",
        )
    if code == "NoSuchBucket" or (status == HTTPStatus.NOT_FOUND and asked.key is None and code != "NoSuchKey"):
        return NoSuchBucket(
            f"There is no bucket {asked.bucket} at this endpoint.",
            "Check its name, and --endpoint if it is not on AWS.",
        )
    if status == HTTPStatus.NOT_FOUND and code in ("", "NoSuchKey", "NotFound", "NoSuchVersion"):
        return ObjectGone(f"{asked.what} does not exist.")
    if status == HTTPStatus.PRECONDITION_FAILED:
        return has_changed(asked)
    if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN) or is_denial(code):
        return _denied(refusal, asked)
    status_text = f"{status} {code}".strip() + (f" ({clean_text(refusal.message)})" if refusal.message else "")
    return request_refused(asked.what, status_text)


def unreachable(asked: RequestInfo, why: str, again_after_s: float | None = None) -> SourceUnreachable:
    """The error for an unusable response, with its cause and the delay that the server requests."""
    return server_unreachable(f"{asked.scheme}://{asked.bucket}", why, again_after_s)


def has_changed(asked: RequestInfo) -> ObjectChanged:
    """The error for an object that no longer has the token of the listing."""
    return object_changed(asked.what)


def is_inconclusive(asked: RequestInfo) -> StorageError:
    """A 404 that does not specify what is missing: it may come from another server or a proxy."""
    return StorageError(
        f"The server reports {asked.what} as missing, but not with an S3 error: it may still exist.",
        "Check the endpoint and any proxy.",
    )


def _origin(location: str) -> str:
    try:
        parts = urlsplit(location)
    except ValueError:
        return ""
    host = parts.netloc.rpartition("@")[2]
    plain = parts.scheme in ("http", "https") and host and host.isprintable() and len(host) <= _HOST_CHARACTERS
    return f"{parts.scheme}://{host}" if plain else ""


def _is_other_region(refusal: Refusal, asked: RequestInfo) -> bool:
    """Whether the response means that the bucket belongs to another region."""
    if refusal.code in ("PermanentRedirect", "TemporaryRedirect", "IllegalLocationConstraintException"):
        return True
    if refusal.code == "AuthorizationHeaderMalformed":
        return True
    answered = HTTPStatus.MULTIPLE_CHOICES <= refusal.status <= HTTPStatus.BAD_REQUEST
    return answered and bool(refusal.region) and refusal.region != asked.region


def _denied(refusal: Refusal, asked: RequestInfo) -> StorageError:
    return denial(
        Denied(
            code=refusal.code,
            words=clean_text(refusal.message),
            what=asked.what,
            verb=asked.verb or ("list" if asked.key is None else "read"),
            permission=asked.permission,
            resource=asked.resource,
            anonymous=asked.anonymous,
            storage_class=refusal.storage_class,
            tier=refusal.tier,
        )
    )
