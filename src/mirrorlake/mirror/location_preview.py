"""Examine a location before a datasource exists: list it once, and count what its patterns would select.

    list ─▶ tally ─▶ sort, if the store does not list in order ─▶ sidecars ─▶ select, pair ─▶ reads ─▶ estimate

The summary grows with the listing and is reported about once a second. Nothing is written, and nothing is kept of
single objects but samples.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow as pa

from mirrorlake.core.columnar import as_binary, bytes_at, chosen, column
from mirrorlake.core.errors import StorageError
from mirrorlake.mirror.cancellation import CancelCheck
from mirrorlake.mirror.counters import Counters
from mirrorlake.mirror.glob_files import read_rules
from mirrorlake.mirror.listing_gaps import describe_unlisted
from mirrorlake.mirror.pass_plan import refuse_single_object
from mirrorlake.mirror.regions import in_named_region
from mirrorlake.mirror.run import open_metered
from mirrorlake.mirror.selection_notes import explain_selection
from mirrorlake.model.companions import METADATA
from mirrorlake.model.location_previews import LocationSummary, SidecarTally
from mirrorlake.model.objects import CompletedRange, Gap, KeyRange, UnsupportedKey
from mirrorlake.model.sources import Datasource
from mirrorlake.plan.first_run import FirstReads, estimate
from mirrorlake.plan.prices import price_list
from mirrorlake.postgres.pool import Catalog
from mirrorlake.processing.store_factory import StoreFactory
from mirrorlake.select.location_tally import LEFT_OUT_SAMPLES, LocationTally
from mirrorlake.select.pattern_use import UnusedPattern
from mirrorlake.select.rules import Rules
from mirrorlake.select.sidecar_pairs import SidecarPairs
from mirrorlake.select.stream import Selection, recognise, select
from mirrorlake.storage.base import Store
from mirrorlake.storage.listing import Listing, list_range, sorted_listing

REPORT_EVERY_S = 1.0  # as often as the progress of a job is written
BATCH_ROWS = 8_000  # of a slow server, some seconds of listing: the summary grows with each batch

SummaryCallback = Callable[[LocationSummary], object]


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewContext:
    """What the preview of a location needs besides the location."""

    catalog: Catalog
    workdir: Path  # for sorting the listing of a store that has no order; empty at first, and removed by its owner
    processes: int  # that would process objects in a run
    check: CancelCheck  # called before each request; its error ends the preview
    report: SummaryCallback  # receives the growing summary


def preview_location(source: Datasource, context: PreviewContext, store_factory: StoreFactory) -> LocationSummary:
    """What the location of `source`, which is not stored, holds, and what its settings select.

    Lists it and reads its glob files. Raises StorageError if nothing can be listed, SettingsError and PatternError for
    a glob file. An error in the middle of the listing is in the summary of what was listed until then. A bucket is
    listed in the region that the cloud names.
    """

    def attempt(factory: StoreFactory) -> LocationSummary:
        return _list_location(source, context, factory)

    return in_named_region(store_factory, attempt, allowed=lambda: True)[0]


def _list_location(source: Datasource, context: PreviewContext, store_factory: StoreFactory) -> LocationSummary:
    counters = Counters()
    with open_metered(store_factory, counters, context.check) as store:
        rules, _ = read_rules(source, store, context.catalog, known_id=None)
        survey = _LocationSurvey(source, rules, counters, context)
        try:
            survey.run(store)
        except StorageError as error:
            if not survey.listed:
                raise
            return replace(survey.summary(complete=False), error=str(error))
        if not survey.listed and not survey.gaps:
            refuse_single_object(source, store)
        return survey.summary(complete=not survey.gaps)


class _LocationSurvey:
    """The state of one preview. It is itself what `selection_notes` asks about a selection."""

    def __init__(self, source: Datasource, rules: Rules, counters: Counters, context: PreviewContext) -> None:
        self._source = source
        self._rules = rules
        self._counters = counters
        self._context = context
        self._started = time.monotonic()
        self._due = self._started + REPORT_EVERY_S
        self._tally = LocationTally(rules)
        self._pairs = SidecarPairs(rules.suffixes.get(METADATA.name), LEFT_OUT_SAMPLES)
        self._reads = FirstReads(source.settings.looking)
        self._selection: Selection | None = None
        self._last_key = b""  # that the selection got
        self.gaps: Sequence[Gap] = ()
        self.unsupported: Sequence[UnsupportedKey] = ()

    def run(self, store: Store) -> None:
        """List the whole location."""
        listing: Listing = list_range(store, KeyRange(prefix=self._rules.prefix), batch_rows=BATCH_ROWS)
        with closing(listing):  # an error leaves no thread behind that lists on
            listing = _Watched(listing, self._tally_batch)
            if not store.ordered:
                listing = sorted_listing(listing, self._context.workdir)
            self._selection = selection = select(_Watched(listing, self._pair_batch), self._rules)
            for candidates in selection:
                self._pairs.served(candidates)
                self._reads.add(candidates)
        self._pairs.settle(None)
        certificate = listing.certificate()
        self.gaps, self.unsupported = certificate.gaps, certificate.unsupported
        self._tally.add_unusable(certificate.unsupported)

    @property
    def listed(self) -> int:
        return self._tally.listed.objects

    @property
    def selected(self) -> int:
        return self._tally.selected[0]

    @property
    def supported(self) -> int:
        return 0 if self._selection is None else self._selection.supported

    @property
    def examples(self) -> Sequence[str]:
        return () if self._selection is None else self._selection.examples

    @property
    def unused(self) -> frozenset[UnusedPattern]:
        return frozenset() if self._selection is None else self._selection.use.unused

    def summary(self, *, complete: bool, ended: bool = True) -> LocationSummary:
        """What was found so far."""
        tally, counters = self._tally, self._counters
        seconds = time.monotonic() - self._started
        selected, selected_bytes = tally.selected
        folders, others = tally.folders()
        return LocationSummary(
            uri=self._source.location.uri,
            connection=self._source.connection,
            complete=complete,
            listed=tally.listed.objects,
            listed_bytes=tally.listed.bytes,
            selected=selected,
            selected_bytes=selected_bytes,
            samples=tally.samples(),
            left_out=tally.left_out(),
            formats=tally.formats(),
            other_suffixes=tally.other_suffixes(),
            folders=folders,
            other_folders=others,
            sidecars=SidecarTally(
                found=tally.sidecars.objects,
                bytes=tally.sidecars.bytes,
                paired=self._pairs.paired,
                unpaired=self._pairs.unpaired,
                samples=self._pairs.samples,
            ),
            requests=counters.requests,
            seconds=round(seconds, 3),
            server=counters.server,
            estimate=estimate(
                self._reads.by_class,
                counters.requests,
                price_list(counters.server),
                listing_s=seconds,
                processes=self._context.processes,
            ),
            notes=self._notes() if ended else (),
        )

    def _notes(self) -> tuple[str, ...]:
        unlisted = describe_unlisted(self.gaps)
        if unlisted is not None:
            return (unlisted,)
        return explain_selection(self, self._rules, self._source.location)

    def _tally_batch(self, batch: pa.RecordBatch) -> None:
        """Count a batch as it is listed, whatever the order."""
        self._tally.add(batch)
        if time.monotonic() >= self._due:
            self._context.report(self.summary(complete=False, ended=False))
            self._due = time.monotonic() + REPORT_EVERY_S

    def _pair_batch(self, batch: pa.RecordBatch) -> None:
        """Note the sidecars of a batch that the selection gets next, in order."""
        keys = column(batch, "key")
        if self._selection is not None:
            self._pairs.settle(self._selection.held_from or self._last_key)
        self._last_key = bytes_at(as_binary(keys), -1)
        self._pairs.listed(chosen(keys, recognise(keys, self._rules).any_companion))


class _Watched:
    """A listing whose batches are shown to `watch` before they are used."""

    def __init__(self, listing: Listing, watch: Callable[[pa.RecordBatch], object]) -> None:
        self._listing = listing
        self._watch = watch

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        for batch in self._listing:
            if batch.num_rows:
                self._watch(batch)
            yield batch

    @property
    def gaps(self) -> Sequence[Gap]:
        return self._listing.gaps

    def certificate(self) -> CompletedRange:
        return self._listing.certificate()

    def close(self) -> None:
        self._listing.close()
