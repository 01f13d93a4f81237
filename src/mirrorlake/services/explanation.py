"""Explain what becomes of one key of a datasource, with what its source says of the object now."""

from __future__ import annotations

from contextlib import closing

from mirrorlake.catalog import datasources
from mirrorlake.core.errors import ObjectGone, StorageError, UsageError
from mirrorlake.mirror.glob_files import read_rules
from mirrorlake.model.explanations import Explained
from mirrorlake.model.objects import ObjectInfo
from mirrorlake.postgres.pool import Catalog
from mirrorlake.processing.store_factory import StoreConfig
from mirrorlake.select.explain import explain
from mirrorlake.storage.base import Store


def explain_key(catalog: Catalog, name: str, key: str) -> Explained:
    """What becomes of `key` in the datasource `name`. One HEAD, and what its glob files take.

    Raises NotFound for an unknown datasource, UsageError for a key that cannot be, StorageError where a glob file
    cannot be read.
    """
    if not key or "\0" in key or any("\ud800" <= character <= "\udfff" for character in key):
        raise UsageError(
            f"{key!r} can be no object key.", "Give the whole key, as `mirrorlake search --json` shows it."
        )
    source = datasources.named(catalog, name)
    recipe = StoreConfig(
        location=source.location, access=source.access, listing_ordered=source.settings.listing_ordered
    )
    with closing(recipe.open()) as store:
        rules, _ = read_rules(source, store, catalog, known_id=source.id)
        info, told = _asked(store, key)
    return Explained(datasource=name, explanation=explain(key, rules, info), object=told)


def _asked(store: Store, key: str) -> tuple[ObjectInfo | None, str]:
    try:
        return store.head(key), "exists"
    except ObjectGone:
        return None, "gone"
    except StorageError as error:
        return None, f"unknown: {error.message}"
