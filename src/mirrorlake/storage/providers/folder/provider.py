"""`file://`: folders of this machine and their addresses. They have no options."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote, unquote_to_bytes

from mirrorlake.core.errors import SettingsError, UsageError
from mirrorlake.model.credentials import Credentials
from mirrorlake.model.identity import Identity
from mirrorlake.model.sources import Access, AccessOptions, Location, Provider
from mirrorlake.storage.providers.base import SingleObject

if TYPE_CHECKING:
    from mirrorlake.storage.base import Store  # loads Arrow
    from mirrorlake.storage.providers.folder.store import FolderStore  # loads Arrow
    from mirrorlake.storage.writable import WritableStore  # loads what retries need


class FolderProvider:
    """A folder of this machine."""

    example: str | None = "file:///absolute/folder"
    bucket_type: str | None = None
    other_schemes: tuple[str, ...] = ()

    def parse(self, uri: str, rest: str) -> Location:
        """`file:///absolute/folder`, percent-decoded."""
        host, slash, path = rest.partition("/")
        if host not in ("", "localhost") or not slash:
            raise UsageError(
                f"{uri!r} does not name an absolute folder.",
                f"Write three slashes before an absolute path, such as file:///{quote(rest.lstrip('/')) or 'photos'}.",
            )
        try:
            decoded = unquote_to_bytes(slash + path).decode()
        except UnicodeDecodeError as error:
            raise UsageError(
                f"{uri!r} does not decode to UTF-8.", "Percent-encode the folder's name as UTF-8."
            ) from error
        return folder_location(uri, decoded)

    def restore(self, rest: str) -> Location:
        """The path, percent-encoded."""
        return Location(provider=Provider.FILE, container=unquote(rest))

    def guess(self, rest: str) -> str | None:
        """An absolute path after `file:`."""
        return f"file://{rest}" if rest.startswith("/") else None

    def derive_name(self, location: Location) -> str:
        """The last folder of the path."""
        return location.container.rstrip("/").rpartition("/")[2]

    def read_access(self, values: Mapping[str, object]) -> Access:
        """A folder needs none."""
        del values
        return Access()

    def change_access(self, stored: Access, given: AccessOptions) -> Access:
        """A folder needs none."""
        del given
        return stored

    def check_options(self, location: Location, given: AccessOptions) -> None:
        """Refuse every option."""
        del location
        if given != AccessOptions():
            raise SettingsError("A folder has no endpoint, region, profile or signature.", "Leave these flags out.")

    def describe_access(self, access: Access) -> Iterator[tuple[str, str]]:
        """Nothing to describe."""
        del access
        return iter(())

    def resolve(self, access: Access, credentials: Credentials | None = None) -> object:
        """Nothing to hand over."""
        del access, credentials
        return None

    def check_credentials(self, access: Access, credentials: Credentials) -> None:
        """Refuse nothing."""

    def load(self) -> type[FolderStore]:
        """The class of its stores."""
        from mirrorlake.storage.providers.folder.store import FolderStore  # noqa: PLC0415  loads Arrow

        return FolderStore

    def open(
        self, location: Location, access: Access, *, listing_ordered: bool | None = None, resolved: object = None
    ) -> Store:
        """The folder, read only; it always lists in order. Raises UsageError where the address names a single file."""
        del access, listing_ordered, resolved
        return self.load()(location)

    def open_writable(
        self, location: Location, access: Access, *, flush: bool = True, resolved: object = None
    ) -> WritableStore:
        """The files of the folder, which is created with the first file."""
        from mirrorlake.storage.providers.folder.writable import FolderWritableStore  # noqa: PLC0415  only the library writes

        del access, resolved
        return FolderWritableStore(location, flush=flush)

    def root_identity(self, location: Location) -> Identity | None:
        """Device, inode, file system and birth of the folder and of the mount points below it."""
        from mirrorlake.storage.providers.folder.identity import identify  # noqa: PLC0415  loads psutil

        return identify(location.container)

    def single_file(self, location: Location) -> SingleObject | None:
        """The file, if the path leads to one."""
        path = Path(location.container)
        if not path.is_file():
            return None
        return SingleObject(uri=location.uri, folder=path.parent.as_uri(), name=path.name)

    def single_object(self, location: Location, store: Store) -> SingleObject | None:
        """Known without a request to the store."""
        del store
        return self.single_file(location)


def folder_location(shown: str, path: str) -> Location:
    """The normalised location of an absolute path; `shown` is the user's input. Raises UsageError."""
    if "\0" in path:
        raise UsageError(
            f"{shown!r} contains a NUL character, which is not allowed in folder names.", "Check the address."
        )
    folder = os.path.normpath(path)
    # POSIX treats exactly two leading slashes specially; a folder address has one.
    folder = "/" + folder.lstrip("/") if folder.startswith("//") else folder
    if not os.path.isabs(folder):  # noqa: PTH117
        raise UsageError(f"{shown!r} does not name an absolute folder.", "Write file:///absolute/folder.")
    return Location(provider=Provider.FILE, container=folder)
