"""Rotate the master key while connections are in use: every reader finds a key that fits, at any time."""

from __future__ import annotations

from mirrorlake.catalog import connections, signing_secrets
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
from mirrorlake.model.connections import Rotation
from mirrorlake.postgres.pool import Catalog
from mirrorlake.storage.key_services import KeyMismatch


def rotate(settings: Settings, catalog: Catalog) -> Rotation:
    """Encrypt every data key with the newest master key.

    Without MIRRORLAKE_SECRET_KEY, a new key comes first in the file of the data folder. The previous one stays there: a
    process that has just read it may still seal a secret with it. Raises SettingsError if a key is missing; nothing is
    lost then, and the rotation can be repeated.
    """
    with connections.rotation_lock(catalog):
        path = settings.home / KEY_FILE
        if settings.secret_key is None:
            known = read_key_file(path)
            if not known and connections.any_sealed(catalog):
                raise _missing_key()
            replace_key_file(path, [new_key(), *known])
        ring = read_key_ring(settings)
        if ring is None:
            raise _missing_key()
        rewrapped, current = _rewrap_all(catalog, ring)
        if settings.secret_key is None:
            replace_key_file(path, read_key_file(path)[:2])
    return Rotation(rewrapped=rewrapped, current=current)


def _rewrap_all(catalog: Catalog, ring: KeyRing) -> tuple[int, int]:
    """How many data keys were encrypted again, and how many were already. A key that changes meanwhile is newer."""
    rewrapped = current = 0
    for owners in (connections, signing_secrets):
        for number, sealed in owners.sealed_rows(catalog):
            if ring.is_newest(sealed.key):
                current += 1
                continue
            try:
                data_key = ring.unwrap(sealed.key)
            except KeyMismatch:
                raise _missing_key() from None
            rewrapped += owners.rewrap(catalog, number, sealed.key, ring.wrap(data_key))
    return rewrapped, current


def _missing_key() -> SettingsError:
    return SettingsError(
        "The secrets of a connection were encrypted with a key that is not on this machine.",
        "Add that key after the new one in MIRRORLAKE_SECRET_KEY, then rotate again.",
    )
