"""The Arrow schema of assets as rows of a table: what exports write, what snapshots freeze and what datasets read.

Columns may be added; a column keeps its name, type and meaning. Docs: `docs/reference/arrow-schema.md`, generated from
the descriptions here.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from typing import Any, Final

import pyarrow as pa

from mirrorlake.core.errors import UsageError
from mirrorlake.model.columns import TIME
from mirrorlake.model.media import FACT_TYPES

VERSION: Final = "1"  # grows if a column changes its type or meaning
METADATA_COLUMN: Final = "metadata."  # begins the name of a column with the values of one metadata key
FACT_COLUMN: Final = "facts."  # begins the name of a column with the values of one fact
DESCRIPTION: Final = b"description"
FIELDS_LIMIT: Final = 200
_VERSIONED: Final[dict[bytes | str, bytes | str]] = {"mirrorlake.schema": VERSION}


_FACT_COLUMNS: Final[Mapping[type, pa.DataType]] = {
    str: pa.string(), int: pa.int64(), float: pa.float64(), bool: pa.bool_(), list: pa.list_(pa.string()),
}  # fmt: skip


def _described(name: str, kind: pa.DataType, description: str, *, nullable: bool = True) -> pa.Field[Any]:
    return pa.field(name, kind, nullable=nullable, metadata={DESCRIPTION: description.encode()})


# One annotation: its class, its box relative to the image, and the exact geometry of other shapes.
ANNOTATION: Final = pa.struct(
    [
        _described("ontology", pa.string(), "Ontology of the class."),
        _described("class", pa.string(), "Name of the class."),
        _described(
            "shape", pa.string(), "Shape: box, polygon, rotated_box, classification, keypoints, mask or polyline."
        ),
        _described("x", pa.float64(), "Left edge of the box around it, 0 to 1; null for a classification."),
        _described("y", pa.float64(), "Top edge, 0 to 1."),
        _described("width", pa.float64(), "Width, 0 to 1."),
        _described("height", pa.float64(), "Height, 0 to 1."),
        _described("geometry", pa.string(), "JSON object with the exact geometry of other shapes; null for a box."),
        _described("attributes", pa.string(), "JSON object with the attributes."),
        _described("source", pa.string(), "Origin: user, import or bucket."),
    ]
)

ASSETS: Final = pa.schema(
    [
        _described("id", pa.string(), "Id of the asset, which outlives changes of its bytes.", nullable=False),
        _described("name", pa.string(), "Name for people.", nullable=False),
        _described("key", pa.string(), "Object key, byte-exact; relative to the folder for file://.", nullable=False),
        _described("uri", pa.string(), "Percent-encoded address of the object.", nullable=False),
        _described("datasource", pa.string(), "Name of the datasource that governs the asset.", nullable=False),
        _described("kind", pa.string(), "Kind: image, video, document, audio or text.", nullable=False),
        _described("media_type", pa.string(), "Media type, from the bytes.", nullable=False),
        _described("size", pa.int64(), "Bytes.", nullable=False),
        _described("width", pa.int32(), "Pixels, upright; null for media without a size."),
        _described("height", pa.int32(), "Pixels, upright; null for media without a size."),
        _described("token", pa.string(), "The bucket's opaque change token of these bytes.", nullable=False),
        _described("version", pa.string(), "Id of the version that was read, if the bucket is versioned."),
        _described("digest", pa.string(), "BLAKE3 of the bytes, hexadecimal; null if it was not read as a whole."),
        _described("state", pa.string(), "State: present, missing or trash.", nullable=False),
        _described("created", TIME, "When the asset was imported.", nullable=False),
        _described("updated", TIME, "When the asset changed last.", nullable=False),
        _described("modified", TIME, "When the object was modified, by the bucket's clock."),
        _described("tags", pa.list_(pa.string()), "Tags, in order.", nullable=False),
        _described("projects", pa.list_(pa.string()), "Names of the projects that hold the asset.", nullable=False),
        _described("split", pa.string(), "Split in the exported project or snapshot: train, valid or test; else null."),
        _described("metadata", pa.string(), "JSON object: the metadata by key.", nullable=False),
        _described("facts", pa.string(), "JSON object: facts from the bytes, such as the camera.", nullable=False),
        _described("annotations", pa.list_(ANNOTATION), "Annotations of all ontologies, in order.", nullable=False),
    ],
    metadata=_VERSIONED,
)


def check_fields(fields: Sequence[str] | None) -> tuple[str, ...]:
    """The names of the columns to export, in order: all columns of ASSETS for None.

    `metadata.KEY` is a column with the values of one key, `facts.NAME` one with those of one fact. Raises UsageError
    for an unknown or repeated name.
    """
    if fields is None:
        return tuple(ASSETS.names)
    if not fields or len(fields) > FIELDS_LIMIT:
        raise UsageError(f"An export has 1 to {FIELDS_LIMIT} fields.", "Name fields, such as id,uri,metadata.site.")
    seen: set[str] = set()
    for name in fields:
        fact = fact_name(name)
        if fact is not None and fact not in FACT_TYPES:
            near = difflib.get_close_matches(fact, FACT_TYPES, n=1)
            raise UsageError(
                f"Unknown fact {fact!r}.",
                f"Did you mean {FACT_COLUMN}{near[0]}?" if near else f"Facts are {', '.join(sorted(FACT_TYPES))}.",
            )
        if name not in ASSETS.names and fact is None and not metadata_key(name):
            raise UsageError(
                f"Unknown field {name!r}.",
                f"Use {', '.join(ASSETS.names)}, metadata.KEY for the values of one key, or facts.NAME for those of a"
                " fact.",
            )
        if name in seen:
            raise UsageError(f"The field {name!r} is named twice.", "Name it once.")
        seen.add(name)
    return tuple(fields)


def metadata_key(field: str) -> str | None:
    """The metadata key whose values a column has; None for the other columns."""
    return field.removeprefix(METADATA_COLUMN) if field.startswith(METADATA_COLUMN) else None


def fact_name(field: str) -> str | None:
    """The fact whose values a column has; None for the other columns."""
    return field.removeprefix(FACT_COLUMN) if field.startswith(FACT_COLUMN) else None


def fact_kind(name: str) -> pa.DataType:
    """The type of the column of a fact."""
    return _FACT_COLUMNS[FACT_TYPES[name]]


def schema_of(fields: Sequence[str], kinds: dict[str, pa.DataType]) -> pa.Schema:
    """The schema of an export with these columns; `kinds` has the types of metadata keys."""
    made: dict[str, pa.Field[Any]] = {name: ASSETS.field(name) for name in fields if name in ASSETS.names}
    named = {name: key for name in fields if (key := metadata_key(name)) is not None}
    made |= {name: pa.field(name, kinds[key]) for name, key in named.items()}
    facts = {name: fact for name in fields if (fact := fact_name(name)) is not None}
    made |= {name: pa.field(name, fact_kind(fact)) for name, fact in facts.items()}
    return pa.schema([made[name] for name in fields], metadata=_VERSIONED)
