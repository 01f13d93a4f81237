"""The contract of inventories: lists of all objects that a cloud writes regularly, which can replace a listing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Protocol

from mirrorlake.core.errors import StorageError
from mirrorlake.storage.base import ListPage, Store


class InventoryRefused(StorageError):
    """No inventory can be used: there is none, or it is old, damaged or about another bucket."""


class Inventory(Protocol):
    """One inventory, whose manifest was verified."""

    @property
    def created(self) -> datetime:
        """The time of which it lists the objects. What changed later may be missing or outdated."""
        ...

    def pages(self) -> Iterator[ListPage]:
        """The objects in any order, without versions that are not the latest. Raises InventoryRefused."""
        ...


class InventoryService(Protocol):
    """How a provider writes inventories."""

    def newest(self, store: Store, prefix: str, bucket: str, now: datetime) -> Inventory:
        """The newest inventory of `bucket` below `prefix` of `store`. Raises InventoryRefused and StorageError."""
        ...
