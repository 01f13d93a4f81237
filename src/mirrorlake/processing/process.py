"""Process one object: fetch, identify, probe, decode, render, read its companions. Any step may end it early."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import blake3
import orjson

from mirrorlake.core.errors import (
    BadSidecar,
    ObjectArchived,
    ObjectChanged,
    ObjectGone,
    ObjectTooLarge,
    StorageError,
)
from mirrorlake.formats.codec import Rendered
from mirrorlake.formats.identify import identify, suffix_mismatch_warning, unsupported_message
from mirrorlake.formats.magic import HEAD_BYTES
from mirrorlake.formats.registry import MAX_OBJECT_BYTES, format_of_name
from mirrorlake.formats.stages import Stage, UndecodableObject
from mirrorlake.formats.unsupported import UnsupportedFormat
from mirrorlake.model.media import ImageFacts, MediaFacts, MediaKind, facts_to_json, pixel_size
from mirrorlake.model.outcomes import Op, ResultKind
from mirrorlake.processing.rows import CompanionRef, CompanionResult, Job, ProcessedMedia, Result
from mirrorlake.processing.thumbnails import Thumbnails
from mirrorlake.select.companion_readers import READERS
from mirrorlake.storage.base import Body, Store

ALL_MEDIA = frozenset(MediaKind)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessedObject:
    """The content of one object."""

    media_type: str
    digest: bytes  # BLAKE3 of the whole object
    facts: MediaFacts
    rendered: Rendered | None  # None for content without a picture
    warnings: tuple[str, ...]


def process_bytes(data: bytes, name: str, media: Collection[MediaKind] = ALL_MEDIA) -> ProcessedObject:
    """All facts about one object. Raises UndecodableObject with the stage and the reason; other kinds are refused too.

    `name` is only compared with the detected format; it never decides how the bytes are read.
    """
    found = identify(data[:HEAD_BYTES], name)
    if isinstance(found, UnsupportedFormat) or found.kind not in media:
        raise UndecodableObject(Stage.IDENTIFY, unsupported_message(name, found))
    codec = found.codec()
    header = codec.probe(data)
    rendered = codec.render(data, header)
    mismatch = suffix_mismatch_warning(name, found)
    return ProcessedObject(
        media_type=found.media_type,
        digest=blake3.blake3(data).digest(),
        facts=header.facts,
        rendered=rendered,
        warnings=(
            *((mismatch,) if mismatch else ()),
            *header.warnings,
            *(rendered.warnings if rendered else ()),
        ),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchedObject:
    """The bytes of one job, or the error of a companion. `image` is None if it was not to be read.

    `companions` are in the order of the job's; None for one that is too large to read.
    """

    image: bytes | None = None
    version: str | None = None  # of the image, if the store keeps versions
    companions: tuple[bytes | StorageError | None, ...] = ()

    @property
    def held(self) -> int:
        """Bytes held in memory."""
        return sum(len(part) for part in (self.image, *self.companions) if isinstance(part, bytes))


def process_object(job: Job, store: Store, thumbnails: Thumbnails, media: Collection[MediaKind] = ALL_MEDIA) -> Result:
    """Fetch, decode and store one job. Raises only DiskFull or CatalogError, which end the whole pass."""
    fetched = fetch(job, store)
    return keep(fetched if isinstance(fetched, Result) else finish(job, fetched, media), thumbnails)


def fetch(job: Job, store: Store) -> FetchedObject | Result:
    """Read the bytes of a job: I/O, no computation. Returns a Result if the image cannot be read."""
    image_bytes: bytes | None = None
    version: str | None = None
    if job.read_image:
        absent = _absent_reason(job)
        if absent is not None:
            return Result(result=ResultKind.SKIPPED, stage=Stage.FETCH, reason=absent)
        limit = _byte_limit(job)
        if job.size > limit:
            return Result(result=ResultKind.REFUSED, stage=Stage.FETCH, reason=_too_large_message(job))
        got = _get(store, job.key, job.token, job.size, limit)
        if isinstance(got, StorageError):
            return _fetch_error_result(job, got)
        image_bytes, version = got.data, got.info.version
    companions = tuple(_fetch_companion(store, companion) for companion in job.companions)
    return FetchedObject(image=image_bytes, version=version, companions=companions)


def _fetch_companion(store: Store, companion: CompanionRef) -> bytes | StorageError | None:
    limit = companion.role.max_bytes
    if (companion.size or 0) > limit:
        return None
    read = _get(store, companion.key, companion.token, companion.size, limit)
    return read if isinstance(read, StorageError) else read.data


def _get(store: Store, key: str, token: str | None, size: int | None, limit: int) -> Body | StorageError:
    """The object with the listed size; an error if it has another one, as where a response without a length was cut."""
    try:
        body = store.get(key, token=token, limit=limit)
    except StorageError as error:
        return error
    except Exception as error:  # noqa: BLE001  a store that breaks its contract fails this object, not the pass
        return StorageError(f"Unexpected error while reading ({type(error).__name__}: {error}).")
    if size is None or size in (body.info.size, len(body.data)):
        return body
    return StorageError(f"{body.info.size:,} bytes were received, but the listing has {size:,}")


def _fetch_error_result(job: Job, error: StorageError) -> Result:
    if isinstance(error, ObjectTooLarge):
        return Result(result=ResultKind.REFUSED, stage=Stage.FETCH, reason=_too_large_message(job))
    return Result(result=_unread_kind(error), stage=Stage.FETCH, reason=str(error))


def _unread_kind(error: StorageError) -> ResultKind:
    match error:
        case ObjectGone() | ObjectChanged():
            return ResultKind.GONE
        case ObjectArchived():
            return ResultKind.SKIPPED
        case _:
            return ResultKind.FAILED


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderedObject:
    """The result of an object, with the thumbnail that must still be stored."""

    result: Result
    digest: bytes
    thumbnail: bytes


def keep(finished: RenderedObject | Result, thumbnails: Thumbnails) -> Result:
    """Write the thumbnail: I/O, no computation. Raises only DiskFull or CatalogError."""
    if isinstance(finished, Result):
        return finished
    thumbnails.write(finished.digest, finished.thumbnail)
    return finished.result


def finish(job: Job, fetched: FetchedObject, media: Collection[MediaKind] = ALL_MEDIA) -> RenderedObject | Result:
    """Decode and render the object, and read its companions: computation, no I/O."""
    companions: list[CompanionResult] = []
    companion_warnings: list[str] = []
    for companion, data in zip(job.companions, fetched.companions, strict=True):
        read = _read_companion(job, companion, data)
        if isinstance(read, Result):
            return read
        companions.append(read[0])
        companion_warnings += read[1]
    if fetched.image is None:
        return Result(
            result=ResultKind.COMPANIONS_ONLY, companions=tuple(companions), warnings=tuple(companion_warnings)
        )
    try:
        processed = process_bytes(fetched.image, job.key, media)
    except UndecodableObject as verdict:
        return Result(result=ResultKind.REFUSED, stage=verdict.stage, reason=verdict.message)
    except MemoryError:
        return Result(
            result=ResultKind.REFUSED, stage=Stage.DECODE, reason="decoding needs more memory than a worker may take"
        )
    except Exception as error:  # noqa: BLE001  a bug met with strange bytes fails this object, not the pass
        reason = f"unexpected error while processing ({type(error).__name__}: {error}); please report this file"
        return Result(result=ResultKind.FAILED, stage=Stage.DECODE, reason=reason)
    result = Result(
        result=ResultKind.PROCESSED,
        media=_media(processed, fetched.version),
        companions=tuple(companions),
        warnings=(*processed.warnings, *companion_warnings),
    )
    if processed.rendered is None:
        return result
    return RenderedObject(result=result, digest=processed.digest, thumbnail=processed.rendered.thumbnail)


def _media(processed: ProcessedObject, version: str | None) -> ProcessedMedia:
    facts, rendered = processed.facts, processed.rendered
    width, height = pixel_size(facts) or (None, None)
    return ProcessedMedia(
        kind=facts.kind,
        media_type=processed.media_type,
        width=width,
        height=height,
        orientation=facts.orientation if isinstance(facts, ImageFacts) else None,
        digest=processed.digest,
        placeholder=None if rendered is None else rendered.placeholder,
        facts=orjson.dumps(facts_to_json(facts)).decode(),
        version=version,
    )


def _read_companion(
    job: Job, companion: CompanionRef, data: bytes | StorageError | None
) -> tuple[CompanionResult, list[str]] | Result:
    """The content of a companion, with warnings; an invalid one only causes a warning.

    A companion that could not be fetched ends the job only if its asset exists: a new image is imported, and its
    companion is read in the next pass.
    """
    role = companion.role
    nothing = CompanionResult(role=role)
    if isinstance(data, StorageError):
        if job.op in (Op.NEW, Op.SHARED):
            unread = CompanionResult(role=role, unread=True)
            return unread, [f"sidecar {companion.key} could not be read yet: {data}"]
        return Result(result=_unread_kind(data), stage=Stage.SIDECAR, reason=str(data))
    if data is None:
        large = f"it has {companion.size:,} bytes; at most {role.max_bytes:,} are read"
        return nothing, [f"sidecar {companion.key} was ignored: {large}"]
    try:
        content = READERS[role.name](data)
    except BadSidecar as error:
        return nothing, [f"sidecar {companion.key} was ignored: {error}"]
    warnings = [f"sidecar {companion.key}: {warning}" for warning in content.warnings]
    return CompanionResult(role=role, content=content), warnings


def _absent_reason(job: Job) -> str | None:
    """Why an object of this name is not read: what decodes its format is not installed. Each pass tries again."""
    named = format_of_name(job.key)
    return None if named is None else named.absent()


def _byte_limit(job: Job) -> int:
    named = format_of_name(job.key)
    return MAX_OBJECT_BYTES if named is None else named.max_bytes


def _too_large_message(job: Job) -> str:
    limit = _byte_limit(job)
    size = f"{job.size:,}" if job.size > limit else "more"  # sent, or decoded, than the listing has
    return f"the object has {size} bytes; at most {limit >> 20} MiB are read"
