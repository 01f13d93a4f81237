"""What all services share: the open library, the caller, and the check of a permission before each use case."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar

from mirrorlake.core.settings import Settings
from mirrorlake.model.access import Context, Permission
from mirrorlake.postgres.pool import Catalog, open_catalog

P = ParamSpec("P")
R = TypeVar("R")
S = TypeVar("S", bound="Service")


@dataclass(frozen=True, slots=True)
class Resources:
    """An open library: its settings and its catalog."""

    settings: Settings
    catalog: Catalog


@contextmanager
def open_resources(settings: Settings) -> Generator[Resources]:
    """The library of these settings, its database started and migrated. Raises CatalogError."""
    with open_catalog(settings) as catalog:
        yield Resources(settings, catalog)


@dataclass(frozen=True, slots=True)
class Service:
    """The use cases of one noun, for one caller."""

    resources: Resources
    caller: Context


def requires(permission: Permission) -> Callable[[Callable[Concatenate[S, P], R]], Callable[Concatenate[S, P], R]]:
    """Decorates a use case: PermissionDenied is raised before anything is done if the caller lacks the permission."""

    def decorate(method: Callable[Concatenate[S, P], R]) -> Callable[Concatenate[S, P], R]:
        @wraps(method)
        def checked(self: S, /, *args: P.args, **kwargs: P.kwargs) -> R:
            self.caller.require(permission)
            return method(self, *args, **kwargs)

        return checked

    return decorate
