"""Plan a pass: list, select, pair, decide, guard. Nothing is written; a dry run prints the plan, a pass executes it."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from mirrorlake.catalog import label_files
from mirrorlake.catalog.sharing import make_recogniser
from mirrorlake.core.columnar import column, equal_to, sum_where
from mirrorlake.core.errors import StorageError
from mirrorlake.engine.base import Engine, LocalEngine, Pool
from mirrorlake.mirror.copies import count_copy_moves, find_copy_moves
from mirrorlake.mirror.existence import KeyChecker
from mirrorlake.mirror.glob_files import read_rules
from mirrorlake.mirror.identity import SourceState, doubt_bucket, read_listed
from mirrorlake.mirror.inventory import StandIn
from mirrorlake.mirror.label_removal import planned_hold
from mirrorlake.mirror.listing_gaps import describe_gaps
from mirrorlake.mirror.missing_sidecars import find_unlisted_sidecars, keep_unproven
from mirrorlake.mirror.planning import PlannedChanges, plan, prove_moves
from mirrorlake.mirror.progress import Progress
from mirrorlake.mirror.removal import Removals, plan_removals
from mirrorlake.mirror.scan import CatalogSnapshot, KnownSide, ListingDiff, scan
from mirrorlake.mirror.selection_notes import explain_selection
from mirrorlake.mirror.thumbnail_writer import ThumbnailWriter
from mirrorlake.mirror.window import Window, open_window
from mirrorlake.model.looking import Looking
from mirrorlake.model.objects import KeyRange
from mirrorlake.model.outcomes import Op
from mirrorlake.model.runs import Counts, Hold
from mirrorlake.model.sources import Datasource, GlobFile
from mirrorlake.plan.decide import plan_moves
from mirrorlake.plan.moves import NO_MOVES, Moves
from mirrorlake.postgres.pool import Catalog
from mirrorlake.processing.library_store import LibraryStore
from mirrorlake.processing.prestart import WorkerPrestarter
from mirrorlake.processing.store_factory import StoreFactory
from mirrorlake.select.label_names import compile_label_names
from mirrorlake.select.patterns import quote_path
from mirrorlake.select.rules import Rules
from mirrorlake.storage.base import Store
from mirrorlake.storage.providers.registry import provider_of


@dataclass(frozen=True, slots=True, kw_only=True)
class RunContext:
    """What a pass needs besides its datasource."""

    catalog: Catalog
    thumbnails: LibraryStore
    workdir: Path  # for the plan; empty at first, and removed by its owner
    processes: int  # that process objects
    ranges: int  # of keys that are listed in parallel, if the store allows it
    prestarter: WorkerPrestarter | None = None  # holds worker processes that were started early
    engine: Engine | None = None  # that processes objects; None: that number of processes of this machine

    def open_pool(self, store_factory: StoreFactory, looking: Looking) -> Pool:
        """What processes the objects of one source. Its caller closes it."""
        return (self.engine or LocalEngine(self.processes)).open_pool(store_factory, looking, self.prestarter)

    @property
    def thumbnail_writer(self) -> ThumbnailWriter:
        """Writes the thumbnails of the pass. Raises CatalogError if the library store cannot be used, and DiskFull."""
        return ThumbnailWriter(self.catalog, self.thumbnails.store)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedLabels:
    """What a pass would do about label files."""

    changed: int = 0  # known objects of which only the labels change
    files: int = 0  # to read; those without an image are not
    bytes: int = 0
    hold: Hold | None = None  # of objects and label files


NO_LABELS = PlannedLabels()


@dataclass(frozen=True, slots=True, kw_only=True)
class PassPlan:
    """What a pass over a datasource will do. The changes are read from the work folder, any number of times.

    `known_id` is the datasource's number, or None if it is not in the catalog yet.
    """

    source: Datasource
    known_id: int | None
    state: SourceState
    glob_files: tuple[GlobFile, ...]  # read for this plan; executing it remembers them
    listing: ListingDiff
    changes: PlannedChanges
    removals: Removals
    notes: tuple[str, ...]  # why nothing was selected, if that was probably not intended
    workdir: Path  # where executing it keeps lists that could be long
    window: Window | None = None  # of a partial pass; None: the plan is about the whole source
    labels: PlannedLabels = NO_LABELS  # of a dry run, see `with_labels`
    copies: Moves = NO_MOVES  # of a dry run, see `with_known_copies`; a pass finds them once it has read what is new

    def with_known_copies(self, checker: KeyChecker) -> PassPlan:
        """The plan with the moves onto copies that earlier passes read. New objects may turn out to be copies too."""
        if self.known_id is None:
            return self
        copies = find_copy_moves(self.removals.catalog, self.known_id, self.removals).proven(checker).moves
        return replace(self, copies=copies, removals=self.removals.without(copies.old_keys)) if copies else self

    def with_labels(self) -> PassPlan:
        """The plan with the counts of label files."""
        settings = self.source.settings.labels
        if settings is None:
            return self
        read = [
            equal_to(column(batch, "op"), int(Op.NEW)) | equal_to(column(batch, "op"), int(Op.CHANGED))
            for batch in self.listing.labels
        ]
        size = sum(
            sum_where(column(batch, "size"), mask) for batch, mask in zip(self.listing.labels, read, strict=True)
        )
        changed, hold = 0, self.removals.hold
        if self.known_id is not None:
            names = compile_label_names(settings, self.source.location.prefix)
            changed = label_files.count_planned(
                self.removals.catalog, self.known_id, names, self.listing.labels, self.changes.batches()
            )
            hold = planned_hold(
                self.removals.catalog,
                self.known_id,
                names,
                self.listing.labels,
                changes=self.changes,
                removals=self.removals,
            )
        files = sum(int(mask.sum()) for mask in read)
        planned = PlannedLabels(changed=changed, files=files, bytes=size, hold=hold)
        return replace(self, labels=planned)

    @property
    def found(self) -> Counts:
        """The counts that the listing alone determines: listed, selected and unchanged objects."""
        unsupported = len(self.listing.unsupported)
        return Counts(
            listed=self.listing.listed,
            selected=self.listing.selected + unsupported,
            unchanged=self.listing.unchanged,
        )

    @property
    def counts(self) -> Counts:
        """The counts of executing the plan, if every object can be read and every removal is proven."""
        copied = count_copy_moves(self.copies, self.changes) if self.copies else Counts()
        labels = Counts(labels_changed=self.labels.changed, unchanged=-self.labels.changed)
        return self.found + self.changes.summary.counts + copied + self.removals.counts + labels

    @property
    def hold(self) -> Hold | None:
        """What executing the plan would hold; with `with_labels`, also of label files."""
        return self.labels.hold or self.removals.hold

    @property
    def error(self) -> str | None:
        """The message about what could not be listed; None if everything was."""
        return describe_gaps(self.listing.gaps)


def plan_pass(
    source: Datasource,
    store: Store,
    context: RunContext,
    checker: KeyChecker,
    progress: Progress,
    *,
    known_id: int | None,
    root: SourceState,
    keys: Sequence[str] | None = None,
    stand_in: StandIn | str | None = None,
) -> PassPlan:
    """The plan of a pass. Lists the source and reads glob files; writes only to the work folder.

    With `keys`, the plan of a partial pass: about the stems of these keys only. `stand_in` is an inventory that
    replaces the listing, or a note why none does. `checker` proves that the old keys of moves and unlisted sidecars are
    gone: a pass sends requests, a dry run assumes it, and neither does so for keys in doubt. `root` is the state before
    the listing. Raises StorageError if nothing of the source can be listed, NoSuchBucket if its root changed meanwhile.
    """
    catalog = context.catalog
    rules, glob_files = read_rules(source, store, catalog, known_id=known_id)
    snapshot = CatalogSnapshot(catalog=catalog, datasource_id=known_id, looking=source.settings.looking)
    window = None if keys is None else _window(store, snapshot, keys, rules, checker)
    listed, known = _sides(store, snapshot, window, stand_in)
    listing = scan(
        listed,
        known,
        KeyRange(prefix=source.location.prefix),
        rules,
        parts=context.ranges,
        workdir=context.workdir,
        progress=progress,
    )
    if listed is store and not listing.listed and not listing.gaps:
        refuse_single_object(source, store)
    found = plan_moves(lambda: listing.changes)
    state = doubt_bucket(read_listed(root, source, catalog, store), listing, found, rules)
    checker.doubt(state.doubts)
    changes = plan(
        listing,
        found,
        state.doubts,
        prove=lambda moves: prove_moves(moves, checker),
        recognise=make_recogniser(catalog, source, known_id),
        workdir=context.workdir,
        unlisted=keep_unproven(find_unlisted_sidecars(listing.changes, rules, catalog, known_id), checker),
        looking=source.settings.looking,
    )
    return PassPlan(
        source=source,
        known_id=known_id,
        state=state,
        glob_files=glob_files,
        listing=listing,
        changes=changes,
        removals=plan_removals(changes, rules, source, catalog, state.doubts, partial=window is not None),
        notes=() if window is not None else (*_notes(stand_in), *explain_selection(listing, rules, source.location)),
        workdir=context.workdir,
        window=window,
    )


def _window(
    store: Store, snapshot: CatalogSnapshot, keys: Sequence[str], rules: Rules, checker: KeyChecker
) -> Window | None:
    """The window of a partial pass; None for a datasource that is not in the catalog."""
    if snapshot.datasource_id is None:
        return None
    suffixes = tuple(rules.suffixes.values())
    return open_window(
        store,
        snapshot.catalog,
        snapshot.datasource_id,
        keys,
        full_suffixes=suffixes,
        media=rules.media,
        looking=snapshot.looking,
        checker=checker,
        labels=rules.labels,
    )


def _sides(
    store: Store, snapshot: CatalogSnapshot, window: Window | None, stand_in: StandIn | str | None
) -> tuple[Store, KnownSide]:
    """What is listed, and what is known of it."""
    if window is not None:
        return window.over(store), window
    if isinstance(stand_in, StandIn):
        return stand_in.over(store), stand_in.known(snapshot)
    return store, snapshot


def _notes(stand_in: StandIn | str | None) -> tuple[str, ...]:
    if stand_in is None:
        return ()
    return (stand_in.note if isinstance(stand_in, StandIn) else stand_in,)


def refuse_single_object(source: Datasource, store: Store) -> None:
    """Raise StorageError if the address is that of a single object instead of a folder."""
    single = provider_of(source.location.provider).single_object(source.location, store)
    if single is not None:
        raise StorageError(
            f"{single.uri} is a single object, not a folder.",
            f"Mirror its folder: {shlex.quote(single.folder)} --glob {shlex.quote(quote_path(single.name))}",
        )
