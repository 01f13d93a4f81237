"""Process one object: fetch, identify, probe, decode, render, read its companions. Any step may end it early."""

from __future__ import annotations

from dataclasses import dataclass, replace

import blake3
import orjson

from mirrorlake.core.errors import (
    BadSidecar,
    MirrorlakeError,
    ObjectArchived,
    ObjectChanged,
    ObjectGone,
    ObjectTooLarge,
    RangesUnsupported,
    ReadTooMuch,
    StorageError,
)
from mirrorlake.formats.codec import Content, FirstBytes, Rendered
from mirrorlake.formats.header import Header, read_header
from mirrorlake.formats.identify import identify, suffix_mismatch_warning, unsupported_message
from mirrorlake.formats.magic import HEAD_BYTES
from mirrorlake.formats.registry import (
    HEADER_BYTES,
    MAX_OBJECT_BYTES,
    Format,
    HeaderPlace,
    format_of_name,
    has_header,
    possible_kinds,
)
from mirrorlake.formats.sides import only_facts
from mirrorlake.formats.stages import Stage, TooManyPixels, UndecodableObject
from mirrorlake.formats.unsupported import UnsupportedFormat
from mirrorlake.model.looking import LOOK_AT_ALL, Depth, Looking
from mirrorlake.model.media import ImageFacts, MediaFacts, MediaKind, facts_to_json, pixel_size
from mirrorlake.model.outcomes import Op, ResultKind
from mirrorlake.plan.policies import reject, reject_size
from mirrorlake.processing.in_parts import render_in_parts
from mirrorlake.processing.rows import CompanionRef, CompanionResult, Job, ProcessedMedia, Result
from mirrorlake.select.companion_readers import READERS
from mirrorlake.storage.base import Body, Store
from mirrorlake.storage.ranged import RangedObject

HASHED = frozenset({MediaKind.IMAGE, MediaKind.VIDEO})  # pages of text all look alike


class RejectedObject(MirrorlakeError):
    """The bytes could become an asset, but a policy of the datasource does not allow it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessedObject:
    """The content of one object."""

    media_type: str
    digest: bytes | None  # BLAKE3 of the whole object; None if only parts were read
    sample_digest: bytes | None  # of those parts; None if it was read whole
    facts: MediaFacts
    rendered: Rendered | None  # None for content without a picture
    warnings: tuple[str, ...]


def process_bytes(data: bytes | RangedObject, name: str, looking: Looking = LOOK_AT_ALL) -> ProcessedObject:
    """All facts about one object. Raises UndecodableObject with the stage and the reason; other kinds are refused too.

    Raises RejectedObject, before it decodes, if a policy does not allow it.

    `name` is only compared with the detected format; it never decides how the bytes are read.
    """
    found = identify(_head(data), name)
    if isinstance(found, UnsupportedFormat) or not possible_kinds(found) & looking.media:
        raise UndecodableObject(Stage.IDENTIFY, unsupported_message(name, found))
    part: Content = data
    if isinstance(data, RangedObject) and found.header is HeaderPlace.FIRST:
        part = FirstBytes(data.head(HEADER_BYTES))
    with only_facts(wanted=looking.depth is Depth.HEADER):
        header = read_header(found, part)
    found, probe = header.format, header.probe
    if found.kind not in looking.media:
        raise UndecodableObject(Stage.IDENTIFY, unsupported_message(name, found))
    violation = reject(looking.policies, name, probe.facts, found.name)
    if violation is not None:
        raise RejectedObject(violation)
    rendered, left_out = _render(header, part) if looking.depth is Depth.FULL else (None, ())
    mismatch = suffix_mismatch_warning(name, found)
    return ProcessedObject(
        media_type=found.media_type,
        digest=blake3.blake3(data).digest() if isinstance(data, bytes) else None,
        sample_digest=None if isinstance(data, bytes) else data.sample_digest(),
        facts=probe.facts,
        rendered=rendered,
        warnings=(
            *((mismatch,) if mismatch else ()),
            *probe.warnings,
            *(rendered.warnings if rendered else ()),
            *left_out,
        ),
    )


def _render(header: Header, data: Content) -> tuple[Rendered | None, tuple[str, ...]]:
    if isinstance(data, RangedObject):
        return render_in_parts(header.codec, data, header.probe)
    return header.codec.render(data, header.probe), ()


def _head(data: bytes | RangedObject) -> bytes:
    return data[:HEAD_BYTES] if isinstance(data, bytes) else data.head(HEAD_BYTES)


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchedObject:
    """The bytes of one job, or the error of a companion. `image` is None if it was not to be read.

    A RangedObject is read further while it is decoded.

    `companions` are in the order of the job's; None for one that is too large to read.
    """

    image: bytes | RangedObject | None = None
    version: str | None = None  # of the image, if the store keeps versions
    companions: tuple[bytes | StorageError | None, ...] = ()

    @property
    def held(self) -> int:
        """Bytes held in memory."""
        return sum(len(part) for part in (self.image, *self.companions) if isinstance(part, bytes))


@dataclass(frozen=True, slots=True, kw_only=True)
class NeedsRoom:
    """A job that holds more bytes than were reserved for it. Do this one in its place, once there is room for it."""

    job: Job


def process_object(job: Job, store: Store, looking: Looking = LOOK_AT_ALL) -> Result:
    """Fetch and decode one job."""
    found: FetchedObject | Result | NeedsRoom = NeedsRoom(job=job)
    while isinstance(found, NeedsRoom):
        job = found.job
        found = fetch(job, store, looking)
        if isinstance(found, FetchedObject):
            found = finish(job, found, looking)
    return found


def fetch(job: Job, store: Store, looking: Looking = LOOK_AT_ALL) -> FetchedObject | Result | NeedsRoom:
    """Read the bytes of a job: I/O, no computation. Returns a Result if the image cannot or must not be read."""
    image: bytes | RangedObject | None = None
    version: str | None = None
    if job.read_image:
        absent = _absent_reason(job)
        if absent is not None and looking.depth is not Depth.NONE:
            return Result(result=ResultKind.SKIPPED, stage=Stage.FETCH, reason=absent)
        named = format_of_name(job.key)
        kind, form = (named.kind, named.name) if named else (None, "")
        violation = reject_size(looking.policies, job.key, job.size, kind, form)
        if violation is not None:
            return _rejected(violation, looking)
    if job.read_image and looking.depth is not Depth.NONE:
        read = _fetch_image(job, store, looking)
        if isinstance(read, Result | NeedsRoom):
            return read
        image, version = read
    companions = tuple(_fetch_companion(store, companion) for companion in job.companions)
    return FetchedObject(image=image, version=version, companions=companions)


def _fetch_image(
    job: Job, store: Store, looking: Looking
) -> tuple[bytes | RangedObject, str | None] | Result | NeedsRoom:
    if not job.in_parts(looking):
        return _fetch_whole(job, store, looking)
    return _read_whole(job, looking) if looking.whole else _fetch_ranged(job, store, looking)


def _fetch_whole(job: Job, store: Store, looking: Looking) -> tuple[bytes, str | None] | Result:
    """The bytes of an object, and their version."""
    limit = _byte_limit(job)
    if job.size > limit:
        return Result(
            result=ResultKind.REFUSED,
            stage=Stage.FETCH,
            reason=_too_large_message(job),
            policies=looking.fingerprint if has_header(job.key, job.size) else None,  # its facts may need less
        )
    got = _get(store, job.key, job.token, job.size, limit)
    return _fetch_error_result(job, got) if isinstance(got, StorageError) else (got.data, got.info.version)


def _fetch_ranged(job: Job, store: Store, looking: Looking) -> tuple[RangedObject, str | None] | Result | NeedsRoom:
    """An object of which parts will be read, if that is possible."""
    image = RangedObject(store, job.key, token=job.token, size=job.size)
    try:
        head = image.head(HEAD_BYTES)
    except RangesUnsupported as error:
        return _read_whole(job, looking, error)
    except StorageError as error:
        return _fetch_error_result(job, error)
    except Exception as error:  # noqa: BLE001  a store that breaks its contract fails this object, not the pass
        return _fetch_error_result(job, _unexpected(error))
    found = identify(head, job.key)
    if isinstance(found, Format) and found.ranged_from is None:
        by_header = looking.depth is Depth.HEADER and found.header is not HeaderPlace.WHOLE
        return (image, image.version) if by_header else _read_whole(job, looking)
    return image, image.version


def _read_whole(job: Job, looking: Looking, failure: StorageError | None = None) -> Result | NeedsRoom:
    """What becomes of an object of which parts are not enough, or cannot be read."""
    if failure is None or job.size <= _byte_limit(job):
        return NeedsRoom(job=replace(job, whole=True))
    if isinstance(failure, RangesUnsupported):  # a proxy may have answered: each pass tries again
        return _fetch_error_result(job, failure)
    # Another depth may need less.
    return Result(result=ResultKind.REFUSED, stage=Stage.FETCH, reason=str(failure), policies=looking.fingerprint)


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
        return _unexpected(error)
    if size is None or size in (body.info.size, len(body.data)):
        return body
    return StorageError(f"{body.info.size:,} bytes were received, but the listing has {size:,}")


def _unexpected(error: Exception) -> StorageError:
    return StorageError(f"Unexpected error while reading ({type(error).__name__}: {error}).")


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


def finish(job: Job, fetched: FetchedObject, looking: Looking = LOOK_AT_ALL) -> Result | NeedsRoom:
    """Decode and render the object, and read its companions: computation, and I/O only for a RangedObject."""
    companions: list[CompanionResult] = []
    companion_warnings: list[str] = []
    for companion, data in zip(job.companions, fetched.companions, strict=True):
        read = _read_companion(job, companion, data)
        if isinstance(read, Result):
            return read
        companions.append(read[0])
        companion_warnings += read[1]
    if job.read_image and looking.depth is Depth.NONE:
        return Result(
            result=ResultKind.PROCESSED,
            media=_registered(job),
            companions=tuple(companions),
            warnings=tuple(companion_warnings),
        )
    if fetched.image is None:
        return Result(
            result=ResultKind.COMPANIONS_ONLY, companions=tuple(companions), warnings=tuple(companion_warnings)
        )
    image = fetched.image
    outcome = _decode(job, image, looking)
    failure = image.failure if isinstance(image, RangedObject) else None
    if isinstance(image, RangedObject) and (
        isinstance(failure, RangesUnsupported | ReadTooMuch)
        or (failure is None and _needs_more(job, image, outcome, looking))
    ):
        return _read_whole(job, looking, failure)
    if failure is not None:  # whatever was made of the rest
        return _fetch_error_result(job, failure)
    if isinstance(outcome, Result | NeedsRoom):
        return outcome
    return Result(
        result=ResultKind.PROCESSED,
        media=_media(outcome, fetched.version, looking.depth),
        thumbnail=None if outcome.rendered is None else outcome.rendered.thumbnail,
        companions=tuple(companions),
        warnings=(*outcome.warnings, *companion_warnings),
    )


def _needs_more(job: Job, image: RangedObject, outcome: ProcessedObject | Result | NeedsRoom, looking: Looking) -> bool:
    """Whether a header could not be read by the first bytes alone, and all of the object may be."""
    if looking.depth is not Depth.HEADER or not isinstance(outcome, Result) or job.size > _byte_limit(job):
        return False
    found = identify(image.head(HEAD_BYTES), job.key)
    refused = outcome.result is ResultKind.REFUSED and outcome.stage is Stage.PROBE
    return refused and isinstance(found, Format) and found.header is HeaderPlace.FIRST


def _registered(job: Job) -> ProcessedMedia:
    """What is known of an object that is not read: its name has the suffix of a format."""
    named = format_of_name(job.key)
    if named is None:
        raise ValueError(f"{job.key!r} is not named like an object of a supported format")
    return ProcessedMedia(
        kind=named.kind,
        media_type=named.media_type,
        width=None,
        height=None,
        orientation=None,
        digest=None,
        sample_digest=None,
        placeholder=None,
        picture_hash=None,
        facts="{}",
        version=None,
        depth=Depth.NONE.number,
    )


def _decode(job: Job, image: bytes | RangedObject, looking: Looking) -> ProcessedObject | Result | NeedsRoom:
    try:
        return process_bytes(image, job.key, looking)
    except UndecodableObject as verdict:
        policies = looking.fingerprint if isinstance(verdict, TooManyPixels) else None  # its facts may be read
        return Result(result=ResultKind.REFUSED, stage=verdict.stage, reason=verdict.message, policies=policies)
    except RejectedObject as violation:
        return _rejected(violation.message, looking)
    except MemoryError:
        if not job.alone:  # other objects may have taken the memory
            return NeedsRoom(job=replace(job, alone=True))
        return Result(
            result=ResultKind.REFUSED, stage=Stage.DECODE, reason="decoding needs more memory than a worker may take"
        )
    except Exception as error:  # noqa: BLE001  a bug met with strange bytes fails this object, not the pass
        reason = f"unexpected error while processing ({type(error).__name__}: {error}); please report this file"
        return Result(result=ResultKind.FAILED, stage=Stage.DECODE, reason=reason)


def _rejected(reason: str, looking: Looking) -> Result:
    return Result(result=ResultKind.REJECTED, stage=Stage.POLICY, reason=reason, policies=looking.fingerprint)


def _media(processed: ProcessedObject, version: str | None, depth: Depth) -> ProcessedMedia:
    facts, rendered = processed.facts, processed.rendered
    width, height = pixel_size(facts) or (None, None)
    return ProcessedMedia(
        kind=facts.kind,
        media_type=processed.media_type,
        width=width,
        height=height,
        orientation=facts.orientation if isinstance(facts, ImageFacts) else None,
        digest=processed.digest,
        sample_digest=processed.sample_digest,
        placeholder=None if rendered is None else rendered.placeholder,
        picture_hash=None if rendered is None or facts.kind not in HASHED else rendered.picture_hash,
        facts=orjson.dumps(facts_to_json(facts)).decode(),
        version=version,
        depth=depth.number,
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
