"""The Arrow layouts that flow from a listing to the catalog. One place, so that no stage guesses.

    LISTING ──select, pair──▶ CANDIDATES ──diff with KNOWN──▶ CHANGES ──look──▶ LOOKED ──▶ catalog

Everything that lists or reads in key order does so in the byte order of the UTF-8 key
(PostgreSQL's COLLATE "C", the order in which S3 lists).
"""

from __future__ import annotations

from enum import IntEnum
from typing import Any

import pyarrow as pa

TIME = pa.timestamp("us", tz="UTC")

# What a store listed. `token` is the store's opaque change token (S3: the ETag without its quotes;
# a folder: inode and modification time in ns); together with `size` it decides whether an object changed.
_LISTING: list[pa.Field[Any]] = [
    pa.field("key", pa.string(), nullable=False),
    pa.field("size", pa.int64(), nullable=False),
    pa.field("token", pa.string(), nullable=False),
    pa.field("modified", TIME),
    pa.field("storage_class", pa.string()),
]
LISTING = pa.schema(_LISTING)

# Listed objects that a datasource selects, each with its sidecar.
# `skip` is a reason known before any byte is read ("empty object", "storage class GLACIER"), else null.
# `config` is the index, among the datasource's mirror configs, of the one that governs the object.
_CANDIDATES: list[pa.Field[Any]] = [
    *_LISTING,
    pa.field("sidecar_key", pa.string()),
    pa.field("sidecar_token", pa.string()),
    pa.field("sidecar_size", pa.int64()),
    pa.field("skip", pa.string()),
    pa.field("config", pa.int8()),
]
CANDIDATES = pa.schema(_CANDIDATES)


class KnownState(IntEnum):
    """What the catalog knows of an object key."""

    PRESENT = 0
    MISSING = 1  # vanished from its bucket, asset kept
    REFUSED = 2  # read once with this token and found undecodable: not read again until it changes
    TRASHED = 3  # vanished, and its asset was moved to the trash because of that
    KEPT = 4  # vanished, and a person decided about its asset: no pass asks again


# What the catalog knows, read in key order for the diff. Kept narrow: every pass reads it as a whole.
_KNOWN: list[pa.Field[Any]] = [
    pa.field("key", pa.string(), nullable=False),
    pa.field("token", pa.string(), nullable=False),
    pa.field("size", pa.int64(), nullable=False),
    pa.field("sidecar_token", pa.string()),
    pa.field("sidecar_size", pa.int64()),
    pa.field("state", pa.int16(), nullable=False),  # KnownState
]
KNOWN = pa.schema(_KNOWN)


class Op(IntEnum):
    """What a pass does about one object. UNCHANGED ones are counted, never listed."""

    NEW = 0
    CHANGED = 1  # new bytes under a known key
    SIDECAR = 2  # same bytes, changed, added or removed sidecar
    MOVED = 3  # known bytes under a new key
    RETURNED = 4  # had vanished, is back with the same token
    VANISHED = 5  # known, but not in the listing
    SKIPPED = 6  # selected, but a rule excludes it from reading
    REFUSED = 7  # undecodable before, with the same bytes now
    SHARED = 8  # NEW or CHANGED, but another datasource's asset has these bytes already: they are not read again
    GOVERNED = 9  # same bytes, changed sidecar, but an older datasource governs the asset: the sidecar is not read


# The plan of a pass: one row for each object that is not simply unchanged.
# `old_key` is set for MOVED. For VANISHED only key, token, size and known_state are set (`config` is null).
# `sidecar_changed` is set for MOVED, RETURNED and SHARED rows whose sidecar differs from the remembered one.
_CHANGES: list[pa.Field[Any]] = [
    pa.field("op", pa.int8(), nullable=False),  # Op
    *_CANDIDATES,
    pa.field("known_state", pa.int16()),  # KnownState, null if the catalog did not know the key
    pa.field("sidecar_changed", pa.bool_(), nullable=False),
    pa.field("old_key", pa.string()),
]
CHANGES = pa.schema(_CHANGES)


class ResultKind(IntEnum):
    """The result of processing one object."""

    PROCESSED = 0  # decoded; the facts are filled in
    SIDECAR_ONLY = 1  # only the sidecar was read, as requested
    REFUSED = 2  # the bytes are unusable: recorded by token
    FAILED = 3  # a temporary error: retried in the next pass
    GONE = 4  # changed or deleted since it was listed: left to the next pass


# Results of processing for the catalog: CHANGES' columns (which object, which sidecar), then the facts.
_PROCESSED: list[pa.Field[Any]] = [
    *_CHANGES,
    pa.field("result", pa.int8(), nullable=False),  # LookResult
    pa.field("stage", pa.string()),  # fetch, identify, probe, decode, sidecar: where REFUSED, FAILED or GONE arose
    pa.field("reason", pa.string()),  # one clear sentence for REFUSED, FAILED and GONE
    pa.field("media_type", pa.string()),  # from the bytes, never from the name
    pa.field("width", pa.int32()),  # upright, in pixels
    pa.field("height", pa.int32()),
    pa.field("orientation", pa.int16()),  # EXIF 1..8 as stored in the file
    pa.field("digest", pa.binary(32)),  # BLAKE3 of the bytes
    pa.field("placeholder", pa.binary()),  # thumbhash, about 25 bytes
    pa.field("facts", pa.string()),  # JSON object: camera facts, channels, bit depth, ...
    pa.field("version", pa.string()),  # id of the version that was read, if the store keeps versions
    pa.field("metadata", pa.string()),  # JSON object of the flattened sidecar; null = no (usable) sidecar was read
    pa.field("sidecar", pa.string()),  # the whole sidecar as re-serialised JSON; null as above
    pa.field("warnings", pa.list_(pa.string())),  # sentences about the asset: bad sidecar, misleading suffix
]
PROCESSED = pa.schema(_PROCESSED)
