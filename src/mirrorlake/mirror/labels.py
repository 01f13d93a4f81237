"""Bring annotations in step with the label files of a source: the part of a pass about label sidecars.

before images:  changed label files ─▶ catalog, unread      images that appear ─▶ their label files are unread
after images:   unread label files with an image ─▶ read ─▶ a transaction for each batch, three at once: annotations
after removals: label files that are gone ─▶ mirror.label_removal

What is to be read is in the catalog before any image is committed, so a pass that is killed loses nothing.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pyarrow as pa

from mirrorlake.catalog import label_files
from mirrorlake.catalog.label_files import UnreadLabels
from mirrorlake.catalog.label_pictures import picture_sizes
from mirrorlake.catalog.ontologies import StoredOntology
from mirrorlake.catalog.runs import Lease
from mirrorlake.core.columnar import chosen, column, equal_to, is_in, keep
from mirrorlake.core.errors import NotFound, ObjectChanged, ObjectGone, ObjectTooLarge, StorageError
from mirrorlake.labels.class_map import ClassMap, make_class_map
from mirrorlake.labels.sidecars import ROWS, PictureSizes, SidecarReader, no_sizes
from mirrorlake.mirror.concurrent_steps import WorkInProgress, run_concurrently
from mirrorlake.mirror.counters import Counters
from mirrorlake.mirror.existence import KeyChecker
from mirrorlake.mirror.label_problems import LabelProblems
from mirrorlake.mirror.label_removal import GoneLabels, Removing, as_relabelled
from mirrorlake.mirror.pass_plan import PassPlan
from mirrorlake.mirror.prefetch import prefetch
from mirrorlake.model.label_sidecars import LABEL_FILE_BYTES, LabelSidecars, SidecarFormat
from mirrorlake.model.objects import KnownState
from mirrorlake.model.outcomes import Counts, Op
from mirrorlake.plan.moves import Moves
from mirrorlake.select.label_names import LabelNames, compile_label_names
from mirrorlake.select.label_patterns import Reach
from mirrorlake.storage.base import Store

PAGE_FILES = 2_500  # read and committed together
PAGE_BYTES = 16_000_000  # of them together; a larger file comes alone
COMMITS = 3  # at once: PostgreSQL needs more time for a page than we do, some of it for the disk
FETCH_THREADS = 16
CHUNK_FILES = 16  # read one after another by one thread
_APPEARING = pa.array([Op.NEW, Op.MOVED, Op.RETURNED, Op.SHARED], pa.int8())
_SHOWN_CLASSES = 5
_READING = "2"  # changes with what a label file means: then all of them are read again


@dataclass(frozen=True, slots=True)
class _Page:
    """Label files with what was read of them: bytes, or why they are not used."""

    files: UnreadLabels
    content: Sequence[bytes | str]


@dataclass(slots=True)
class LabelPass:
    """The label sidecars of one pass. Create it with `begin_labels`; call its steps in order."""

    lease: Lease
    plan: PassPlan
    counters: Counters
    settings: LabelSidecars
    names: LabelNames
    checker: KeyChecker
    ontology: StoredOntology | None = None
    class_map: ClassMap | None = None
    notes: list[str] = field(default_factory=list[str])
    _unlisted: list[str] = field(default_factory=list[str])  # label files that were expected and never listed
    _unmapped: Counter[str] = field(default_factory=Counter[str])
    _problems: LabelProblems = field(default_factory=LabelProblems)
    # Pages from before they are read until they are committed.
    _in_progress: WorkInProgress = field(default_factory=WorkInProgress)

    def prepare(self) -> None:
        """Store what is to be read, before any image is committed."""
        batches = iter(self.plan.listing.labels)
        run_concurrently(self._record, batches, at_once=COMMITS, exclusive=lambda _: False, name="label-record")
        for batch in self.plan.changes.batches():
            self._touch(batch)
        self._check_setup()

    def apply(self, store: Store) -> None:
        """Read all unread label files that have an image, and replace the annotations of their assets."""
        if self.ontology is None or self.class_map is None:
            return
        reader = SidecarReader(
            format=self.settings.format,
            classes=self.class_map,
            class_ids=self.ontology.class_ids,
            skip_invalid=self.settings.skip_invalid,
        )
        with closing(prefetch(self._pages(store, reader), depth=1, name="labels")) as pages, self._in_progress:
            run_concurrently(self._commit, pages, at_once=COMMITS, exclusive=_is_large_page, name="label-commit")

    def prepare_moves(self, moves: Moves) -> None:
        """As `prepare`, for vanished assets that are about to take the places of copies."""
        label_files.touch(self.lease, moves.new_keys, self.names, labelled=moves.old_keys)

    def gone(self) -> GoneLabels:
        """The label files that are gone, once the removals of images are decided."""
        return GoneLabels(
            removing=Removing(
                lease=self.lease,
                names=self.names,
                strategy=self.settings.strategy,
                checker=self.checker,
                counters=self.counters,
            ),
            prefix=self.plan.source.location.prefix,
            listing=self.plan.listing.labels,
            unlisted=tuple(self._unlisted),
        )

    def all_notes(self) -> tuple[str, ...]:
        """Sentences for users about what was not applied."""
        problems = self._problems.note(self.lease.run_id)
        return (
            *self.notes,
            *([self._unmapped_note()] if self._unmapped else []),
            *([] if problems is None else [problems]),
        )

    def failure(self) -> str | None:
        """Why the pass is no success, if no label file of the datasource could be used, for the same reason."""
        return self._problems.failure(lambda: label_files.count_known(self.lease.catalog, self.plan.source.id))

    def _record(self, batch: pa.RecordBatch) -> None:
        """Store which of these listed label files are new or changed."""
        listed = keep(batch, is_in(column(batch, "op"), pa.array([Op.NEW, Op.CHANGED], pa.int8())))
        if listed.num_rows:
            label_files.record_listed(self.lease, listed)

    def _touch(self, batch: pa.RecordBatch) -> None:
        """Mark the label files unread of images that appear in the plan, or may have another size or orientation."""
        ops, keys = column(batch, "op"), column(batch, "key")
        changed = equal_to(ops, int(Op.CHANGED))
        if self.settings.format is SidecarFormat.YOLO:  # it states no size: only what could not be read before appears
            changed &= equal_to(column(batch, "known_state"), int(KnownState.REFUSED))
        appearing = is_in(ops, _APPEARING) | changed
        known = equal_to(ops, int(Op.MOVED)) | equal_to(ops, int(Op.RETURNED))
        if (appearing & ~known).any():
            label_files.touch(self.lease, chosen(keys, appearing & ~known), self.names)
        if known.any():
            before = chosen(column(batch, "old_key"), known)
            now = chosen(keys, known)
            labelled: Any = before.fill_null("") if before.null_count < len(before) else now
            if 0 < before.null_count < len(before):
                labelled = pa.array([old or new for old, new in zip(before.to_pylist(), now.to_pylist(), strict=True)])
            label_files.touch(self.lease, now, self.names, labelled=labelled)

    def _check_setup(self) -> None:
        """Read the ontology. If label files are read with something else than before, all of them are unread."""
        catalog, number = self.lease.catalog, self.plan.source.id
        try:
            self.ontology = label_files.ontology(catalog, self.settings.ontology)
        except NotFound as error:
            self.notes.append(f"No label file was read. {error}")
            return
        self.class_map = make_class_map(self.settings, self.ontology.ontology.classes)
        self.notes += self.class_map.warnings
        fingerprint = _fingerprint(self.settings, self.class_map, self.ontology)
        before = label_files.read_with(catalog, number)
        if before == fingerprint:
            return
        if before is not None:
            for keys in label_files.labelled_keys(catalog, number):
                images = pa.array(keys, pa.string())
                label_files.touch(self.lease, images, self.names, labelled=images)
        label_files.read_again(catalog, number, fingerprint)

    def _pages(self, store: Store, reader: SidecarReader) -> Generator[_ReadPage]:
        with closing(self._fetched(store)) as fetched:
            yield from map(partial(self._parse, reader), fetched)  # keeps no page while the next one is fetched

    def _fetched(self, store: Store) -> Generator[_Page]:
        """The unread files with their bytes; files that could not be read now are recorded and left out."""
        with ThreadPoolExecutor(FETCH_THREADS, "label") as threads:
            yield from filter(None, map(partial(self._fetch_page, store, threads), self._in_turn()))

    def _in_turn(self) -> Iterator[UnreadLabels]:
        """The unread files once they may be read: large ones when everything before them is committed."""
        for some in self._unread():
            if not self._in_progress.begin(exclusive=_is_large(some)):
                return
            yield some

    def _fetch_page(self, store: Store, threads: ThreadPoolExecutor, some: UnreadLabels) -> _Page | None:
        chunks = [
            some.some(range(at, min(at + CHUNK_FILES, len(some.keys)))) for at in range(0, len(some.keys), CHUNK_FILES)
        ]
        content = [one for part in threads.map(partial(_fetch, store), chunks) for one in part]
        later = {
            key: str(found)
            for key, found in zip(some.keys, content, strict=True)
            if isinstance(found, StorageError) and not isinstance(found, ObjectGone | ObjectChanged)
        }
        label_files.record_reasons(self.lease, later)
        for key, reason in later.items():
            self._problems.add(key, reason, used=False)
        self.counters.add(Counts(label_problems=len(later)))
        read = [row for row, found in enumerate(content) if not isinstance(found, StorageError)]
        usable = [found for found in content if not isinstance(found, StorageError)]
        if not read:
            self._in_progress.end()
            return None
        return _Page(some.some(read), usable)

    def _unread(self) -> Iterator[UnreadLabels]:
        """The unread label files with an image, some at a time. Those without one wait: nothing is done about them."""
        catalog, number, after = self.lease.catalog, self.plan.source.id, ""
        while (found := label_files.unread(catalog, number, after=after, limit=PAGE_FILES)).keys:
            after = found.keys[-1]
            here = label_files.images_present(catalog, number, found, self.names)
            self._unlisted += [key for key, token in zip(found.keys, found.tokens, strict=True) if not token]
            rows = [row for row, token in enumerate(found.tokens) if token and row in here]
            waiting = [row for row, token in enumerate(found.tokens) if token and row not in here]
            if waiting:
                self._problems.waiting += len(waiting)
                label_files.wait_for_images(self.lease, found.some(waiting))
            start = size = 0
            for at, row in enumerate(rows):
                size += found.sizes[row]
                if size > PAGE_BYTES and at > start:
                    yield found.some(rows[start:at])
                    start, size = at, found.sizes[row]
            if rows[start:]:
                yield found.some(rows[start:])

    def _parse(self, reader: SidecarReader, page: _Page) -> _ReadPage:
        data = [each if isinstance(each, bytes) else b"" for each in page.content]
        batch = reader.read(data, self._picture_sizes(page.files))
        self._unmapped.update(batch.unmapped)
        reasons: list[str | None] = []
        refused: list[bool] = []
        for number, each in enumerate(page.content):
            if isinstance(each, str):
                reasons.append(f"It was not read, and the labels stay as they were: {each}")
            elif number in batch.refused:
                reasons.append(f"The labels stay as they were: {batch.refused[number].sentence()}")
            elif number in batch.incomplete:
                reasons.append(f"Only the valid labels were taken: {batch.incomplete[number].sentence()}")
            elif number in batch.displaced:
                reasons.append(f"The labels were taken as they are: {batch.displaced[number]}")
            else:
                reasons.append(None)
            refused.append(isinstance(each, str) or number in batch.refused)
            self._problems.add(page.files.keys[number], reasons[-1], used=not refused[-1])
        return _ReadPage(files=page.files, rows=batch.rows.select(ROWS.names), reasons=reasons, refused=refused)

    def _commit(self, page: _ReadPage) -> None:
        try:
            self._commit_page(page)
        finally:
            self._in_progress.end()

    def _commit_page(self, page: _ReadPage) -> None:
        self.lease.check()
        found = label_files.commit(
            self.lease,
            page.files,
            self.names,
            page.rows,
            reasons=page.reasons,
            refused=page.refused,
            strategy=self.settings.strategy,
        )
        problems = len(page.reasons) - page.reasons.count(None)
        self.counters.add(as_relabelled(found) + Counts(label_problems=problems))

    def _picture_sizes(self, files: UnreadLabels) -> PictureSizes:
        """The sizes of the images of these files, if the format states sizes with which they can be compared."""
        if self.settings.format is SidecarFormat.YOLO:
            return no_sizes
        read = partial(picture_sizes, self.lease.catalog, self.plan.source.id, names=self.names)
        if self.names.reach is Reach.FOLDER:  # a file at a time: each has the images of a whole folder
            return lambda number: read(files.some([number])).get(0, {})
        found = read(files)
        return lambda number: found.get(number, {})

    def _unmapped_note(self) -> str:
        names = [f"{name} ({count:,})" for name, count in self._unmapped.most_common(_SHOWN_CLASSES)]
        more = f" and {len(self._unmapped) - _SHOWN_CLASSES:,} more" if len(self._unmapped) > _SHOWN_CLASSES else ""
        return (
            f"Labels were left out, because their classes are mapped to no class of the ontology"
            f" {self.settings.ontology}: {', '.join(names)}{more}."
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _ReadPage:
    files: UnreadLabels
    rows: pa.RecordBatch  # ROWS
    reasons: Sequence[str | None]
    refused: Sequence[bool]


def begin_labels(lease: Lease, plan: PassPlan, counters: Counters, checker: KeyChecker) -> LabelPass | None:
    """The label sidecars of a pass; None if the datasource has none."""
    settings = plan.source.settings.labels
    if settings is None:
        return None
    names = compile_label_names(settings, plan.source.location.prefix)
    return LabelPass(lease, plan, counters, settings, names, checker)


def _is_large_page(page: _ReadPage) -> bool:
    return _is_large(page.files)


def _is_large(files: UnreadLabels) -> bool:
    return sum(files.sizes) > PAGE_BYTES


def _fetch(store: Store, files: UnreadLabels) -> list[bytes | str | StorageError]:
    """The bytes of each file, why it is not used, or the error for which it is read later."""
    found: list[bytes | str | StorageError] = []
    for key, size, token in zip(files.keys, files.sizes, files.tokens, strict=True):
        if size > LABEL_FILE_BYTES:
            found.append(_too_large(size))
            continue
        try:
            body = store.get(key, token=token, limit=LABEL_FILE_BYTES)
        except ObjectTooLarge:
            found.append(_too_large(size))
        except StorageError as error:
            found.append(error)
        else:
            cut = size not in (body.info.size, len(body.data))
            found.append(
                StorageError(f"{body.info.size:,} bytes were received, but the listing has {size:,}.")
                if cut
                else body.data
            )
    return found


def _too_large(size: int) -> str:
    return f"it has {size:,} bytes; at most {LABEL_FILE_BYTES:,} are read."


def _fingerprint(settings: LabelSidecars, class_map: ClassMap, ontology: StoredOntology) -> str:
    parts = (
        _READING,
        settings.format.value,
        settings.naming.value,
        settings.full_suffix,
        settings.image_pattern or "",
        settings.label_pattern or "",
        str(settings.skip_invalid),
        class_map.fingerprint(ontology.class_ids),
    )
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()
