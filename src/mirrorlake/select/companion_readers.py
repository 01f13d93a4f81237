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


def stored_metadata(document: str) -> CompanionContent:
    """A metadata file that was read and stored before."""
    return CompanionContent(values=orjson.dumps(stored_values(document)).decode(), document=document)


# The same content from the document of an earlier reading.
STORED_READERS: Mapping[str, Callable[[str], CompanionContent]] = MappingProxyType({METADATA.name: stored_metadata})
