"""Search by a picture that a user sends: it is decoded and embedded in limited processes, and nothing is kept."""

from __future__ import annotations

from blake3 import blake3

from mirrorlake.core.errors import NoPreview, UsageError
from mirrorlake.model.assets import AssetPage
from mirrorlake.model.likeness import StoredModel
from mirrorlake.processing.preview_task import PictureTask
from mirrorlake.search.alike import QueryVector
from mirrorlake.search.run import search_by_picture
from mirrorlake.services.base import Resources

_OTHER = "Send a JPEG, PNG or another image that a run would import."


def search(resources: Resources, data: bytes, query: str, *, limit: int, offset: int, cursor: str | None) -> AssetPage:
    """See `Assets.search_by_picture`."""

    def embed(model: StoredModel) -> QueryVector:
        try:
            thumbnail = resources.previewer.make(PictureTask(data), owner=resources.settings.part)
        except NoPreview as error:
            raise UsageError(error.message, error.fix or _OTHER) from error
        vector = resources.query_embedder.picture(model.name, thumbnail)
        if vector is None:
            raise UsageError("The picture cannot be searched with: the model cannot read it.", _OTHER)
        return QueryVector(model.name, tuple(vector.tolist()), model.picture_cutoff)

    mark = blake3(data).hexdigest()
    return search_by_picture(resources.catalog, query, mark, embed, limit=limit, offset=offset, cursor=cursor)
