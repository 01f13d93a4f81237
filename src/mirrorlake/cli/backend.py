"""The backend of commands: the library on this machine, or the server in MIRRORLAKE_URL."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from mirrorlake.core.settings import read_local_settings, read_settings
from mirrorlake.model.access import DEFAULT_WORKSPACE
from mirrorlake.services.contract import Library

if TYPE_CHECKING:
    from mirrorlake.services.foreground import Foreground  # loads bucket libraries


@contextmanager
def open_library() -> Generator[Library]:
    """Open the library on this machine, or the server in MIRRORLAKE_URL; close it at the end."""
    with open_server() as server:
        if server is not None:
            yield server
            return
    from mirrorlake.services.callers import local_user  # noqa: PLC0415  a client of a server needs no database driver
    from mirrorlake.services.library import open_library as open_local  # noqa: PLC0415  as above

    settings = read_settings()
    with open_local(settings, local_user(settings.workspace)) as library:
        yield library


@contextmanager
def open_server() -> Generator[Library | None]:
    """Open the server in MIRRORLAKE_URL; None if the work is done in this process."""
    settings = read_settings()
    if settings.server_url is None:
        yield None
        return
    from mirrorlake.client import Mirrorlake  # noqa: PLC0415  its HTTP library costs 0.2 s

    workspace = None if settings.workspace == DEFAULT_WORKSPACE else settings.workspace
    with Mirrorlake(settings.server_url, api_key=settings.api_key, workspace=workspace) as client:
        yield client


@contextmanager
def open_foreground() -> Generator[Foreground]:
    """Open the library on this machine for long work in this process. Raises SettingsError if MIRRORLAKE_URL is set."""
    from mirrorlake.services.callers import local_user  # noqa: PLC0415  only where the work is done here
    from mirrorlake.services.foreground import open_foreground as open_local  # noqa: PLC0415  loads bucket libraries

    settings = read_local_settings()
    with open_local(settings, local_user(settings.workspace)) as foreground:
        yield foreground
