"""Create the data folder when it is first needed, and report why it cannot be written."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from mirrorlake.core.errors import SettingsError
from mirrorlake.core.private import make_home
from mirrorlake.storage.disk import room_in


@contextmanager
def open_data_folder(home: Path) -> Generator[None]:
    """Create `home` if it does not exist, for its owner alone, and write below it. Raises SettingsError or DiskFull."""
    try:
        with room_in(home):
            make_home(home)
            yield
    except OSError as error:
        raise SettingsError(
            f"The data folder {home} cannot be written: {error.strerror or error}.",
            "Set MIRRORLAKE_HOME to a folder that you can write.",
        ) from error
