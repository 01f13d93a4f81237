"""How the bytes of each companion role are read: one reader a role. Pure; the bytes come from strangers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import orjson

from mirrorlake.model.companions import METADATA
from mirrorlake.select.metadata import read_sidecar


@dataclass(frozen=True, slots=True, kw_only=True)
class CompanionContent:
    """What was read of one companion."""

    values: str  # what the role's applier works with, a JSON object
    document: str  # the companion as it stood, as JSON that a database can hold; kept with the asset
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
