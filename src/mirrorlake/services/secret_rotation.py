"""Count what each master key encrypts, and rotate it while connections are in use: a reader finds a fitting key."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Final

from mirrorlake.catalog import connections, signing_secrets
from mirrorlake.catalog.activity import record_alone
from mirrorlake.catalog.workspaces import list_spaces
from mirrorlake.connections.master_keys import (
    KEY_FILE,
    KeyRing,
    new_key,
    read_key_file,
    read_key_ring,
    replace_key_file,
)
from mirrorlake.core.errors import SettingsError
from mirrorlake.core.settings import Settings
from mirrorlake.core.text import count_noun
from mirrorlake.model.access import Context
from mirrorlake.model.activity import Action, Subject
from mirrorlake.model.master_keys import KeyPlace, MasterKey, MasterKeys, Rotation
from mirrorlake.postgres.pool import Catalog
from mirrorlake.storage.key_services import KeyMismatch

_KEPT: Final = 2  # keys in the file after a rotation: a process that has just read it may still use the previous one


@dataclass(frozen=True, slots=True)
class _SealedRow:
    """A wrapped data key, and how to replace it; False if it changed meanwhile."""

    key: str
    replace: Callable[[str], bool]


def survey(settings: Settings, catalog: Catalog) -> MasterKeys:
    """How many secrets of all workspaces each master key encrypts. Raises SettingsError for unusable keys."""
    ring = read_key_ring(settings)
    keys = () if ring is None else tuple(ring.keys)
    counts, lost = [0] * len(keys), 0
    for row in _sealed_rows(catalog):
        place = None if ring is None else ring.position(row.key)
        if place is None:
            lost += 1
        else:
            counts[place] += 1
    return MasterKeys(
        place=KeyPlace.ENVIRONMENT if settings.secret_key is not None else KeyPlace.FILE if keys else KeyPlace.NONE,
        keys=tuple(
            MasterKey(id=key.id, kind=key.scheme, newest=place == 0, secrets=counts[place])
            for place, key in enumerate(keys)
        ),
        older=sum(counts[1:]),
        lost=lost,
    )


def rotate(settings: Settings, catalog: Catalog, *, by: Context) -> Rotation:
    """Encrypt every data key of all workspaces, which share the master key, with the newest one.

    Without MIRRORLAKE_SECRET_KEY, a new key comes first in the file of the data folder. Raises SettingsError if a key
    is missing; nothing is lost then, and the rotation can be repeated.
    """
    with connections.rotation_lock(catalog):
        path = settings.home / KEY_FILE
        if settings.secret_key is None:
            known = read_key_file(path)
            lost = survey(settings, catalog).lost
            if lost:
                raise _missing_key(lost)
            replace_key_file(path, [new_key(), *known])
        ring = read_key_ring(settings)
        if ring is None:
            raise SettingsError(f"The file of keys {path} has disappeared.", "Copy it back, then rotate again.")
        rotation = _rewrap_all(catalog, ring, by)
        if settings.secret_key is None:
            replace_key_file(path, read_key_file(path)[:_KEPT])
    return rotation


def _rewrap_all(catalog: Catalog, ring: KeyRing, by: Context) -> Rotation:
    """Rewrap what an older key encrypted, and record it however that ends. A key that changes meanwhile is newer."""
    rewrapped = current = lost = 0
    try:
        for row in _sealed_rows(catalog):
            if ring.is_newest(row.key):
                current += 1
                continue
            try:
                data_key = ring.unwrap(row.key)
            except KeyMismatch:
                lost += 1
                continue
            rewrapped += row.replace(ring.wrap(data_key))
    finally:
        details = {"rewrapped": rewrapped, "current": current, "lost": lost}
        record_alone(catalog, by, Action.ROTATE, Subject.MASTER_KEY, ring.keys[0].id, details=details)
    if lost:
        raise _missing_key(lost)
    return Rotation(rewrapped=rewrapped, current=current)


def _sealed_rows(catalog: Catalog) -> Generator[_SealedRow]:
    """The wrapped data keys of all workspaces: a key that one of them no longer needs may be that of another."""
    for space in list_spaces(catalog):
        place = catalog.in_schema(space.schema)
        for owners in (connections, signing_secrets):
            for number, sealed in owners.sealed_rows(place):
                yield _SealedRow(sealed.key, _replace(owners.rewrap, place, number, sealed.key))


def _replace(
    rewrap: Callable[[Catalog, int, str, str], bool], place: Catalog, number: int, before: str
) -> Callable[[str], bool]:
    return lambda key: rewrap(place, number, before, key)


def _missing_key(secrets: int) -> SettingsError:
    return SettingsError(
        f"The key of {count_noun(secrets, 'secret')} of this library is not on this machine.",
        "Add that key after the new one in MIRRORLAKE_SECRET_KEY, then rotate again.",
    )
