"""A store for worker processes whose objects kill or hang the process that fetches or opens them."""

from __future__ import annotations

import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path
from typing import SupportsIndex

from mirrorlake.core.errors import SettingsError
from mirrorlake.model.sources import Location, Provider
from mirrorlake.storage.base import Body, Store
from mirrorlake.storage.providers.folder.store import FolderStore


class _Fatal(bytes):
    """Bytes that crash the process that reads them, as a broken decoder would."""

    __slots__ = ()

    def __getitem__(self, place: SupportsIndex | slice) -> bytes:
        os.kill(os.getpid(), signal.SIGSEGV)
        return b""


class _Endless(bytes):
    """Bytes that hang the process that reads them forever."""

    __slots__ = ()

    def __getitem__(self, place: SupportsIndex | slice) -> bytes:
        while True:
            time.sleep(1)


class BitingStore(FolderStore):
    """A folder in which file names select how an object kills or hangs its reader."""

    def __init__(self, location: Location, log: Path) -> None:
        super().__init__(location)
        self._log = log

    def get(self, key: str, *, token: str | None, limit: int) -> Body:
        """Like a folder, except for the fatal objects; every call is logged with its process."""
        with self._log.open("a") as log:
            log.write(f"{os.getpid()} {key}\n")
        if key.startswith("kill-fetch"):
            os.kill(os.getpid(), signal.SIGKILL)
        if key.startswith("kill-owner"):  # of the worker process, as a node that ends does
            os.kill(os.getppid(), signal.SIGKILL)
            time.sleep(3600)
        if key.startswith("stall"):
            time.sleep(3600)
        body = super().get(key, token=token, limit=limit)
        bite = {"kill-decode": _Fatal, "hang-decode": _Endless}.get(key.partition(".")[0])
        return Body(data=bite(body.data), info=body.info) if bite else body


@dataclass(frozen=True)
class Biting:
    """Opens a BitingStore in a worker."""

    folder: str
    log: Path

    def open(self) -> Store:
        """The store."""
        return BitingStore(Location(provider=Provider.FILE, container=self.folder), self.log)


@dataclass(frozen=True)
class Unopenable:
    """A recipe that fails on purpose, or by accident."""

    on_purpose: bool

    def open(self) -> Store:
        """Raise an error, always."""
        if self.on_purpose:
            raise SettingsError("The endpoint is no address.", "Give one that starts with http.")
        raise ZeroDivisionError("a slip")
