"""Process one object: fetch, identify, probe, decode, render, read its companions. Each step may end it."""

from __future__ import annotations

from dataclasses import dataclass

import blake3
import orjson

from mirrorlake.core.errors import BadSidecar, ObjectChanged, ObjectGone, ObjectTooLarge, StorageError
from mirrorlake.formats import image
from mirrorlake.formats.identify import (
    HEAD_BYTES,
    UnsupportedFormat,
    identify,
    suffix_mismatch_warning,
    unsupported_message,
)
from mirrorlake.formats.stages import Stage, UndecodableObject
from mirrorlake.model.assets import Scalar
from mirrorlake.model.outcomes import Op, ResultKind
from mirrorlake.processing.rows import CompanionRef, CompanionResult, ImageFacts, Job, Result
from mirrorlake.processing.thumbnails import Thumbnails
from mirrorlake.select.companion_readers import READERS
from mirrorlake.storage.base import Body, Store

MAX_OBJECT_BYTES = 256 << 20  # an uncompressed 16-bit picture of 40 megapixels; workers hold several at once


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessedImage:
    """What the bytes of one picture told."""

    media_type: str
    width: int  # upright, in pixels
    height: int
    orientation: int  # EXIF 1..8 as stored
    digest: bytes  # BLAKE3 of the whole object
    placeholder: bytes  # ThumbHash
    thumbnail: bytes  # WebP
    facts: dict[str, Scalar]
    warnings: tuple[str, ...]


def process_bytes(data: bytes, name: str) -> ProcessedImage:
    """Everything that mirrorlake learns from one picture. Raises Unusable with the stage and a sentence.

    `name` is only compared with what the bytes are; it never decides how they are read.
    """
    kind = identify(data[:HEAD_BYTES])
    if isinstance(kind, UnsupportedFormat):
        raise UndecodableObject(Stage.IDENTIFY, unsupported_message(name, kind))
    header = image.probe(data, kind)
    drawn = image.render_thumbnail(data, header)
    lie = suffix_mismatch_warning(name, kind)
    return ProcessedImage(
        media_type=kind.value,
        width=header.width,
        height=header.height,
        orientation=header.orientation,
        digest=blake3.blake3(data).digest(),
        placeholder=drawn.placeholder,
        thumbnail=drawn.thumbnail,
        facts=header.facts,
        warnings=(*((lie,) if lie else ()), *header.warnings, *drawn.warnings),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """The bytes of one job, or why those of a companion could not be had. None where they were not asked for.

    `companions` are in the order of the job's; None for one that is too large to be read.
    """

    image: bytes | None = None
    version: str | None = None  # of the image, where the store keeps versions
    companions: tuple[bytes | StorageError | None, ...] = ()

    @property
    def held(self) -> int:
        """Bytes held in memory."""
        return sum(len(part) for part in (self.image, *self.companions) if isinstance(part, bytes))


def process_object(job: Job, store: Store, thumbnails: Thumbnails) -> Result:
    """Fetch, finish and keep one job. Raises DiskFull or CatalogError only: those end the whole pass."""
    fetched = fetch(job, store)
    return keep(fetched if isinstance(fetched, Result) else finish(job, fetched), thumbnails)


def fetch(job: Job, store: Store) -> Fetched | Result:
    """Read what the job asks for: waiting, no thinking. An ending already, where the image cannot be had."""
    image_bytes: bytes | None = None
    version: str | None = None
    if job.read_image:
        if job.size > MAX_OBJECT_BYTES:
            return Result(result=ResultKind.REFUSED, stage=Stage.FETCH, reason=_too_large(job.size))
        got = _get(store, job.key, job.token, MAX_OBJECT_BYTES)
        if isinstance(got, StorageError):
            return _not_fetched(job, got)
        if len(got.data) != job.size:
            short = f"{len(got.data):,} bytes came where the listing promised {job.size:,}"
            return Result(result=ResultKind.FAILED, stage=Stage.FETCH, reason=short)
        image_bytes, version = got.data, got.info.version
    companions = tuple(_fetched(store, companion) for companion in job.companions)
    return Fetched(image=image_bytes, version=version, companions=companions)


def _fetched(store: Store, companion: CompanionRef) -> bytes | StorageError | None:
    limit = companion.role.max_bytes
    if (companion.size or 0) > limit:
        return None
    read = _get(store, companion.key, companion.token, limit)
    return read if isinstance(read, StorageError) else read.data


def _get(store: Store, key: str, token: str | None, limit: int) -> Body | StorageError:
    try:
        return store.get(key, token=token, limit=limit)
    except StorageError as error:
        return error
    except Exception as error:  # noqa: BLE001  a store that breaks its contract costs this object, not the pass
        return StorageError(f"Reading went wrong unexpectedly ({type(error).__name__}: {error}).")


def _not_fetched(job: Job, error: StorageError) -> Result:
    if isinstance(error, (ObjectGone, ObjectChanged)):
        return Result(result=ResultKind.GONE, stage=Stage.FETCH, reason=str(error))
    if isinstance(error, ObjectTooLarge):
        return Result(result=ResultKind.REFUSED, stage=Stage.FETCH, reason=_too_large(job.size))
    return Result(result=ResultKind.FAILED, stage=Stage.FETCH, reason=str(error))


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderedObject:
    """What was seen of an image, with the thumbnail that is still to be kept."""

    seen: Result
    digest: bytes
    thumbnail: bytes


def keep(finished: RenderedObject | Result, thumbnails: Thumbnails) -> Result:
    """Write the thumbnail: waiting for a disk, no thinking. Raises DiskFull or CatalogError only."""
    if isinstance(finished, Result):
        return finished
    thumbnails.write(finished.digest, finished.thumbnail)
    return finished.seen


def finish(job: Job, fetched: Fetched) -> RenderedObject | Result:
    """Decode and render the image, read the companions: thinking, no waiting."""
    companions: list[CompanionResult] = []
    about_companions: list[str] = []
    for companion, data in zip(job.companions, fetched.companions, strict=True):
        read = _read_companion(job, companion, data)
        if isinstance(read, Result):
            return read
        companions.append(read[0])
        about_companions += read[1]
    if fetched.image is None:
        return Result(result=ResultKind.COMPANIONS_ONLY, companions=tuple(companions), warnings=tuple(about_companions))
    try:
        looked = process_bytes(fetched.image, job.key)
    except UndecodableObject as verdict:
        return Result(result=ResultKind.REFUSED, stage=verdict.stage, reason=verdict.message)
    except MemoryError:
        return Result(
            result=ResultKind.REFUSED, stage=Stage.DECODE, reason="decoding needs more memory than a worker may take"
        )
    except Exception as error:  # noqa: BLE001  a slip of ours on strange bytes costs this object, not the pass
        reason = f"looking at it went wrong unexpectedly ({type(error).__name__}: {error}); please report this file"
        return Result(result=ResultKind.FAILED, stage=Stage.DECODE, reason=reason)
    seen = Result(
        result=ResultKind.PROCESSED,
        picture=ImageFacts(
            media_type=looked.media_type,
            width=looked.width,
            height=looked.height,
            orientation=looked.orientation,
            digest=looked.digest,
            placeholder=looked.placeholder,
            facts=orjson.dumps(looked.facts).decode(),
            version=fetched.version,
        ),
        companions=tuple(companions),
        warnings=(*looked.warnings, *about_companions),
    )
    return RenderedObject(seen=seen, digest=looked.digest, thumbnail=looked.thumbnail)


def _read_companion(
    job: Job, companion: CompanionRef, data: bytes | StorageError | None
) -> tuple[CompanionResult, list[str]] | Result:
    """What a companion holds, with warnings; a bad one is only a warning.

    One that could not be fetched is an ending only where something stands already: a new image is
    imported, and its companion is tried again in the next pass.
    """
    role = companion.role
    nothing = CompanionResult(role=role)
    if isinstance(data, StorageError):
        if job.op in (Op.NEW, Op.SHARED):
            unread = CompanionResult(role=role, unread=True)
            return unread, [f"sidecar {companion.key} was not read yet: {data}"]
        passing = ResultKind.GONE if isinstance(data, (ObjectGone, ObjectChanged)) else ResultKind.FAILED
        return Result(result=passing, stage=Stage.SIDECAR, reason=str(data))
    if data is None:
        large = f"it has {companion.size:,} bytes; at most {role.max_bytes:,} are read"
        return nothing, [f"sidecar {companion.key} was ignored: {large}"]
    try:
        content = READERS[role.name](data)
    except BadSidecar as error:
        return nothing, [f"sidecar {companion.key} was ignored: {error}"]
    warnings = [f"sidecar {companion.key}: {warning}" for warning in content.warnings]
    return CompanionResult(role=role, content=content), warnings


def _too_large(size: int) -> str:
    return f"the object has {size:,} bytes; at most {MAX_OBJECT_BYTES >> 20} MiB are read"
