"""Explain what a run does with one key of a datasource, and whether its object exists."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing

from mirrorlake.catalog import datasources
from mirrorlake.catalog.objects import known_keys
from mirrorlake.core.errors import ObjectGone, StorageError, UsageError
from mirrorlake.mirror.glob_files import read_rules
from mirrorlake.model.explanations import Explained, explained
from mirrorlake.model.objects import ObjectInfo
from mirrorlake.model.sources import Datasource
from mirrorlake.postgres.pool import Catalog
from mirrorlake.processing.store_factory import StoreFactory
from mirrorlake.select.explain import explain, without_object
from mirrorlake.storage.base import Store


def explain_key(
    catalog: Catalog, name: str, key: str, store_factory: Callable[[Datasource], StoreFactory]
) -> Explained:
    """Explain what a run does with `key` in the datasource `name`. Sends one HEAD, and reads the glob files.

    Raises NotFound for an unknown datasource, UsageError for an invalid key, and StorageError if a glob file
    cannot be read.
    """
    if not key or "\0" in key or any("\ud800" <= character <= "\udfff" for character in key):
        raise UsageError(
            f"{key!r} is not a valid object key.", "Give the complete key, as printed by `mirrorlake search --json`."
        )
    source = datasources.named(catalog, name)
    with closing(store_factory(source).open()) as store:
        rules, _ = read_rules(source, store, catalog, known_id=source.id)
        info, found = _find_object(store, key)
    explanation = explain(key, rules, info)
    if found == "gone" and not known_keys(catalog, source.id, [key]).num_rows:
        explanation, found = without_object(explanation), "absent"
    return explained(name, explanation, found)


def _find_object(store: Store, key: str) -> tuple[ObjectInfo | None, str]:
    try:
        return store.head(key), "exists"
    except ObjectGone:
        return None, "gone"
    except StorageError as error:
        return None, f"unknown: {error.message}"
