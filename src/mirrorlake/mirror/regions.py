"""A bucket in another region than expected: attempt once more in the region that the cloud names."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeVar

from mirrorlake.catalog import datasources
from mirrorlake.catalog.objects import knows_any
from mirrorlake.core.errors import WrongRegion
from mirrorlake.mirror.counters import Counters
from mirrorlake.mirror.finalize import RunResult
from mirrorlake.model.outcomes import Counts
from mirrorlake.model.sources import Datasource
from mirrorlake.postgres.pool import Catalog
from mirrorlake.processing.store_factory import StoreConfig, StoreFactory

_Result = TypeVar("_Result")


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """How the same bucket is opened in the region that the cloud named."""

    factory: StoreFactory
    region: str
    note: str


def in_right_region(
    catalog: Catalog,
    source: Datasource,
    factory: StoreFactory,
    counters: Counters,
    attempt: Callable[[StoreFactory], RunResult],
) -> RunResult:
    """The result of a pass, which is attempted once more if the cloud names another region; that is then stored.

    Only where no object is known and nothing was counted yet: a bucket cannot move to another region, so that one in
    which objects are known was deleted and made again there, perhaps by somebody else. A user decides about it.
    """

    def untouched() -> bool:
        return counters.counts == Counts() and not knows_any(catalog, source.id)

    result, moved = in_named_region(factory, attempt, allowed=untouched)
    if moved is None:
        return result
    datasources.correct_region(catalog, source.id, moved.region)
    return replace(result, notes=(*result.notes, moved.note))


def in_named_region(
    factory: StoreFactory, attempt: Callable[[StoreFactory], _Result], *, allowed: Callable[[], bool]
) -> tuple[_Result, Moved | None]:
    """The result of an attempt, or of a second one in the region that the cloud named, with how that was opened.

    Raises WrongRegion if it named none, or the second attempt is not `allowed`.
    """
    try:
        return attempt(factory), None
    except WrongRegion as error:
        moved = _moved(factory, error)
        if moved is None or not allowed():
            raise
    return attempt(moved.factory), moved


def _moved(factory: StoreFactory, error: WrongRegion) -> Moved | None:
    region = "" if error.answer is None else error.answer.region
    if not region or not isinstance(factory, StoreConfig):
        return None
    note = f"{error.message} The region of the datasource was corrected."
    return Moved(factory=factory.in_region(region).with_resolved(), region=region, note=note)
