"""Process one object: fetch, identify, probe, decode, draw, read its sidecar. Each step may end it with a reason."""

from __future__ import annotations

from dataclasses import dataclass

import blake3
import orjson

from mirrorlake.core.errors import ObjectChanged, ObjectGone, ObjectTooLarge, StorageError
from mirrorlake.formats.codec import Rendered
from mirrorlake.formats.identify import identify, suffix_mismatch_warning, unsupported_message
from mirrorlake.formats.magic import HEAD_BYTES
from mirrorlake.formats.registry import MAX_OBJECT_BYTES, UnsupportedFormat, format_of_name
from mirrorlake.formats.stages import Stage, UndecodableObject
from mirrorlake.model.media import ImageFacts, MediaFacts, facts_to_json, pixel_size
from mirrorlake.model.outcomes import Op, ResultKind
from mirrorlake.processing.rows import Job, ProcessedMedia, Result
from mirrorlake.processing.thumbnails import Thumbnails
from mirrorlake.select.metadata import MAX_SIDECAR_BYTES, BadSidecar, read_sidecar
from mirrorlake.storage.base import Body, Store


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessedObject:
    """What the bytes of one object are."""

    media_type: str
    digest: bytes  # BLAKE3 of the whole object
    facts: MediaFacts
    rendered: Rendered | None  # None for what has no picture
    warnings: tuple[str, ...]


def process_bytes(data: bytes, name: str) -> ProcessedObject:
    """Everything that the library learns from one object. Raises UndecodableObject with the stage and a sentence.

    `name` is only compared with what the bytes are; it never decides how they are read.
    """
    found = identify(data[:HEAD_BYTES])
    if isinstance(found, UnsupportedFormat):
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
class Fetched:
    """The bytes of one job, or why the sidecar's could not be had. None where they were not asked for."""

    image: bytes | None = None
    version: str | None = None  # of the image, where the store keeps versions
    sidecar: bytes | StorageError | None = None

    @property
    def held(self) -> int:
        """Bytes held in memory."""
        return sum(len(part) for part in (self.image, self.sidecar) if isinstance(part, bytes))


def process_object(job: Job, store: Store, thumbnails: Thumbnails) -> Result:
    """Fetch, finish and keep one job. Raises DiskFull or CatalogError only: those end the whole pass."""
    fetched = fetch(job, store)
    return keep(fetched if isinstance(fetched, Result) else finish(job, fetched), thumbnails)


def fetch(job: Job, store: Store) -> Fetched | Result:
    """Read what the job asks for: waiting, no thinking. An ending already, where the image cannot be had."""
    image_bytes: bytes | None = None
    version: str | None = None
    if job.read_image:
        limit = _byte_limit(job)
        if job.size > limit:
            return Result(result=ResultKind.REFUSED, stage=Stage.FETCH, reason=_too_large(job))
        got = _get(store, job.key, job.token, limit)
        if isinstance(got, StorageError):
            return _not_fetched(job, got)
        if len(got.data) != job.size:
            short = f"{len(got.data):,} bytes came where the listing promised {job.size:,}"
            return Result(result=ResultKind.FAILED, stage=Stage.FETCH, reason=short)
        image_bytes, version = got.data, got.info.version
    sidecar: bytes | StorageError | None = None
    if job.sidecar_key is not None and (job.sidecar_size or 0) <= MAX_SIDECAR_BYTES:
        read = _get(store, job.sidecar_key, job.sidecar_token, MAX_SIDECAR_BYTES)
        sidecar = read if isinstance(read, StorageError) else read.data
    return Fetched(image=image_bytes, version=version, sidecar=sidecar)


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
        return Result(result=ResultKind.REFUSED, stage=Stage.FETCH, reason=_too_large(job))
    return Result(result=ResultKind.FAILED, stage=Stage.FETCH, reason=str(error))


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderedObject:
    """What was seen of an object, with the thumbnail that is still to be kept."""

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
    """Decode and draw the object, read the sidecar: computation, no waiting."""
    values = _read_sidecar(job, fetched.sidecar)
    if isinstance(values, Result):
        return values
    if fetched.image is None:
        return Result(
            result=ResultKind.SIDECAR_ONLY,
            metadata=values.metadata,
            sidecar=values.whole,
            warnings=values.warnings,
            sidecar_unread=values.unread,
        )
    try:
        processed = process_bytes(fetched.image, job.key)
    except UndecodableObject as verdict:
        return Result(result=ResultKind.REFUSED, stage=verdict.stage, reason=verdict.message)
    except MemoryError:
        return Result(
            result=ResultKind.REFUSED, stage=Stage.DECODE, reason="decoding needs more memory than a worker may take"
        )
    except Exception as error:  # noqa: BLE001  a slip of ours on strange bytes costs this object, not the pass
        reason = f"processing it went wrong unexpectedly ({type(error).__name__}: {error}); please report this file"
        return Result(result=ResultKind.FAILED, stage=Stage.DECODE, reason=reason)
    seen = Result(
        result=ResultKind.PROCESSED,
        media=_media(processed, fetched.version),
        metadata=values.metadata,
        sidecar=values.whole,
        warnings=(*processed.warnings, *values.warnings),
        sidecar_unread=values.unread,
    )
    if processed.rendered is None:
        return seen
    return RenderedObject(seen=seen, digest=processed.digest, thumbnail=processed.rendered.thumbnail)


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


@dataclass(frozen=True, slots=True, kw_only=True)
class _SidecarValues:
    metadata: str | None = None
    whole: str | None = None
    warnings: tuple[str, ...] = ()
    unread: bool = False


def _read_sidecar(job: Job, data: bytes | StorageError | None) -> _SidecarValues | Result:
    """The sidecar's values; a bad sidecar is only a warning.

    One that could not be fetched is an ending only where something stands already: a new image is
    imported, and its sidecar is tried again in the next pass.
    """
    if job.sidecar_key is None:
        return _SidecarValues()
    if isinstance(data, StorageError):
        if job.op in (Op.NEW, Op.SHARED):
            return _SidecarValues(unread=True, warnings=(f"sidecar {job.sidecar_key} was not read yet: {data}",))
        passing = ResultKind.GONE if isinstance(data, (ObjectGone, ObjectChanged)) else ResultKind.FAILED
        return Result(result=passing, stage=Stage.SIDECAR, reason=str(data))
    if data is None:
        large = f"it has {job.sidecar_size:,} bytes; at most {MAX_SIDECAR_BYTES:,} are read"
        return _SidecarValues(warnings=(f"sidecar {job.sidecar_key} was ignored: {large}",))
    try:
        sidecar = read_sidecar(data)
    except BadSidecar as error:
        return _SidecarValues(warnings=(f"sidecar {job.sidecar_key} was ignored: {error}",))
    return _SidecarValues(
        metadata=orjson.dumps(sidecar.values).decode(),
        whole=sidecar.whole,
        warnings=tuple(f"sidecar {job.sidecar_key}: {warning}" for warning in sidecar.warnings),
    )


def _byte_limit(job: Job) -> int:
    named = format_of_name(job.key)
    return MAX_OBJECT_BYTES if named is None else named.max_bytes


def _too_large(job: Job) -> str:
    return f"the object has {job.size:,} bytes; at most {_byte_limit(job) >> 20} MiB are read"
