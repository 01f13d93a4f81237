"""The split of an asset in Python, as the catalog's function `split_of` computes it."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256

from mirrorlake.model.splits import Split, SplitSettings


def split_of(settings: SplitSettings, *, asset_id: int, digest: bytes, key: str, metadata: Mapping[str, str]) -> Split:
    """One without the metadata key is a group of its own."""
    group = f"asset:{asset_id}"
    if settings.by == "content":
        group = f"content:{digest.hex()}"
    elif settings.by == "folder":
        group = f"folder:{key[: key.rfind('/') + 1]}"
    elif settings.by.startswith("metadata.") and (name := settings.by.removeprefix("metadata.")) in metadata:
        group = f"metadata:{metadata[name]}"
    percent = int.from_bytes(sha256(f"{settings.seed}\n{group}".encode()).digest()[:4]) * 100 >> 32
    if percent < settings.train:
        return Split.TRAIN
    return Split.VALID if percent < settings.train + settings.valid else Split.TEST
