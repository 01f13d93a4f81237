"""Check whether this machine can run mirrorlake; each failed check has a fix."""

from __future__ import annotations

import platform
import shutil
import sys
import time
from collections.abc import Callable
from contextlib import closing
from importlib import resources
from importlib.metadata import version

import pyvips

from mirrorlake.catalog import datasources, jobs, picture_texts, search_indexes
from mirrorlake.core.errors import MirrorlakeError
from mirrorlake.core.private import make_private, tighten_home
from mirrorlake.core.settings import LOCAL_ENGINE, Settings
from mirrorlake.core.text import bytes_text, count_noun
from mirrorlake.engine.choice import check_installed
from mirrorlake.engine.cluster import check_reachable
from mirrorlake.formats.registry import all_formats, format_names
from mirrorlake.jobs.library_store import library_store
from mirrorlake.mirror.library_marker import check_unshared
from mirrorlake.model.jobs import DEFAULT_POOL, JobKind, JobState
from mirrorlake.model.media import MediaKind
from mirrorlake.model.readiness import MachineCheck, MachineReport
from mirrorlake.model.search_indexes import IndexState
from mirrorlake.ocr.engine import model_name
from mirrorlake.postgres.pool import open_catalog

MIN_FREE_BYTES = 2 * 10**9  # a database of a million assets and some thumbnails


def examine(settings: Settings) -> MachineReport:
    """Run all checks, even if some fail. Starts the embedded PostgreSQL."""
    checks = tuple(_run(name, check, settings) for name, check in _CHECKS.items())
    return MachineReport(ok=all(check.ok for check in checks), checks=checks)


def _run(name: str, check: Callable[[Settings], str], settings: Settings) -> MachineCheck:
    try:
        return MachineCheck(check=name, ok=True, message=check(settings))
    except MirrorlakeError as error:
        return MachineCheck(check=name, ok=False, message=error.message, fix=error.fix)


def _python(_settings: Settings) -> str:
    return f"mirrorlake {version('mirrorlake')} on Python {platform.python_version()}, {sys.platform}"


def _home(settings: Settings) -> str:
    try:
        make_private(settings.home, passable=True)
        readable = tighten_home(settings.home)
        probe = settings.home / ".doctor"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise MirrorlakeError(
            f"Cannot write to the data folder {settings.home}: {error.strerror}.",
            "Set MIRRORLAKE_HOME to a folder that you can write to.",
        ) from error
    if readable is not None:
        raise MirrorlakeError(readable, f"Check who uses {settings.home}: it holds the images and the access token.")
    free = shutil.disk_usage(settings.home).free
    if free < MIN_FREE_BYTES:
        raise MirrorlakeError(
            f"Only {bytes_text(free)} are free for {settings.home}.", "Free some space, or set MIRRORLAKE_HOME."
        )
    return f"{settings.home}, {bytes_text(free)} free"


def _database(settings: Settings) -> str:
    where = "embedded" if settings.database_url is None else "external"
    with open_catalog(settings) as catalog, catalog.read() as connection:
        row = connection.execute("SELECT current_setting('server_version')").fetchone()
    return f"PostgreSQL {row[0] if row else '?'} ({where}) is running"


def _search_indexes(settings: Settings) -> str:
    with open_catalog(settings) as catalog:
        found = search_indexes.list_all(catalog)
    failed = [one for one in found if one.state is IndexState.FAILED]
    if failed:
        raise MirrorlakeError(
            f"The index of {failed[0].source.value} {failed[0].key} could not be built: {failed[0].error}",
            "A worker tries again after a day. Until then, searches that need it are slow.",
        )
    size = sum(one.bytes for one in found)
    return f"{len(found)} made for searches, {bytes_text(size)}" if found else "none are needed so far"


def _thumbnails(settings: Settings) -> str:
    with open_catalog(settings) as catalog, closing(library_store(settings)) as library:
        check_unshared(catalog, library.store, time.time())
        ended = jobs.list_jobs(catalog, limit=1, kind=JobKind.THUMBNAILS_CLEAN, state=JobState.SUCCEEDED)
    if not ended:
        return "were never cleaned up"
    unreadable: list[str] = (ended[0].result or {}).get("unreadable", [])
    if unreadable:
        raise MirrorlakeError(
            f"{count_noun(len(unreadable), 'pack')} could not be read in job {ended[0].id}: {unreadable[0]}",
            "Check the disk or the bucket, then run `mirrorlake thumbnails make --whole`, and `thumbnails clean`.",
        )
    return "all packs that the last cleanup needed could be read"


def _images(_settings: Settings) -> str:
    absent = [one.name for one in all_formats() if one.absent() is not None]
    missing = [one.name for one in all_formats() if one.name not in absent and not one.codec().available()]
    libvips = f"libvips {pyvips.version(0)}.{pyvips.version(1)}.{pyvips.version(2)}"
    if missing:
        raise MirrorlakeError(f"{', '.join(missing)} cannot be read ({libvips}).", "Install the pyvips-binary wheel.")
    without = f"; mirrorlake[video] would also read {', '.join(absent)}" if absent else ""
    kinds = [kind for kind in MediaKind if not absent or kind not in (MediaKind.VIDEO, MediaKind.AUDIO)]
    return f"{format_names(kinds)} can be read ({libvips}){without}"


def _picture_text(settings: Settings) -> str:
    with open_catalog(settings) as catalog:
        named = [datasources.named(catalog, name) for name in picture_texts.wanted(catalog)]
    wanted = [one.name for one in named if one.settings.pool == DEFAULT_POOL]  # workers of other pools read the others
    if not wanted:
        return "no datasource wants it to be read here"
    try:
        model = model_name()
    except MirrorlakeError as error:
        raise MirrorlakeError(f"The datasource {wanted[0]} wants it to be read. {error.message}", error.fix) from error
    return f"{count_noun(len(wanted), 'datasource')} asked for it, and {model} reads it"


def _engine(settings: Settings) -> str:
    check_installed(settings.engine)
    if settings.engine == LOCAL_ENGINE:
        return "objects are processed on this machine"
    check_reachable(settings.engine)
    return f"objects are processed on the Ray cluster at {settings.engine}"


def _pages(_settings: Settings) -> str:
    if not resources.files("mirrorlake.api").joinpath("static", "index.html").is_file():
        raise MirrorlakeError("The web pages are missing from this installation.", "Run make setup again.")
    return "web pages are installed"


_CHECKS: dict[str, Callable[[Settings], str]] = {
    "python": _python,
    "data folder": _home,
    "database": _database,
    "search indexes": _search_indexes,
    "thumbnails": _thumbnails,
    "images": _images,
    "text in pictures": _picture_text,
    "engine": _engine,
    "pages": _pages,
}
