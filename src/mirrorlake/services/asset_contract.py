"""The use cases of assets, one Protocol as in `contract`."""

from __future__ import annotations

import time
from collections.abc import Container, Iterator, Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import BinaryIO, Protocol

from mirrorlake.core.errors import UsageError
from mirrorlake.model.asset_previews import AssetPreview, PreviewKind
from mirrorlake.model.assets import Asset, AssetDetail, AssetPage, Original, Scalar, Unchanged
from mirrorlake.model.bulk import BulkEdit, BulkEditPreview, HistoryEntry
from mirrorlake.model.duplicates import DuplicateGroup, DuplicatePage
from mirrorlake.model.edits import Edit
from mirrorlake.model.jobs import Job
from mirrorlake.model.likeness import PICTURE_BYTES
from mirrorlake.model.pages import Page
from mirrorlake.model.query_explanations import ExplainedQuery
from mirrorlake.model.splits import Split, parse_split
from mirrorlake.model.uploads import Upload, UploadOptions, UploadState
from mirrorlake.services.field_contract import KnownFields
from mirrorlake.services.job_contract import PAGE_LIMIT
from mirrorlake.services.waiting import pauses


def read_picture(picture: bytes | str | PathLike[str]) -> bytes:
    """The bytes of a picture to search with. Raises UsageError for a file that cannot be read, or is too large."""
    if isinstance(picture, bytes):
        data = picture
    else:
        try:
            with Path(picture).open("rb") as file:
                data = file.read(PICTURE_BYTES + 1)
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise UsageError(f"{picture} cannot be read: {reason}.", "Name the file of an image.") from error
    if len(data) > PICTURE_BYTES:
        raise UsageError(
            f"The picture is larger than {PICTURE_BYTES // 1_000_000} MB.",
            "Send a smaller copy: 320 pixels a side are enough.",
        )
    return data


class Assets(KnownFields, Protocol):
    """Find, show and edit assets."""

    def search(
        self,
        query: str = "",
        *,
        limit: int = 100,
        offset: int = 0,
        cursor: str | None = None,
        patience_ms: int | None = None,
    ) -> AssetPage:
        """A page of the assets that match: from `cursor` if given, else the range `[offset, offset + limit)`.

        A search that no index answers reads all assets, for up to 10 seconds. With `patience_ms`, it ends after about
        this time: the page has what was found among the newest assets, `searched` is their number, and
        `next_cursor` goes on with the rest unless the query sorts by something else than the id.
        Raises QueryError, which points at a character, and UsageError for a cursor of another query.
        """
        ...

    def search_by_picture(
        self,
        picture: bytes | str | PathLike[str],
        query: str = "",
        *,
        limit: int = 100,
        offset: int = 0,
        cursor: str | None = None,
    ) -> AssetPage:
        """The assets that match and look most like a picture: the bytes of an image, or the path of its file.

        Nothing of it is kept. Needs a model that embeds pictures; without one, the page has a note about it. Raises as
        `search`, and UsageError for a picture that cannot be decoded.
        """
        ...

    def find(self, query: str = "", *, limit: int | None = None) -> Iterator[Asset]:
        """All matching assets, or the first `limit`, newest first. Raises QueryError."""
        ...

    def duplicates_page(self, query: str = "", *, limit: int = 20, cursor: str | None = None) -> DuplicatePage:
        """The next groups of near-duplicates among the assets that match, in the order of their oldest assets.

        A page examines assets for some seconds at most: it may have fewer groups than `limit`, or none. Raises
        QueryError, and UsageError for a query with an order and for a cursor of another query.
        """
        ...

    def duplicates(self, query: str = "", *, limit: int | None = None) -> Iterator[DuplicateGroup]:
        """All groups of near-duplicates among the assets that match, or the first `limit`. Raises as above."""
        left, cursor = limit, None
        while left is None or left > 0:
            page = self.duplicates_page(
                query, limit=PAGE_LIMIT if left is None else min(left, PAGE_LIMIT), cursor=cursor
            )
            yield from page.groups
            cursor = page.next_cursor
            if cursor is None:
                return
            left = None if left is None else left - len(page.groups)

    def explain(self, query: str = "") -> ExplainedQuery:
        """How a query is understood: its terms as sentences, its order, and names that the library does not know.

        Raises QueryError.
        """
        ...

    def get(self, asset_id: str) -> AssetDetail:
        """One asset with all its details. Raises NotFound."""
        ...

    def edit(self, asset_id: str, edit: Edit, *, revision: str | None = None) -> AssetDetail:
        """Change metadata, tags and projects of one asset as one transaction. Raises NotFound and UsageError.

        With the `revision` of an `AssetDetail`, raises StaleVersion if the asset was changed since.
        """
        ...

    def start_edit(self, bulk: BulkEdit) -> Job:
        """Queue a change of many assets, selected by a query when the job begins, or by their ids.

        `Jobs.undo` undoes it. Raises QueryError, NotFound for an id without an asset, and UsageError.
        """
        ...

    def preview_edit(self, bulk: BulkEdit) -> BulkEditPreview:
        """Count the assets that a bulk edit would select and change now. Raises as above."""
        ...

    def reprocess(
        self, query: str | None, stage: str, *, assets: Sequence[str] = (), failed: bool = False
    ) -> Sequence[Job]:
        """Queue the jobs that run a stage of processing again for all assets of a query, or for those with these ids.

        `look` reads their objects again, in a run for each datasource, and makes their thumbnails, hashes and vectors;
        `text` reads the text in pictures, and `embedding` computes the hashes and vectors of pictures from their
        thumbnails, both also where that failed; `function:NAME` calls an own function, with `failed` only where its
        last call failed. `look` needs the permission runs:control besides assets:edit. Raises QueryError, UsageError,
        NotFound, PassRunning and PermissionDenied.
        """
        ...

    def upload_files(self, files: Sequence[tuple[str, BinaryIO]], options: UploadOptions) -> Sequence[Upload]:
        """Store files, each with its name, as new objects, and queue their import, which then makes the edit.

        Raises UsageError, NotFound, StorageError, and PermissionDenied for a datasource that is only read.
        """
        ...

    def waiting_uploads(self, *, limit: int = 100) -> Sequence[Upload]:
        """The uploaded files that wait for their import, those that have waited longest first."""
        ...

    def get_upload(self, upload_id: str) -> Upload:
        """What became of an uploaded file. Raises NotFound."""
        ...

    def upload(
        self,
        path: str | PathLike[str],
        *,
        name: str | None = None,
        metadata: Mapping[str, Scalar] | None = None,
        tags: Sequence[str] = (),
        project: str | None = None,
        split: Split | str | None = None,
        datasource: str | None = None,
    ) -> Upload:
        """Upload a file and wait for its import. Raises as above.

        `name` defaults to that of the file; `split` is the split in the project, such as "train".
        """
        edit = Edit(metadata=metadata or {}, add_tags=tuple(tags), add_projects=() if project is None else (project,))
        with Path(path).open("rb") as file:
            part = None if split is None else parse_split(split)
            options = UploadOptions(datasource=datasource, edit=edit, split=part)
            (upload,) = self.upload_files([(name or Path(path).name, file)], options)
        for pause in pauses():
            if upload.state is not UploadState.WAITING:
                break
            time.sleep(pause)
            upload = self.get_upload(upload.id)
        return upload

    def history_page(self, asset_id: str, *, limit: int = 100, cursor: str | None = None) -> Page[HistoryEntry]:
        """The changes of one asset, newest first, from `cursor`. Raises NotFound."""
        ...

    def history(self, asset_id: str, *, limit: int = 20) -> Sequence[HistoryEntry]:
        """The newest changes of one asset, single and bulk. Raises NotFound."""
        found: list[HistoryEntry] = []
        cursor: str | None = None
        while len(found) < limit:
            page = self.history_page(asset_id, limit=min(limit - len(found), PAGE_LIMIT), cursor=cursor)
            found += page.items
            cursor = page.next_cursor
            if cursor is None:
                break
        return found

    def restore(self, asset_id: str) -> AssetDetail:
        """Restore an asset from the trash: as missing if its object is gone. Raises NotFound and Conflict."""
        ...

    def thumbnail(self, asset_id: str) -> bytes:
        """The asset's thumbnail, a WebP image. Raises NotFound."""
        ...

    def preview(
        self, asset_id: str, *, kind: PreviewKind = PreviewKind.PICTURE, page: int = 1, known: Container[str] = ()
    ) -> AssetPreview | Unchanged:
        """A larger picture than the thumbnail, or the strip of a video, unless its mark is in `known`.

        It is made of the object when it is first requested. Raises NotFound, NoPreview, TooBusy and StorageError.
        """
        ...

    def original(self, asset_id: str, *, known: Container[str] = ()) -> Original | Unchanged:
        """Access to the asset's own bytes, unless their mark is in `known`. Raises NotFound and StorageError."""
        ...
