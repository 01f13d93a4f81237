"""Why Azure Storage refuses a caller: one row for each code, with the sentence and the advice that fit it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from mirrorlake.core.errors import AccessDenied, ObjectArchived, StorageError


@dataclass(frozen=True, slots=True, kw_only=True)
class SasFacts:
    """What a shared access signature contains; servers report less, and nothing in an answer to HEAD."""

    expires: datetime | None
    permissions: str | None
    one_object: bool  # it is not of a container


@dataclass(frozen=True, slots=True, kw_only=True)
class Denied:
    """A refused request: what the server answered, and what was asked for. Texts of the server are cleaned."""

    code: str
    words: str
    detail: str
    what: str
    verb: str
    anonymous: bool
    writes: bool
    sas: SasFacts | None = None


_REFUSALS: dict[str, tuple[str, str]] = {
    "AuthorizationFailure": (
        "The server refuses the credentials, or the account's network rules refuse this machine.",
        "Check the key or the role, and allow this machine's address under Networking of the storage account.",
    ),
    "AuthorizationSourceIPMismatch": (
        "The shared access signature is for other addresses than this machine's.",
        "Create one without this restriction, or for this machine's address.",
    ),
    "AuthorizationProtocolMismatch": (
        "The shared access signature is for HTTPS only.",
        "Use an endpoint that begins with https://.",
    ),
    "AuthorizationServiceMismatch": (
        "The shared access signature is for another service than Blob.",
        "Create one for the Blob service.",
    ),
    "AuthorizationResourceTypeMismatch": (
        "The shared access signature is not for containers and objects.",
        "Create one for the resource types Container and Object.",
    ),
    "InsufficientAccountPermissions": (
        "The account lacks this right.",
        "Ask the owner of the account.",
    ),
    "KeyBasedAuthenticationNotPermitted": (
        "The account does not permit account keys.",
        "Use a service principal, a managed identity or a user delegation SAS.",
    ),
    "InvalidAuthenticationInfo": (
        "The server does not accept the token or the form of the credentials.",
        "Check the credentials and their tenant, and this machine's clock.",
    ),
    "AccountIsDisabled": ("The account is disabled.", "Enable it, or check its subscription."),
    "PublicAccessNotPermitted": (
        "The account permits no anonymous access.",
        "Leave --anonymous out and give credentials.",
    ),
    "BlobArchived": (
        "The object is in the archive tier.",
        "Rehydrate it to another tier; the next run after that reads it.",
    ),
}
_ANONYMOUS = frozenset({"NoAuthenticationInformation", "PublicAccessNotPermitted", "AuthorizationFailure"})
_CLOCK = re.compile(r"date header (?:too old|in the past|not within)|clock|time skew", re.IGNORECASE)
_EXPIRED = re.compile(r"expiry time|is expired|not valid in the specified time frame", re.IGNORECASE)


def is_denial(code: str) -> bool:
    """Whether an error code always refuses the caller, whatever its status."""
    return code in _REFUSALS


def denial(denied: Denied) -> StorageError:
    """AccessDenied with the advice that fits, or ObjectArchived. The server's own words follow our sentence."""
    if denied.code == "BlobArchived":
        return ObjectArchived(f"{denied.what} is in the archive tier.{_quote(denied)}", _REFUSALS["BlobArchived"][1])
    reason = None if denied.sas is None else _refused_by_signature(denied, denied.sas)
    if reason is not None:
        return AccessDenied(*reason)
    if denied.code == "AuthenticationFailed":
        sentence, advice = _failed_authentication(denied.detail)
        return AccessDenied(f"{denied.what}: {sentence}", advice)
    if denied.anonymous and (denied.code in _ANONYMOUS or not denied.code):
        return AccessDenied(
            f"{denied.what} may not be {'listed' if denied.verb == 'list' else denied.verb} anonymously."
            + _quote(denied),
            "The container is not public: leave --anonymous out and give credentials.",
        )
    if denied.code in _REFUSALS:
        sentence, advice = _REFUSALS[denied.code]
        return AccessDenied(f"{denied.what}: {sentence}{_quote(denied)}", advice)
    if denied.code not in ("", "AuthorizationPermissionMismatch", "NoAuthenticationInformation"):
        return AccessDenied(
            f"The server refuses to {denied.verb} {denied.what}: {denied.code}.{_quote(denied)}",
            f"Look the code up in Azure's documentation. {_missing_right(denied)}",
        )
    return AccessDenied(f"The credentials may not {denied.verb} {denied.what}.{_quote(denied)}", _missing_right(denied))


def _refused_by_signature(denied: Denied, sas: SasFacts) -> tuple[str, str] | None:
    """The sentence and the advice for a signature that cannot do what was asked, by its own words."""
    if sas.expires is not None and sas.expires <= datetime.now(UTC):
        return (
            f"{denied.what}: The shared access signature expired on {sas.expires:%Y-%m-%d at %H:%M UTC}.",
            "Create a new one, and replace it in the connection or in AZURE_STORAGE_SAS_TOKEN.",
        )
    needed = "racwdl" if denied.writes else "l" if denied.verb == "list" else "r"
    rights = "racwdl" if denied.writes else "r and l"
    if sas.permissions is not None and not set(needed) <= set(sas.permissions):
        sentence = f"{denied.what}: The shared access signature has only the permissions {sas.permissions}."
        return sentence, f"Create one for the container with the permissions {rights}."
    if sas.one_object and denied.verb == "list":
        sentence = f"{denied.what}: The shared access signature is for one object, and cannot list."
        return sentence, f"Create one for the container with the permissions {rights}."
    return None


def _failed_authentication(detail: str) -> tuple[str, str]:
    """The sentence and the advice for a signature that was refused. Its detail may repeat what was signed."""
    if _CLOCK.search(detail):
        return (
            "This machine's clock differs too much from the server's.",
            "Set the clock (for instance with NTP) and try again.",
        )
    if _EXPIRED.search(detail):
        return (
            "The shared access signature has expired, or is not valid yet.",
            "Create a new one, and check this machine's clock.",
        )
    advice = (
        "Check that the key or the shared access signature is complete, of this account and not rotated, and check "
        "this machine's clock."
    )
    return "The server does not accept the signature of the request.", advice


def _missing_right(denied: Denied) -> str:
    if denied.writes:
        return (
            "Give them the role Storage Blob Data Contributor on the container, or a shared access signature with "
            "the permissions racwdl."
        )
    return (
        "Give them the role Storage Blob Data Reader on the container, or a shared access signature with the "
        "permissions r and l."
    )


def _quote(denied: Denied) -> str:
    """The server's message as a sentence; nothing if it only repeats the code."""
    words = denied.words.rstrip(".")
    return "" if words.replace(" ", "").lower() in ("", denied.code.lower()) else f" The server reports: {words}."
