"""Read the glob files that a datasource's configs name. A file whose token is unchanged is not read again."""

from __future__ import annotations

from collections.abc import Iterable

from mirrorlake.catalog import datasources
from mirrorlake.core.errors import AccessDenied, ObjectGone, ObjectTooLarge, SettingsError, StorageError
from mirrorlake.model.sources import Datasource, GlobFile
from mirrorlake.postgres.pool import Catalog
from mirrorlake.select.rules import Rules, compile_rules
from mirrorlake.storage.base import Store

MAX_GLOB_FILE_BYTES = 256 << 10  # several thousand patterns


def read_rules(
    source: Datasource, store: Store, catalog: Catalog, *, known_id: int | None
) -> tuple[Rules, tuple[GlobFile, ...]]:
    """The compiled configs of a datasource, and the glob files that were read because they changed.

    One HEAD for each file, and one GET if its token differs from the one stored under `known_id`. Raises StorageError,
    SettingsError or PatternError, which name the file.
    """
    keys = dict.fromkeys(config.glob_file for config in source.settings.configs)
    contents: dict[str, str] = {}
    changed: list[GlobFile] = []
    for key in keys:
        if key is None:
            continue
        remembered = None if known_id is None else datasources.glob_file(catalog, known_id, key)
        file = _read(store, key, remembered)
        contents[key] = file.content
        if file != remembered:
            changed.append(file)
    return compile_rules(source.settings, prefix=source.location.prefix, glob_files=contents), tuple(changed)


def remember_glob_files(catalog: Catalog, datasource_id: int, files: Iterable[GlobFile]) -> None:
    """Store the contents of these files, so that they are read again only when they change."""
    for file in files:
        datasources.store_glob_file(catalog, datasource_id, file)


def _read(store: Store, key: str, remembered: GlobFile | None) -> GlobFile:
    try:
        now = store.head(key)
        if remembered is not None and (remembered.token, remembered.size) == (now.token, now.size):
            return remembered
        body = store.get(key, token=None, limit=MAX_GLOB_FILE_BYTES)
    except ObjectGone as error:
        raise StorageError(
            f"The glob file {key!r} does not exist.",
            "glob_file_path starts at the root of the bucket or folder: create the file there, or correct the setting.",
        ) from error
    except ObjectTooLarge as error:
        raise StorageError(
            f"The glob file {key!r} is larger than {MAX_GLOB_FILE_BYTES >> 10} KB.",
            "Use fewer and wider patterns, or split them among several mirror_configs.",
        ) from error
    except AccessDenied as error:
        raise AccessDenied(f"Access to the glob file {key!r} was denied: {error.message}", error.fix) from error
    except StorageError as error:
        raise StorageError(f"The glob file {key!r} could not be read: {error.message}", error.fix) from error
    try:
        content = body.data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise SettingsError(
            f"The glob file {key!r} is not UTF-8 (byte {error.start:,}).", "Save it as a text file in UTF-8."
        ) from error
    if "\0" in content:
        raise SettingsError(f"The glob file {key!r} contains NUL characters.", "Save it as a text file in UTF-8.")
    return GlobFile(key=key, size=body.info.size, token=body.info.token, content=content)
