"""The Arrow layouts of all stages from a listing to the catalog.

    LISTING ──select, pair──▶ CANDIDATES ──diff with KNOWN──▶ CHANGES ──read──▶ PROCESSED ──▶ catalog

Everything that lists or reads in key order does so in the byte order of the UTF-8 key
(PostgreSQL's COLLATE "C", the order in which S3 lists).
"""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from mirrorlake.model.companions import ROLES

TIME = pa.timestamp("us", tz="UTC")

# Objects as listed by a store. `token` is the store's opaque change token (S3: the ETag without its quotes; Google: the
# generation; a folder: inode and modification time in ns); together with `size` it decides whether an object changed.
_LISTING: list[pa.Field[Any]] = [
    pa.field("key", pa.string(), nullable=False),
    pa.field("size", pa.int64(), nullable=False),
    pa.field("token", pa.string(), nullable=False),
    pa.field("modified", TIME),
    pa.field("storage_class", pa.string()),
]
LISTING = pa.schema(_LISTING)

# Of each companion role: `metadata_key`, `metadata_token`, `metadata_size`. All null without a companion.
_COMPANIONS: list[pa.Field[Any]] = [
    pa.field(name, kind)
    for role in ROLES
    for name, kind in ((role.key, pa.string()), (role.token, pa.string()), (role.size, pa.int64()))
]

# Listed objects that a datasource selects, each with the companions that serve it.
# `skip` is a reason known before any byte is read ("empty object", "storage class GLACIER"), else null.
# `config` is the position of the mirror config that governs the object.
_CANDIDATES: list[pa.Field[Any]] = [
    *_LISTING,
    *_COMPANIONS,
    pa.field("skip", pa.string()),
    pa.field("config", pa.int8()),
]
CANDIDATES = pa.schema(_CANDIDATES)


# The known objects of the catalog, read in key order for the diff. Kept narrow: all rows are read in every pass.
# `companions` is the fingerprint of all companions (`select.fingerprints`), null without any.
_KNOWN: list[pa.Field[Any]] = [
    pa.field("key", pa.string(), nullable=False),
    pa.field("token", pa.string(), nullable=False),
    pa.field("size", pa.int64(), nullable=False),
    pa.field("companions", pa.string()),
    pa.field("state", pa.int16(), nullable=False),  # KnownState
]
KNOWN = pa.schema(_KNOWN)


# The plan of a pass: one row for each object that is not simply unchanged.
# `old_key` is set for MOVED. For VANISHED only key, token, size and known_state are set (`config` is null).
# `metadata_differs`, and the like of each role, is true for COMPANION, MOVED, RETURNED and SHARED rows whose companion
# differs from the known one: it must be read, or it is gone.
_CHANGES: list[pa.Field[Any]] = [
    pa.field("op", pa.int8(), nullable=False),  # Op
    *_CANDIDATES,
    pa.field("known_state", pa.int16()),  # KnownState, null for unknown keys
    *(pa.field(role.differs, pa.bool_(), nullable=False) for role in ROLES),
    pa.field("old_key", pa.string()),
]
CHANGES = pa.schema(_CHANGES)


# Results of processing for the catalog: CHANGES' columns (which object, which companions), then the facts.
_PROCESSED: list[pa.Field[Any]] = [
    *_CHANGES,
    pa.field("result", pa.int8(), nullable=False),  # ResultKind
    pa.field("stage", pa.string()),  # of REFUSED, REJECTED, FAILED or GONE: a `formats.stages.Stage`
    pa.field("reason", pa.string()),  # one sentence for REFUSED, REJECTED, FAILED and GONE
    pa.field("kind", pa.string()),  # MediaKind
    pa.field("media_type", pa.string()),  # from the bytes, never the name
    pa.field("width", pa.int32()),  # upright, in pixels; null for media without a size
    pa.field("height", pa.int32()),
    pa.field("orientation", pa.int16()),  # of images: EXIF 1..8 as stored in the file
    pa.field("digest", pa.binary(32)),  # BLAKE3 of the bytes; null if only parts were read
    pa.field("sample_digest", pa.binary(32)),  # of those parts, which then names the thumbnail
    pa.field("placeholder", pa.binary()),  # ThumbHash, about 25 bytes; null if there is no thumbnail
    pa.field("picture_hash", pa.int64()),  # of what images and videos show; see formats.picture_hash
    pa.field("facts", pa.string()),  # JSON object: the facts of the media kind, such as channels or pages
    pa.field("depth", pa.int16()),  # of PROCESSED: the number of a Depth
    pa.field("version", pa.string()),  # id of the version that was read, if the store keeps versions
    pa.field("policies", pa.int64()),  # of REJECTED: the fingerprint of the policies (`model.policies`)
    *(pa.field(name, pa.string()) for role in ROLES for name in (role.values, role.document)),
    pa.field("warnings", pa.list_(pa.string())),  # sentences: invalid companion, name does not match the content
    pa.field("thumbnail", pa.binary()),  # WebP, stored before the row is committed; null if there is none
]
PROCESSED = pa.schema(_PROCESSED)
