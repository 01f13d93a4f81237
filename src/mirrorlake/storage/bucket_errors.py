"""The sentences that the errors of all clouds share."""

from __future__ import annotations

from mirrorlake.core.errors import ObjectChanged, SourceUnreachable, StorageError


def server_unreachable(
    address: str,
    why: str,
    again_after_s: float | None = None,
    *,
    fix: str = "Check the endpoint and the network, or try again later.",
) -> SourceUnreachable:
    """The error for an unusable response, with its cause and the delay that the server requests."""
    return SourceUnreachable(f"The server of {address} cannot be reached: {why}.", fix, again_after_s=again_after_s)


def object_changed(what: str) -> ObjectChanged:
    """The error for an object that no longer has the token of the listing."""
    return ObjectChanged(f"{what} has changed since it was listed.", "The next run reads the current version.")


def request_refused(what: str, answer: str) -> StorageError:
    """The error for a refusal that nothing more is known about."""
    return StorageError(f"The server refused the request for {what}: {answer}.", "Check the endpoint and the address.")
