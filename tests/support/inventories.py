"""Inventories as S3 writes them, of what a store in memory holds now."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import json
from datetime import datetime
from typing import Any, cast
from urllib.parse import quote_plus

import pyarrow as pa
from pyarrow import orc, parquet

from mirrorlake.storage.providers.memory.store import MemoryStore

FOLDER = "reports/photos/daily/"
SCHEMA = pa.schema(
    [
        ("bucket", pa.string()),
        ("key", pa.string()),
        ("version_id", pa.string()),
        ("is_latest", pa.bool_()),
        ("is_delete_marker", pa.bool_()),
        ("size", pa.int64()),
        ("last_modified_date", pa.timestamp("ms")),
        ("e_tag", pa.string()),
        ("storage_class", pa.string()),
    ]
)
CSV_FIELDS = "Bucket, Key, VersionId, IsLatest, IsDeleteMarker, Size, LastModifiedDate, ETag, StorageClass"
SCHEMAS = {
    "CSV": CSV_FIELDS,
    "Parquet": "message s3.inventory { required binary bucket (UTF8); required binary key (UTF8); "
    "optional boolean is_latest; optional boolean is_delete_marker; optional int64 size; "
    "optional int64 last_modified_date (TIMESTAMP_MILLIS); optional binary e_tag (UTF8); }",
    "ORC": "struct<bucket:string,key:string,version_id:string,is_latest:boolean,is_delete_marker:boolean,size:bigint,"
    "last_modified_date:timestamp,e_tag:string,storage_class:string>",
}


def rows_of(store: MemoryStore, bucket: str = "photos") -> list[dict[str, Any]]:
    """The latest version of each object, and what a bucket with versions lists besides."""
    rows: list[dict[str, Any]] = []
    for key, body in store._objects.items():
        if key.startswith("reports/"):
            continue
        info = body.info
        modified = cast("datetime", info.modified).replace(tzinfo=None)
        row = {
            "bucket": bucket, "key": key, "version_id": "v2", "is_latest": True, "is_delete_marker": False,
            "size": info.size, "last_modified_date": modified, "e_tag": info.token, "storage_class": "STANDARD",
        }  # fmt: skip
        older = row | {"version_id": "v1", "is_latest": False, "size": 7, "e_tag": "older"}
        rows += [older, row]
    gone = {"key": "deleted.png", "is_latest": True, "is_delete_marker": True, "size": None, "e_tag": None}
    return [*rows, rows[-1] | gone]


def write_inventory(
    store: MemoryStore,
    created: datetime,
    *,
    kind: str = "CSV",
    bucket: str = "photos",
    rows: list[dict[str, Any]] | None = None,
    files: int = 2,
    folder: str = FOLDER,
) -> str:
    """Write an inventory into the store and return the key of its manifest."""
    rows = rows_of(store, bucket) if rows is None else rows
    listed: list[dict[str, Any]] = []
    for number in range(files):
        data = _encoded(rows[number::files], kind)
        key = f"{folder}data/{kind}-{created:%H%M%S}-{number}"
        store.put(key, data)
        digest = hashlib.md5(data, usedforsecurity=False).hexdigest()
        listed.append({"key": key, "size": len(data), "MD5checksum": digest})
    manifest = {
        "sourceBucket": bucket,
        "destinationBucket": f"arn:aws:s3:::{bucket}",
        "version": "2016-11-30",
        "creationTimestamp": str(int(created.timestamp() * 1000)),
        "fileFormat": kind,
        "fileSchema": SCHEMAS[kind],
        "files": listed,
    }
    return write_manifest(store, created, manifest, folder=folder)


def write_manifest(store: MemoryStore, created: datetime, manifest: dict[str, Any], *, folder: str = FOLDER) -> str:
    """Write a manifest with its checksum."""
    text = json.dumps(manifest).encode()
    place = f"{folder}{created:%Y-%m-%dT%H-%MZ}/"
    store.put(f"{place}manifest.json", text)
    store.put(f"{place}manifest.checksum", f"{hashlib.md5(text, usedforsecurity=False).hexdigest()}\n".encode())
    return f"{place}manifest.json"


def _encoded(rows: list[dict[str, Any]], kind: str) -> bytes:
    if kind == "CSV":
        text = io.StringIO()
        writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n")
        for row in rows:
            values = row | {
                "key": quote_plus(row["key"]),
                "is_latest": str(row["is_latest"]).lower(),
                "is_delete_marker": str(row["is_delete_marker"]).lower(),
                "last_modified_date": f"{row['last_modified_date']:%Y-%m-%dT%H:%M:%S}.000Z",
            }
            writer.writerow("" if values[name] is None else values[name] for name in SCHEMA.names)
        return gzip.compress(text.getvalue().encode())
    table = pa.Table.from_pylist(rows, schema=SCHEMA)
    held = io.BytesIO()
    if kind == "Parquet":
        parquet.write_table(table, held)
    else:
        orc.write_table(table, held)
    return held.getvalue()
