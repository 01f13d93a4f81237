"""Why a server refuses a caller: one row for each code, with the sentence and the advice that fit it."""

from __future__ import annotations

from dataclasses import dataclass

from mirrorlake.core.errors import AccessDenied, ObjectArchived, StorageError


@dataclass(frozen=True, slots=True, kw_only=True)
class Denied:
    """A refused request: what the server answered, and what was asked for."""

    code: str
    words: str  # the server's message, cleaned; may be empty
    what: str  # the requested address
    verb: str  # "list" or "read"
    permission: str
    resource: str  # the ARN for a policy statement
    anonymous: bool
    storage_class: str = ""  # of an archived object, and its tier
    tier: str = ""


_KMS = (
    "The KMS key that encrypts it cannot be used.",
    "Enable the key, and allow kms:Decrypt on it in the key's policy and in the policy of these credentials.",
)
_OWNER = "Ask the bucket's owner, or the operator of the server."

# The sentence and the advice for each refusal of the caller.
_REFUSALS: dict[str, tuple[str, str]] = {
    "InvalidAccessKeyId": (
        "The access key id is not known to the server.",
        "Check AWS_ACCESS_KEY_ID, the profile or the connection, and that the key belongs to this endpoint.",
    ),
    "SignatureDoesNotMatch": (
        "The secret access key does not fit the access key id.",
        "Check AWS_SECRET_ACCESS_KEY, the profile or connection for a wrong key, and that no proxy changes requests.",
    ),
    "ExpiredToken": (
        "The session token has expired.",
        "Sign in again (aws sso login, or fetch new temporary keys).",
    ),
    "InvalidToken": (
        "The session token is not valid.",
        "Fetch new temporary keys, or unset AWS_SESSION_TOKEN if you use permanent keys.",
    ),
    "RequestTimeTooSkewed": (
        "This machine's clock differs too much from the server's.",
        "Set the clock (for instance with NTP) and try again.",
    ),
    "AllAccessDisabled": ("All access to this bucket has been disabled.", _OWNER),
    "AccountProblem": ("The bucket's account has a problem.", _OWNER),
    "NotSignedUp": ("The account of these credentials is not signed up for S3.", "Sign up, or use another account."),
    "UserSuspended": ("The user of these credentials is suspended.", _OWNER),
    "InvalidObjectState": (
        "The object is archived.",
        "Restore it in the bucket; the next run after that reads it.",
    ),
}
_ALIASES = {"TokenRefreshRequired": "ExpiredToken", "RequestExpired": "RequestTimeTooSkewed"}


def is_denial(code: str) -> bool:
    """Whether an error code always refuses the caller, whatever its status."""
    return code in _REFUSALS or code in _ALIASES or code.startswith("KMS.")


def denial(denied: Denied) -> StorageError:
    """AccessDenied with the advice that fits, or ObjectArchived. The server's own words follow our sentence."""
    code = _ALIASES.get(denied.code, denied.code)
    if code == "InvalidObjectState":
        where = " in ".join(name for name in (denied.tier, denied.storage_class) if name)
        return ObjectArchived(
            f"{denied.what} is archived{f' ({where})' if where else ''}.{_quote(denied)}", _REFUSALS[code][1]
        )
    if code.startswith("KMS.") or (code not in _REFUSALS and "kms:" in denied.words.lower()):
        return AccessDenied(f"{denied.what}: {_KMS[0]}{_quote(denied)}", _KMS[1])
    if code in _REFUSALS:
        sentence, advice = _REFUSALS[code]
        return AccessDenied(f"{denied.what}: {sentence}{_quote(denied)}", advice)
    if code not in ("", "AccessDenied"):
        return AccessDenied(
            f"The server refuses to {denied.verb} {denied.what}: {code}.{_quote(denied)}",
            f"Look the code up in the server's documentation. If it means a missing permission, allow "
            f"{denied.permission} on {denied.resource}.",
        )
    if denied.anonymous:
        return AccessDenied(
            f"{denied.what} may not be {'listed' if denied.verb == 'list' else denied.verb} anonymously."
            + _quote(denied),
            "The bucket is not public: leave --anonymous out and give credentials.",
        )
    return AccessDenied(
        f"The credentials may not {denied.verb} {denied.what}.{_quote(denied)}",
        f"Allow {denied.permission} on {denied.resource} in the policy of these credentials.",
    )


def _quote(denied: Denied) -> str:
    """The server's message as a sentence; nothing if it only repeats the code."""
    words = denied.words.rstrip(".")
    return "" if words.replace(" ", "").lower() in ("", denied.code.lower()) else f" The server reports: {words}."
