"""Verifying a library as a person asks for it: one datasource or all, each finding told as soon as it is known."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable

from mirrorlake.catalog import datasources
from mirrorlake.catalog.verifying import count_known
from mirrorlake.core.errors import MirrorlakeError, NotFound
from mirrorlake.core.settings import Settings
from mirrorlake.mirror.counters import Counters
from mirrorlake.mirror.verify import verify
from mirrorlake.model.sources import Datasource
from mirrorlake.model.verification import DriftKind, Finding, Verification
from mirrorlake.postgres.pool import Catalog
from mirrorlake.processing.thumbnails import Thumbnails
from mirrorlake.services.library_store import library_store


def verify_library(
    settings: Settings,
    catalog: Catalog,
    name: str | None,
    *,
    sample: int | None,
    found: Callable[[Finding], None],
    done: Callable[[int, int], None],
) -> Verification:
    """Ask the sources whether what is remembered is still true. `sample` objects of each datasource, or all (None).

    `found` hears each disagreement, `done` how many objects were asked for, of how many. A datasource that cannot be
    asked does not keep the others from it. Raises NotFound for an unknown name.
    """
    started = time.monotonic()
    chosen = datasources.list_all(catalog) if name is None else [_named(catalog, name)]
    known = {source.id: count_known(catalog, source.id) for source in chosen}
    total = sum(count if sample is None else min(count, sample) for count in known.values())
    tally, drift, errors, asked = Counters(), Counter[DriftKind](), dict[str, str](), 0
    thumbnails = Thumbnails(library_store(settings).store)
    done(0, total)
    for source in chosen:
        try:
            for batch in verify(source, catalog, thumbnails, tally, sample=sample):
                asked += batch.objects
                for finding in batch.findings:
                    drift[finding.drift] += 1
                    found(finding)
                done(asked, total)
        except MirrorlakeError as error:
            errors[source.name] = str(error)
    return Verification(
        verified=asked, drift=drift, requests=tally.requests, seconds=time.monotonic() - started, errors=errors
    )


def _named(catalog: Catalog, name: str) -> Datasource:
    source = datasources.by_name(catalog, name)
    if source is None:
        raise NotFound(f"There is no datasource named {name!r}.", "mirrorlake datasource list shows them all.")
    return source
