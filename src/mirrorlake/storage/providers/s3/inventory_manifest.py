"""The manifest of an S3 Inventory: what it lists, when, in which files. Pure.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/storage-inventory-location.html
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, cast

import orjson

from mirrorlake.storage.inventories import InventoryRefused

MANIFEST_BYTES = 32 << 20  # a file of it takes 200 bytes, and lists a million objects or more
FILE_BYTES = 1 << 30  # of one data file, which is read as a whole
_ROW_NAME = re.compile(r"[A-Za-z0-9_]+")
# The names of fields in CSV, and those in Parquet and ORC.
FIELDS = {
    "Bucket": "bucket",
    "Key": "key",
    "IsLatest": "is_latest",
    "IsDeleteMarker": "is_delete_marker",
    "Size": "size",
    "LastModifiedDate": "last_modified_date",
    "ETag": "e_tag",
    "StorageClass": "storage_class",
}
NEEDED = ("key", "size", "e_tag")
_NAMES = {column: name for name, column in FIELDS.items()}


class FileFormat(StrEnum):
    """How data files are written."""

    CSV = "CSV"
    ORC = "ORC"
    PARQUET = "Parquet"


@dataclass(frozen=True, slots=True, kw_only=True)
class DataFile:
    """One file of an inventory."""

    key: str
    size: int
    md5: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """A manifest that fits its checksum and its bucket."""

    created: datetime
    bucket: str
    format: FileFormat
    columns: Sequence[str]  # of CSV, in their order, as Parquet and ORC name them
    files: Sequence[DataFile]


def read_manifest(data: bytes, checksum: bytes, *, where: str, bucket: str) -> Manifest:
    """The manifest of this bucket. Raises InventoryRefused."""
    # MD5 is what S3 writes: it shows damage, not forgery.
    if hashlib.md5(data, usedforsecurity=False).hexdigest() != checksum.decode("ascii", "replace").strip().lower():
        raise InventoryRefused(
            f"The inventory {where} is damaged: manifest.json does not fit manifest.checksum.", _NEXT
        )
    try:
        document: Any = orjson.loads(data)
        found = cast("Mapping[str, Any]", document)
        source = str(found["sourceBucket"]).removeprefix("arn:aws:s3:::")
        written = FileFormat(str(found["fileFormat"]))
        created = datetime.fromtimestamp(int(found["creationTimestamp"]) / 1000, UTC)
        columns = _columns(str(found["fileSchema"]), written)
        files = [
            DataFile(key=str(each["key"]), size=int(each["size"]), md5=str(each["MD5checksum"]).lower())
            for each in cast("list[dict[str, Any]]", found["files"])
        ]
    except (orjson.JSONDecodeError, LookupError, TypeError, ValueError, OverflowError) as error:
        raise InventoryRefused(
            f"The inventory {where} cannot be used: its manifest is not one of S3 ({type(error).__name__}).", _NEXT
        ) from error
    if source != bucket:
        raise InventoryRefused(
            f"The inventory {where} lists the bucket {source}, not {bucket}.",
            "Specify the folder of an inventory of this bucket: it ends with the bucket and the name of the inventory.",
        )
    missing = [_NAMES[name] for name in NEEDED if name not in columns]
    if missing:
        raise InventoryRefused(
            f"The inventory {where} lacks the field {missing[0]}.", "Add it to the configuration of the inventory."
        )
    if any(not 0 <= file.size <= FILE_BYTES for file in files):
        raise InventoryRefused(f"The inventory {where} has a file of more than {FILE_BYTES:,} bytes.", _NEXT)
    return Manifest(created=created, bucket=bucket, format=written, columns=columns, files=files)


def _columns(schema: str, written: FileFormat) -> list[str]:
    """The columns of a schema: `Bucket, Key, …` of CSV, else every name in the text of the other formats."""
    if written is FileFormat.CSV:
        return [FIELDS.get(name.strip(), name.strip()) for name in schema.split(",")]
    return [name for name in _ROW_NAME.findall(schema) if name in _NAMES]


_NEXT = "Wait for the next inventory, or check its configuration."
