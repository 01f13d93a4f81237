"""Explain what becomes of one key of a datasource, with what its source says of the object now."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass

from mirrorlake.catalog import datasources
from mirrorlake.catalog.pool import open_catalog
from mirrorlake.errors import NotFound, ObjectGone, StorageError, UsageError
from mirrorlake.ingest.recipe import StoreRecipe
from mirrorlake.mirror.globfiles import read_rules
from mirrorlake.model.objects import ObjectInfo
from mirrorlake.select.explain import Explanation, explain
from mirrorlake.settings import Settings
from mirrorlake.storage.base import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """An explanation, and what was asked of the source for it."""

    datasource: str
    explanation: Explanation
    object: str  # "exists", "gone", or why the source could not say

    def as_json(self) -> dict[str, object]:
        """The public shape."""
        told = self.explanation
        governing = told.config
        return {
            "datasource": self.datasource,
            "key": told.key,
            "verdict": told.verdict.value,
            "reason": told.reason,
            "object": self.object,
            "config": None if governing is None else governing.config,
            "config_id": None if governing is None else governing.id,
            "origin": None if governing is None or governing.origin is None else governing.origin.value,
            "pattern": None if governing is None else governing.pattern,
            "sidecars": list(told.sidecars),
            "judgements": [
                {
                    "config": one.config,
                    "config_id": one.id,
                    "takes": one.takes,
                    "origin": None if one.origin is None else one.origin.value,
                    "pattern": one.pattern,
                    "exclude": one.exclude,
                }
                for one in told.judgements
            ],
        }


def explain_key(settings: Settings, name: str, key: str) -> Explained:
    """What becomes of `key` in the datasource `name`. One HEAD, and what its glob files take.

    Raises NotFound for an unknown datasource, UsageError for a key that cannot be, StorageError where a glob file
    cannot be read.
    """
    if not key or "\0" in key or any("\ud800" <= character <= "\udfff" for character in key):
        raise UsageError(
            f"{key!r} can be no object key.", "Give the whole key, as `mirrorlake search --json` shows it."
        )
    with open_catalog(settings) as catalog:
        source = datasources.by_name(catalog, name)
        if source is None:
            raise NotFound(f"There is no datasource named {name!r}.", "mirrorlake datasource list shows them all.")
        recipe = StoreRecipe(
            location=source.location, access=source.access, listing_ordered=source.settings.listing_ordered
        )
        with closing(recipe.open()) as store:
            rules = read_rules(source, store, catalog, known_id=source.id, keep=False)
            info, told = _asked(store, key)
    return Explained(datasource=name, explanation=explain(key, rules, info), object=told)


def _asked(store: Store, key: str) -> tuple[ObjectInfo | None, str]:
    try:
        return store.head(key), "exists"
    except ObjectGone:
        return None, "gone"
    except StorageError as error:
        return None, f"unknown: {error.message}"
