"""Say whether this machine can run mirrorlake, one check after the other, each with a fix."""

from __future__ import annotations

import platform
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib import resources
from importlib.metadata import version

import pyvips

from mirrorlake.core.errors import MirrorlakeError
from mirrorlake.core.settings import Settings
from mirrorlake.postgres.pool import open_catalog

ROOM_WANTED = 2 * 10**9  # bytes: a database of a million assets and some thumbnails


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing looked at. `fix` is empty where all is well."""

    check: str
    ok: bool
    message: str
    fix: str = ""


def examine(settings: Settings) -> list[Check]:
    """Every check, whatever the others say. Starts the embedded PostgreSQL."""
    return [_run(name, check, settings) for name, check in _CHECKS.items()]


def _run(name: str, check: Callable[[Settings], str], settings: Settings) -> Check:
    try:
        return Check(check=name, ok=True, message=check(settings))
    except MirrorlakeError as error:
        return Check(check=name, ok=False, message=error.message, fix=error.fix)


def _python(_settings: Settings) -> str:
    return f"mirrorlake {version('mirrorlake')} on Python {platform.python_version()}, {sys.platform}"


def _home(settings: Settings) -> str:
    try:
        settings.home.mkdir(parents=True, exist_ok=True, mode=0o700)
        probe = settings.home / ".doctor"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise MirrorlakeError(
            f"The data folder {settings.home} cannot be written: {error.strerror}.",
            "Set MIRRORLAKE_HOME to a folder of yours.",
        ) from error
    free = shutil.disk_usage(settings.home).free
    if free < ROOM_WANTED:
        raise MirrorlakeError(
            f"Only {free / 1e9:.1f} GB are free for {settings.home}.", "Make room, or set MIRRORLAKE_HOME."
        )
    return f"{settings.home}, {free / 1e9:.0f} GB free"


def _database(settings: Settings) -> str:
    where = "embedded" if settings.database_url is None else "external"
    with open_catalog(settings) as catalog, catalog.read() as connection:
        row = connection.execute("SELECT current_setting('server_version')").fetchone()
    return f"PostgreSQL {row[0] if row else '?'} ({where}) answers"


def _images(_settings: Settings) -> str:
    wanted = {"JPEG": "jpegload_buffer", "PNG": "pngload_buffer", "WebP": "webpload_buffer", "AVIF": "heifload_buffer"}
    missing = [name for name, loader in wanted.items() if pyvips.type_find("VipsOperation", loader) == 0]
    if missing:
        raise MirrorlakeError(f"This libvips reads no {', '.join(missing)}.", "Install the pyvips-binary wheel.")
    return f"libvips {pyvips.version(0)}.{pyvips.version(1)}.{pyvips.version(2)} reads {', '.join(wanted)}"


def _pages(_settings: Settings) -> str:
    if not resources.files("mirrorlake.api").joinpath("static", "index.html").is_file():
        raise MirrorlakeError("The web pages were not built into this installation.", "Run make setup once more.")
    return "the web pages are built in"


_CHECKS: dict[str, Callable[[Settings], str]] = {
    "python": _python,
    "data folder": _home,
    "database": _database,
    "images": _images,
    "pages": _pages,
}
