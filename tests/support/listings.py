"""Build listings, known rows and keys for tests of select and plan, and read their results."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

import pyarrow as pa
from hypothesis import strategies as st

from mirrorlake.model.columns import KNOWN, LISTING
from mirrorlake.model.sources import MirrorConfig, MirrorSettings
from mirrorlake.select.rules import Rules, compile_rules

# Short pieces make families collide: folders named like files, several dots, twins of case and normal form.
_PIECES = ["a", "b", "A", "1", "-", ".", "..", "/", "//", "a.", "a.k/", "a.jpg/", "v1.2/", "\n", " ", "é", "e\u0301"]
_PIECES += ["\U0001f600", "\uffee", "%2F", "+", "json", "jpg", "webp", "x" * 40]
_SUFFIXES = [".jpg", ".json", ".JPG", ".png", ".avif", ".webp", ".jpeg", ".jpe", ".JSON", ".Json", ".bmp", ".k", ""]


def taking(*globs: str, prefix: str = "", suffix: str | None = None) -> Rules:
    """The rules of one config with these globs; none takes everything."""
    settings = MirrorSettings(configs=(MirrorConfig(globs=globs),), sidecar_suffix=suffix)
    return compile_rules(settings, prefix=prefix)


def byte_order(key: str) -> bytes:
    """The order of all listings; Python's own order of texts differs beyond U+FFFF."""
    return key.encode()


def keys() -> st.SearchStrategy[str]:
    """Legal keys that are likely to be relatives of each other."""
    built = st.builds(
        lambda pieces, suffix: "".join(pieces) + suffix,
        st.lists(st.sampled_from(_PIECES), min_size=0, max_size=4),
        st.sampled_from(_SUFFIXES),
    )
    long = st.builds(lambda piece, suffix: (piece * 1024)[: 1019 // len(piece.encode())] + suffix, _PIECE, _SUFFIX)
    return st.one_of(built, built, built, long).filter(lambda key: 0 < len(key.encode()) <= 1024)


_PIECE = st.sampled_from(["a", ".", "/", "é"])
_SUFFIX = st.sampled_from([".jpg", ".json"])


@dataclass(frozen=True, kw_only=True)
class Obj:
    """One object of a bucket, as far as a listing shows it."""

    token: str = "t"
    size: int = 1
    storage_class: str | None = "STANDARD"


def listing(objects: Mapping[str, Obj], cuts: Iterable[int] = ()) -> list[pa.RecordBatch]:
    """The bucket's listing, cut before each of the given rows (modulo its length)."""
    rows = [
        {"key": key, "size": objects[key].size, "token": objects[key].token, "modified": None}
        | {"storage_class": objects[key].storage_class}
        for key in sorted(objects, key=byte_order)
    ]
    return cut(pa.RecordBatch.from_pylist(rows, schema=LISTING), cuts)


def known(rows: Iterable[Mapping[str, object]], cuts: Iterable[int] = ()) -> list[pa.RecordBatch]:
    """Known rows in key order. Each may have the token and the size of its metadata file."""
    ordered = sorted(rows, key=lambda row: byte_order(str(row["key"])))
    with_fingerprints = [dict(row) | {"companions": fingerprint(row)} for row in ordered]
    return cut(pa.RecordBatch.from_pylist(with_fingerprints, schema=KNOWN), cuts)


def fingerprint(row: Mapping[str, object]) -> str | None:
    """The fingerprint of the companions of one row, in plain Python."""
    token, size = row.get("metadata_token"), row.get("metadata_size")
    return None if token is None else f"metadata={size}:{token}"


def cut(batch: pa.RecordBatch, cuts: Iterable[int]) -> list[pa.RecordBatch]:
    """The batch in pieces; some may be empty."""
    count = batch.num_rows
    places = [0, *sorted(place % (count + 1) for place in cuts), count]
    return [batch.slice(start, end - start) for start, end in pairwise(places)]


def rows_of(batches: Iterable[pa.RecordBatch]) -> Iterator[dict[str, object]]:
    """All rows, after a full check of what the batches claim about themselves."""
    for batch in batches:
        batch.validate(full=True)
        for field in batch.schema:
            assert field.nullable or not batch.column(field.name).null_count, field
        yield from batch.to_pylist()
