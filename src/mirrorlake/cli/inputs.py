"""What users give to commands: paths as addresses, and files of settings."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from mirrorlake.core.dates import read_date
from mirrorlake.core.errors import SettingsError, UsageError


def folder_address(address: str) -> str:
    """Convert a path such as `.`, `./photos` or `~/photos` to a file:// address; return any other address unchanged."""
    if "://" in address or not address:
        return address
    path = Path(address).expanduser() if address.startswith("~") else Path(address)
    if address.startswith(("./", "../", "/", "~")) or address in {".", ".."} or path.is_dir():
        return path.absolute().as_uri()
    return address


def is_address(text: str) -> bool:
    """Whether a text is meant as an address or a path, not as the name of a datasource."""
    return "://" in text or text.startswith(("./", "../", "/", "~", "arn:")) or text in {".", ".."}


def read_settings_file(path: Path) -> str:
    """The text of a file of settings. Raises SettingsError."""
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or error  # without the path once more
        raise SettingsError(
            f"The settings file {path} cannot be read: {reason}.", "Name a readable JSON file in UTF-8."
        ) from error


def read_moment(text: str, option: str) -> datetime:
    """A moment, in UTC unless the text has an offset. Raises UsageError."""
    found = read_date(text) or read_date(f"{text.strip()}T00:00")
    if found is None:
        raise UsageError(f"{option} {text!r} is not a time.", "Write it like 2026-11-29 or 2026-11-29T08:00:00Z.")
    return found
