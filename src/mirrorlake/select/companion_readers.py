"""How the bytes of each companion role are read: one reader a role. Pure; the bytes come from strangers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import orjson

from mirrorlake.model.companions import METADATA
from mirrorlake.select.metadata import read_sidecar, stored_values


@dataclass(frozen=True, slots=True, kw_only=True)
class CompanionContent:
    """What was read of one companion."""

    values: str  # what the role's applier works with, a JSON object
    document: str  # the whole companion as JSON that a database can store; kept with the asset
    warnings: tuple[str, ...] = ()


# Raises BadSidecar where nothing of the bytes can be used.
Reader = Callable[[bytes], CompanionContent]


def read_metadata(data: bytes) -> CompanionContent:
    """A metadata file: flat keys with plain values. Raises BadSidecar."""
    sidecar = read_sidecar(data)
    return CompanionContent(
        values=orjson.dumps(sidecar.values).decode(), document=sidecar.whole, warnings=sidecar.warnings
    )


# By the name of the role.
READERS: Mapping[str, Reader] = MappingProxyType({METADATA.name: read_metadata})


def stored_content(role: str, document: str) -> CompanionContent:
    """The content of a companion from the document that was kept of it, the same as when it was read."""
    values = orjson.dumps(stored_values(document)).decode() if role == METADATA.name else document
    return CompanionContent(values=values, document=document)
