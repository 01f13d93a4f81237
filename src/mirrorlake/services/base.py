"""Base of all services: the open library, the caller, and the permission check before each use case."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from functools import cached_property, wraps
from typing import TYPE_CHECKING, Concatenate, ParamSpec, TypeVar

from mirrorlake.core.errors import UnknownField
from mirrorlake.core.settings import Settings
from mirrorlake.model.access import DEFAULT_WORKSPACE, Context, Permission
from mirrorlake.postgres.pool import Catalog, open_catalog

if TYPE_CHECKING:
    from mirrorlake.embedding.queries import QueryEmbedder  # loads numpy
    from mirrorlake.mirror.source_stores import SourceStores  # loads the libraries that reach buckets
    from mirrorlake.mirror.thumbnails import Thumbnails  # as above
    from mirrorlake.processing.library_store import LibraryStore  # loads the providers
    from mirrorlake.processing.previewer import Previewer  # as above
    from mirrorlake.services.asset_previews import PreviewMaker  # as above

P = ParamSpec("P")
R = TypeVar("R")
S = TypeVar("S", bound="Service")


class Resources:
    """An open workspace: its settings and its catalog. That of `default` opens the others."""

    def __init__(self, settings: Settings, catalog: Catalog, root: Resources | None = None) -> None:
        self.settings = settings
        self.catalog = catalog
        self._root = root or self
        self._lock = threading.Lock()
        self._previewer: Previewer | None = None  # of the root
        self._query_embedder: QueryEmbedder | None = None  # of the root
        self._previews: PreviewMaker | None = None
        self._library_store: LibraryStore | None = None
        self._others: dict[str, Resources] = {}  # by folder

    def of(self, workspace: str) -> Resources:
        """The workspace with this name, over the same connections. Raises NotFound."""
        if workspace == DEFAULT_WORKSPACE:
            return self
        from mirrorlake.catalog import workspaces  # noqa: PLC0415  most libraries have one workspace

        space = workspaces.find(self.catalog, workspace)
        found = self._others.get(space.part)
        if found is None or found.settings.workspace != workspace:  # else it was renamed
            settings = replace(self.settings, workspace=workspace, part=space.part)
            found = Resources(settings, self.catalog.in_schema(space.schema), self)
            self._others[space.part] = found
        return found

    @cached_property
    def stores(self) -> SourceStores:
        """How to open the stores of datasources."""
        from mirrorlake.mirror.source_stores import SourceStores  # noqa: PLC0415  loads the libraries that reach buckets

        return SourceStores(self.settings, self.catalog)

    @cached_property
    def thumbnails(self) -> Thumbnails:
        """The thumbnails in the library store, which is opened on first use."""
        from mirrorlake.jobs.library_store import library_store  # noqa: PLC0415  loads what reaches the library store
        from mirrorlake.mirror.thumbnails import Thumbnails  # noqa: PLC0415  as above

        self._library_store = library_store(self.settings)
        return Thumbnails(self.catalog, self._library_store.store)

    @property
    def previewer(self) -> Previewer:
        """The processes that make previews, for all workspaces."""
        if self._root is not self:
            return self._root.previewer
        from mirrorlake.processing.previewer import Previewer  # noqa: PLC0415  loads the providers

        with self._lock:
            if self._previewer is None:
                self._previewer = Previewer()
            return self._previewer

    @property
    def query_embedder(self) -> QueryEmbedder:
        """The process that embeds pictures and texts of searches, for all workspaces."""
        if self._root is not self:
            return self._root.query_embedder
        from mirrorlake.embedding.queries import QueryEmbedder  # noqa: PLC0415  loads numpy

        with self._lock:
            if self._query_embedder is None:
                self._query_embedder = QueryEmbedder(self.settings.models)
            return self._query_embedder

    def embed_text(self, vectors: str, text: str) -> Sequence[float]:
        """The vector of a text of a search, like those with this name. Raises ModelUnavailable and TooBusy."""
        return self.query_embedder.text(vectors, text).tolist()

    @property
    def previews(self) -> PreviewMaker:
        """The previews of this workspace, made once for all threads."""
        from mirrorlake.services.asset_previews import PreviewMaker  # noqa: PLC0415  loads the providers

        previewer = self.previewer
        with self._lock:
            if self._previews is None:
                self._previews = PreviewMaker(self.settings, self.catalog, self.stores, previewer)
            return self._previews

    def close(self) -> None:
        """Close the library stores, and end the processes that make previews and embed pictures."""
        for other in self._others.values():
            other.close()
        if self._library_store is not None:
            self._library_store.close()
        if self._previewer is not None:
            self._previewer.close()
        if self._query_embedder is not None:
            self._query_embedder.close()


@contextmanager
def open_resources(settings: Settings) -> Generator[Resources]:
    """The library of these settings, its database started and migrated. Raises CatalogError."""
    with open_catalog(settings) as catalog, closing(Resources(settings, catalog)) as resources:
        yield resources


@dataclass(frozen=True, slots=True)
class Service:
    """The use cases of one noun, for one caller."""

    resources: Resources
    caller: Context


def requires(permission: Permission) -> Callable[[Callable[Concatenate[S, P], R]], Callable[Concatenate[S, P], R]]:
    """Decorate a use case so that it raises PermissionDenied first if the caller lacks the permission."""

    def decorate(method: Callable[Concatenate[S, P], R]) -> Callable[Concatenate[S, P], R]:
        @wraps(method)
        def check_permission(self: S, /, *args: P.args, **kwargs: P.kwargs) -> R:
            self.caller.require(permission)
            try:
                return method(self, *args, **kwargs)
            except UnknownField as error:  # parsing knows no library
                from mirrorlake.services.key_hints import suggest_key  # noqa: PLC0415  loads what searches

                raise suggest_key(self.resources.catalog, error) from None

        return check_permission

    return decorate
