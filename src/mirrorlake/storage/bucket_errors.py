"""The sentences that the errors of all clouds share."""

from __future__ import annotations

from mirrorlake.core.errors import ObjectChanged, SourceUnreachable, StorageError

_FIXES = {  # by a part of the cause
    "does not speak TLS": "Write http:// instead of https:// in the endpoint, or the port with TLS.",
    "unable to get local issuer": "Name a PEM file with the authority of the server's certificate: {setting}.",
    "self-signed": "Name a PEM file with the certificate: {setting}.",
}


def server_unreachable(
    address: str,
    why: str,
    again_after_s: float | None = None,
    *,
    fix: str = "Check the endpoint and the network, or try again later.",
) -> SourceUnreachable:
    """The error for an unusable response, with its cause and the delay that the server requests."""
    setting = "--ca-bundle of a connection"
    if address.startswith("s3://"):
        setting = f"AWS_CA_BUNDLE, or {setting}"  # of the AWS configuration, which no other cloud reads
    fix = next((known.format(setting=setting) for part, known in _FIXES.items() if part in why), fix)
    return SourceUnreachable(f"The server of {address} cannot be reached: {why}.", fix, again_after_s=again_after_s)


def object_changed(what: str) -> ObjectChanged:
    """The error for an object that no longer has the token of the listing."""
    return ObjectChanged(f"{what} has changed since it was listed.", "The next run reads the current version.")


def request_refused(what: str, answer: str) -> StorageError:
    """The error for a refusal that nothing more is known about."""
    return StorageError(f"The server refused the request for {what}: {answer}.", "Check the endpoint and the address.")
