"""Read what a mirror config selects, and what happens to it. Pure.

All functions raise SettingsError; `where` precedes the name of the setting.
"""

from __future__ import annotations

from mirrorlake.core.errors import SettingsError
from mirrorlake.model.sources import DEFAULT_ORPHANS, Orphans
from mirrorlake.select.json_reader import Json, is_key, quote, read_bool, read_choice, read_text, read_texts
from mirrorlake.select.patterns import MAX_PATTERN_CHARS, check_patterns

REMOVE_NAMES = ("removeOrphanedSourcesFromWorkspace", "removeOrphanedSourcesWhenDisappeared")


def read_id(given: dict[str, Json], where: str) -> str | None:
    """The user's own name of a config."""
    identity = given.get("id")
    if identity is None or isinstance(identity, str):
        return identity or None
    if isinstance(identity, int) and not isinstance(identity, bool):
        return str(identity)
    raise SettingsError(f"{where}id is {quote(identity)}.", "It can be a text or a number.", field=f"{where}id")


def read_glob_file(given: dict[str, Json], where: str) -> str | None:
    """The key of the glob file of a config."""
    path = read_text(given, "glob_file_path", where)
    key = None if path is None else path.removeprefix("/")
    if key is not None and (not key or key.endswith("/") or not is_key(key)):
        raise SettingsError(
            f"{where}glob_file_path is {quote(path)}, which does not name a file.",
            'Write the key of a text file in the bucket, such as "patterns/train.txt".',
            field=f"{where}glob_file_path",
        )
    return key


def read_paths(given: dict[str, Json], where: str) -> tuple[str, ...]:
    """The exact keys that a config selects."""
    paths = read_texts(given, "paths", where)
    for path in paths:
        if not path.strip("/") or len(path) > MAX_PATTERN_CHARS or not is_key(path):
            raise SettingsError(
                f"{where}paths contains {quote(path)}, which does not name an object.",
                "Remove it.",
                field=f"{where}paths",
            )
    return paths


def read_globs(given: dict[str, Json], name: str, where: str) -> tuple[str, ...]:
    """The patterns under `name`. Raises PatternError too."""
    return check_patterns(read_texts(given, name, where))


def read_orphans(settings: dict[str, Json], where: str) -> Orphans:
    """What happens to assets whose objects are gone, by either spelling of the setting."""
    orphans = read_choice(settings, "orphans", Orphans, DEFAULT_ORPHANS, where)
    for name in REMOVE_NAMES:
        remove = read_bool(settings, name, where)
        if remove is not None:
            orphans = Orphans.REMOVE if remove else Orphans.KEEP
    return orphans
