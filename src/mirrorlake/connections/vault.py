"""The vault: seals the secrets of a connection, and opens them where a store is opened.

Envelope encryption: each connection has a random data key, which a master key encrypts (`master_keys.py`). Replacing
the master key rewraps the small data keys and leaves the secrets as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec
from cryptography.fernet import Fernet, InvalidToken

from mirrorlake.connections.master_keys import KEY_FILE, KeyRing, read_key_ring
from mirrorlake.core.errors import SettingsError
from mirrorlake.core.settings import Settings
from mirrorlake.model.connections import Sealed
from mirrorlake.storage.key_services import KeyMismatch


class _Content(msgspec.Struct):
    """What is encrypted. The owner is part of it, so that no row can hold the secrets of another connection."""

    owner: str
    secrets: dict[str, str]


class Vault:
    """Seals and opens secrets with the master keys of a library. Thread-safe."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._ring: KeyRing | None = None

    def seal(self, owner: str, secrets: Mapping[str, str], *, may_make_key: bool) -> Sealed:
        """Encrypt the secrets of the connection with this external id.

        `may_make_key`: whether a master key is made if there is none, because nothing has been sealed before. Raises
        SettingsError if there is no usable key.
        """
        ring = read_key_ring(self._settings, make=may_make_key)
        if ring is None:
            raise self._no_key("The secrets of this library were encrypted with a key that is not on this machine.")
        data_key = Fernet.generate_key()
        content = msgspec.json.encode(_Content(owner=owner, secrets=dict(secrets)))
        return Sealed(key=ring.wrap(data_key), data=Fernet(data_key).encrypt(content).decode())

    def open(self, owner: str, sealed: Callable[[], Sealed]) -> Mapping[str, str]:
        """The secrets of the connection with this external id; `sealed` reads them from the catalog.

        They are read once more if no key fits: a rotation may have rewrapped them meanwhile. Raises SettingsError if no
        master key fits.
        """
        for fresh in (False, True):
            found = sealed()
            try:
                return self._open(owner, found, self._keys(fresh=fresh))
            except KeyMismatch:
                continue
        raise self._no_key("The secrets of this connection were encrypted with another key.")

    def _open(self, owner: str, sealed: Sealed, ring: KeyRing | None) -> Mapping[str, str]:
        if ring is None:
            raise KeyMismatch
        try:
            text = Fernet(ring.unwrap(sealed.key)).decrypt(sealed.data)
        except InvalidToken:
            raise SettingsError("The secrets of this connection are damaged.", "Set them again.") from None
        content = msgspec.json.decode(text, type=_Content)
        if content.owner != owner:
            raise SettingsError("These secrets belong to another connection.", "Set them again.")
        return content.secrets

    def _keys(self, *, fresh: bool) -> KeyRing | None:
        """The keys, read again on request: a rotation may have replaced the file."""
        if fresh or self._ring is None:
            self._ring = read_key_ring(self._settings)
        return self._ring

    def _no_key(self, sentence: str) -> SettingsError:
        return SettingsError(
            sentence,
            f"Set MIRRORLAKE_SECRET_KEY to the key of this library, or copy the file {KEY_FILE} of its data folder to "
            f"{self._settings.home}.",
        )
