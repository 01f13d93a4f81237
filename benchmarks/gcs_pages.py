"""The synthetic listing as the JSON API of Google Cloud Storage writes it, with the fields that our reader asks for."""

from __future__ import annotations

import json
from urllib.parse import parse_qsl

from benchmarks.pages import PAGE_KEYS, Dialect, MirrorOptions, key_of, size_of

_GENERATION = 1_700_000_000_000_000


def generation_of(row: int) -> str:
    """The generation of the object in this place of the listing: 16 digits, as Google's are."""
    return str(_GENERATION + row)


def _row(row: int) -> bytes:
    second = row // 7
    return (
        f'{{"name":"{key_of(row)}","generation":"{generation_of(row)}","storageClass":"STANDARD","size":"{size_of(row)}",'
        f'"updated":"2026-03-{1 + second // 86_400 % 28:02d}T{second // 3600 % 24:02d}:{second // 60 % 60:02d}'
        f':{second % 60:02d}.{row % 1000:03d}Z"}},'
    ).encode()


def _head(asked: MirrorOptions, count: int, token: str, folders: list[str]) -> bytes:
    del asked, count
    following = f'"nextPageToken":"{token}",' if token else ""
    prefixes = f'"prefixes":{json.dumps(folders)},' if folders else ""
    return f'{{"kind":"storage#objects",{following}{prefixes}"items":['.encode()


def _read(target: str) -> MirrorOptions:
    path, _, query = target.partition("?")
    fields = dict(parse_qsl(query, keep_blank_values=True))
    return MirrorOptions(
        bucket=path.split("/")[4],
        prefix=fields.get("prefix", ""),
        after=fields.get("startOffset", ""),  # without the object of this name, as if nobody asked twice for it
        token=fields.get("pageToken", ""),
        folders=fields.get("delimiter") == "/",
        most=max(1, min(PAGE_KEYS, int(fields.get("maxResults", PAGE_KEYS)))),
    )


GOOGLE = Dialect(
    name="google",
    row=_row,
    separator=1,
    head=_head,
    tail=b"]}",
    read=_read,
    is_listing=lambda path: path.startswith("storage/v1/b/") and path.endswith("/o"),
)
