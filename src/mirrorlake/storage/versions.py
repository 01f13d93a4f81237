"""Earlier versions of objects: what buckets with versioning keep when an object is replaced or deleted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Never

from mirrorlake.core.errors import ObjectGone, StorageError
from mirrorlake.model.objects import ObjectInfo

_NOT_KEPT = frozenset({"InvalidArgument", "InvalidQueryParameterValue"})  # an id that this bucket never gave
_NOT_FOUND, _NO_OBJECT = 404, 405  # the second: the version is a marker of a deletion


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """A version that an object once was."""

    token: str  # of its bytes, which proves that they are those
    id: str | None  # by which the bucket keeps it; None where none was reported


class Unversioned:
    """The part of a store that keeps no versions."""

    def head_version(self, key: str, version: Version) -> ObjectInfo:
        """Raise ObjectGone."""
        del version
        raise_not_kept(repr(key))

    def get_version(self, key: str, version: Version, *, limit: int) -> Never:
        """Raise ObjectGone."""
        del version, limit
        raise_not_kept(repr(key))

    def presign_version(self, key: str, version: Version, expires_s: int) -> str | None:
        """None: there is nothing to read."""
        del key, version, expires_s


def raise_not_kept(what: str) -> Never:
    """Raise ObjectGone for a version that the store does not have."""
    raise ObjectGone(f"The version of {what} that was mirrored is not kept.")


def version_error(error: StorageError, what: str) -> StorageError:
    """The error of a refused request for a version: ObjectGone if the bucket has no such version any more."""
    answer = error.answer
    missing = answer is not None and (answer.status in (_NOT_FOUND, _NO_OBJECT) or answer.code in _NOT_KEPT)
    if missing or isinstance(error, ObjectGone):
        return ObjectGone(f"The version of {what} that was mirrored is not kept.")
    return error
