"""Base of all services: the open library, the caller, and the permission check before each use case."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import cached_property, wraps
from typing import TYPE_CHECKING, Concatenate, ParamSpec, TypeVar

from mirrorlake.core.settings import Settings
from mirrorlake.model.access import Context, Permission
from mirrorlake.postgres.pool import Catalog, open_catalog

if TYPE_CHECKING:
    from mirrorlake.mirror.source_stores import SourceStores  # loads the libraries that reach buckets
    from mirrorlake.processing.library_store import LibraryStore  # loads the providers
    from mirrorlake.processing.thumbnails import Thumbnails  # as above

P = ParamSpec("P")
R = TypeVar("R")
S = TypeVar("S", bound="Service")


class Resources:
    """An open library: its settings and its catalog."""

    def __init__(self, settings: Settings, catalog: Catalog) -> None:
        self.settings = settings
        self.catalog = catalog
        self._library_store: LibraryStore | None = None

    @cached_property
    def stores(self) -> SourceStores:
        """How to open the stores of datasources."""
        from mirrorlake.mirror.source_stores import SourceStores  # noqa: PLC0415  loads the libraries that reach buckets

        return SourceStores(self.settings, self.catalog)

    @cached_property
    def thumbnails(self) -> Thumbnails:
        """The thumbnails in the library store, which is opened on first use."""
        from mirrorlake.jobs.library_store import library_store  # noqa: PLC0415  loads what reaches the library store
        from mirrorlake.processing.thumbnails import Thumbnails  # noqa: PLC0415  as above

        self._library_store = library_store(self.settings)
        return Thumbnails(self._library_store.store)

    def close(self) -> None:
        """Close the library store."""
        if self._library_store is not None:
            self._library_store.close()


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
            return method(self, *args, **kwargs)

        return check_permission

    return decorate
