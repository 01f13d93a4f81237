"""The part of a source and of the catalog that a partial pass compares: the same stems on both sides.

Everything else of a pass sees a store that lists these objects only, and a catalog that knows these objects only.
"""

from __future__ import annotations

from collections.abc import Collection, Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import cast

import pyarrow as pa

from mirrorlake.catalog import label_files, objects
from mirrorlake.catalog.duplicates import linked_places
from mirrorlake.core.columnar import chosen, column, is_in, keep, no_rows
from mirrorlake.mirror.existence import KeyChecker, Proof
from mirrorlake.mirror.stem_listing import (
    StemListing,
    asset_endings,
    list_keys,
    list_stems,
    merge_listings,
    stems_of,
)
from mirrorlake.model.columns import KNOWN
from mirrorlake.model.looking import Looking
from mirrorlake.model.media import MediaKind
from mirrorlake.model.objects import Gap, KeyRange, RangeDigest
from mirrorlake.model.policies import DuplicatePolicy
from mirrorlake.postgres.pool import Catalog
from mirrorlake.select.label_names import LabelNames, label_files_of
from mirrorlake.select.label_patterns import Reach
from mirrorlake.storage.base import ListPage, Store
from mirrorlake.storage.wrappers import StoreWrapper


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Some stems of a datasource, as they are listed now and as the catalog knows them."""

    listed: StemListing
    known: pa.RecordBatch  # KNOWN
    unsettled: frozenset[str]  # of the keys asked for: those about which the source gave no answer, or a doubtful one
    known_labels: pa.RecordBatch = field(default_factory=lambda: no_rows(KNOWN))  # label files (KNOWN)

    @contextmanager
    def open(self) -> Generator[Window]:
        """Itself: its rows were read already."""
        yield self

    def rows(self, *, after: str | None = None, until: str | None = None) -> Iterator[pa.RecordBatch]:
        """The known rows, as `scan.KnownRows` has them."""
        del after, until  # a window is read as a whole
        if self.known.num_rows:
            yield self.known

    def digests(self, *, after: str | None = None, until: str | None = None) -> list[RangeDigest]:
        """None: the rows are a part of those that digests describe."""
        del after, until
        return []

    def snapshot(self) -> str | None:
        """None, for the same reason."""
        return None

    def bounds(self, parts: int) -> list[str]:
        """None: a window is not divided."""
        del parts
        return []

    def label_files(self, *, after: str | None = None, until: str | None = None) -> Iterator[pa.RecordBatch]:
        """The known label files of these keys."""
        del after, until
        if self.known_labels.num_rows:
            yield self.known_labels

    def over(self, store: Store) -> Store:
        """The store as seen through the window: it lists what is in the window, and reads anything."""
        return _WindowStore(store, self.listed)


class _WindowStore(StoreWrapper):
    def __init__(self, store: Store, listed: StemListing) -> None:
        super().__init__(store)
        self._listed = listed

    @property
    def ordered(self) -> bool:
        """Always: the rows were sorted."""
        return True

    def list_page(self, scope: KeyRange, cursor: object | None) -> ListPage:
        """Everything in the window. A stem that could not be listed is a gap."""
        del scope, cursor
        gaps = [
            Gap(range=KeyRange(prefix=f"{stem}."), reason=reason)
            for stem, reason in sorted(self._listed.unanswered.items(), key=lambda item: item[0].encode())
        ]
        return ListPage(batch=self._listed.rows, cursor=None, gaps=tuple(gaps))

    def split(self, scope: KeyRange, parts: int) -> list[KeyRange]:
        """One range."""
        del parts
        return [scope]


def open_window(
    store: Store,
    catalog: Catalog,
    datasource_id: int,
    keys: Iterable[str],
    *,
    full_suffixes: Collection[str],
    media: tuple[MediaKind, ...],
    looking: Looking,
    checker: KeyChecker,
    labels: LabelNames | None = None,
) -> Window:
    """The window around these keys. `store` is listed once for each stem.

    It also holds what left the bucket in an earlier partial pass and appears now under another key: whether its removal
    or its new key was reported first must not matter. Raises StorageError if nothing could be listed.
    """
    named = list(keys)
    files = [] if labels is None else label_files_of(named, labels)
    stems = {key: stems_of(key, full_suffixes, media) for key in named}
    if labels is not None:
        stems |= {key: _stems_of_images(key, labels, full_suffixes, media) for key in files}
    asked = dict.fromkeys(stem for some in stems.values() for stem in some)
    window = _compose(store, catalog, datasource_id, list(asked), full_suffixes, looking=looking)
    new = keep(window.listed.rows, ~is_in(column(window.listed.rows, "key"), column(window.known, "key")))
    tokens = cast("list[str]", column(new, "token").to_pylist())
    left = objects.left_with_tokens(catalog, datasource_id, tokens)
    left += _other_places(catalog, datasource_id, window, looking)
    more = [stem for key in left for stem in stems_of(key, full_suffixes, media) if stem not in asked]
    if more:
        window = _compose(store, catalog, datasource_id, [*asked, *more], full_suffixes, looking=looking)
    if labels is not None:
        window = _with_label_files(window, store, catalog, datasource_id, files=files, labels=labels)
    return replace(window, unsettled=_unsettled(window, stems, checker))


def _other_places(catalog: Catalog, datasource_id: int, window: Window, looking: Looking) -> list[str]:
    """The keys that are linked to assets whose objects are gone: one of them may keep the asset."""
    if looking.policies.duplicates is not DuplicatePolicy.LINK:
        return []
    gone = keep(window.known, ~is_in(column(window.known, "key"), column(window.listed.rows, "key")))
    places = linked_places(catalog, datasource_id, column(gone, "key"))
    return cast("list[str]", column(places, "new_key").to_pylist())


def _compose(
    store: Store,
    catalog: Catalog,
    datasource_id: int,
    stems: Sequence[str],
    full_suffixes: Collection[str],
    *,
    looking: Looking,
) -> Window:
    # The catalog first: what another datasource commits in between is then new to us, as in a pass.
    known = objects.known_of_stems(catalog, datasource_id, stems, asset_endings(), looking)
    listed = list_stems(store, stems, full_suffixes)
    if listed.unanswered:
        answered = [stem for stem in stems if stem not in listed.unanswered]
        known = objects.known_of_stems(catalog, datasource_id, answered, asset_endings(), looking)
    return Window(listed=listed, known=known, unsettled=frozenset())


def _stems_of_images(
    key: str, labels: LabelNames, full_suffixes: Collection[str], media: tuple[MediaKind, ...]
) -> list[str]:
    """The stem of the images of a label file, so that they are in the window too. None for one of a whole folder."""
    image = cast("str | None", labels.images(pa.array([key], pa.string()))[0].as_py())
    if image is None or labels.reach is Reach.FOLDER:
        return []
    return [image] if labels.reach is Reach.STEM else stems_of(image, full_suffixes, media)


def _with_label_files(
    window: Window, store: Store, catalog: Catalog, datasource_id: int, *, files: Sequence[str], labels: LabelNames
) -> Window:
    """The window with these label files, listed and known. One that cannot be listed is left out on both sides."""
    listed, unanswered = list_keys(store, files)
    rows = merge_listings([window.listed.rows, listed])
    here = cast("list[str]", chosen(column(rows, "key"), labels.claims(column(rows, "key"))).to_pylist())
    asked = [key for key in dict.fromkeys([*files, *here]) if key not in unanswered]
    return replace(
        window,
        listed=replace(window.listed, rows=rows),
        known_labels=label_files.known_keys(catalog, datasource_id, asked),
    )


def _unsettled(window: Window, stems: dict[str, list[str]], checker: KeyChecker) -> frozenset[str]:
    """The keys that should be asked for again: not listed, though a HEAD finds them or gets no clear answer."""
    unanswered = {key for key, some in stems.items() if any(stem in window.listed.unanswered for stem in some)}
    names = pa.array([key for key, some in stems.items() if some and key not in unanswered], pa.string())
    seen = is_in(names, column(window.listed.rows, "key")) | is_in(names, column(window.known, "key"))
    absent = cast("list[str]", names.filter(pa.array(~seen)).to_pylist())
    proofs = zip(absent, checker.prove(absent), strict=True)
    return frozenset([*unanswered, *(key for key, proof in proofs if proof in (Proof.EXISTS, Proof.UNKNOWN))])
