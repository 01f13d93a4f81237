"""Suggest the metadata key or fact that somebody wrote like a field: `camera_idd:7`, `tempreature>20`."""

from __future__ import annotations

import psycopg

from mirrorlake.catalog.known_names import NameKind, known_names
from mirrorlake.core.errors import UnknownField
from mirrorlake.postgres.pool import Catalog
from mirrorlake.search.fields import QUOTE_HINT, did_you_mean
from mirrorlake.search.notes import nearest

_SPACES = {NameKind.METADATA_KEY: "metadata", NameKind.FACT: "facts"}


def suggest_key(catalog: Catalog, error: UnknownField) -> UnknownField:
    """The error with the nearest keys that assets have; as it was without any, or if the lookup takes too long."""
    meant: list[str] = []
    alike: list[str] = []
    try:
        for kind, space in _SPACES.items():
            known = known_names(catalog, kind, [error.name])
            if error.name in known.found:
                meant.append(f"{space}.{error.name}:")
            elif (key := nearest(error.name, known.some)) is not None:
                alike.append(f"{space}.{key}:")
    except psycopg.errors.QueryCanceled:
        return error
    if not meant and not alike:
        return error
    fix = f"{did_you_mean(meant or (*error.similar, *alike))} {QUOTE_HINT}"
    return UnknownField(error.message, fix, text=error.text, position=error.position, name=error.name)
