"""Master keys: they encrypt the data keys of connections, and are never stored in the database.

MIRRORLAKE_SECRET_KEY names one or several, newest first: Fernet keys, or keys of a service such as `aws-kms:KEY`.
Without it, the data folder holds a file with keys, which only its owner can read. There is no default key.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
import re
import stat
import tempfile
from collections.abc import Generator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final, Protocol

from cryptography.fernet import Fernet, InvalidToken

from mirrorlake.core.errors import SettingsError
from mirrorlake.core.settings import Settings
from mirrorlake.storage.key_services import KeyMismatch, ServiceKey
from mirrorlake.storage.providers.registry import KEY_SERVICES

KEY_FILE: Final = "secret.key"
_FERNET_BYTES = 32
_LOCAL: Final = "fernet"
_KEPT = 1000  # data keys of a service that are kept in memory, so that not every use is a request
_REMEMBERED: Final = 10_000  # data keys of which it is remembered which key encrypted them, with some 200 bytes each

# The scheme and id of the key that encrypted a data key, by hashes of these: a service is asked once for each of them.
_encrypted_by: dict[bytes, tuple[str, str]] = {}


class MasterKey(Protocol):
    """Encrypts data keys. Thread-safe."""

    @property
    def scheme(self) -> str:
        """The first part of what it wraps, by which it is recognised."""
        ...

    @property
    def id(self) -> str:
        """A name that distinguishes it from other keys and reveals nothing of it."""
        ...

    def wrap(self, data_key: bytes) -> str:
        """The data key, encrypted. Raises SettingsError if the key cannot be used."""
        ...

    def unwrap(self, wrapped: str) -> bytes:
        """The data key. Raises KeyMismatch if another key encrypted it, and SettingsError as above."""
        ...


class FernetKey:
    """A key of this machine, as https://cryptography.io/en/latest/fernet/ describes it."""

    scheme = _LOCAL

    def __init__(self, key: str) -> None:
        self.id = _name_of(base64.urlsafe_b64decode(key))
        self._fernet = Fernet(key)

    def wrap(self, data_key: bytes) -> str:
        """The data key, encrypted."""
        return f"{_LOCAL}:{self._fernet.encrypt(data_key).decode()}"

    def unwrap(self, wrapped: str) -> bytes:
        """The data key, decrypted."""
        try:
            return self._fernet.decrypt(wrapped.partition(":")[2])
        except InvalidToken:
            raise KeyMismatch from None


class HeldKey:
    """A key of a service that keeps keys."""

    def __init__(self, scheme: str, name: str, key: ServiceKey) -> None:
        self.scheme = scheme
        self.id = _name_of(name.encode())
        self._key = key
        self._unwrapped: dict[str, bytes] = {}

    def wrap(self, data_key: bytes) -> str:
        """The data key, encrypted by the service."""
        return f"{self.scheme}:{self._key.encrypt(data_key)}"

    def unwrap(self, wrapped: str) -> bytes:
        """The data key, decrypted by the service at the first use."""
        known = self._unwrapped.get(wrapped)
        if known is not None:
            return known
        found = self._key.decrypt(wrapped.partition(":")[2])
        if len(self._unwrapped) < _KEPT:
            self._unwrapped[wrapped] = found
        return found


class KeyRing:
    """All master keys of a library, the newest first."""

    def __init__(self, keys: list[MasterKey]) -> None:
        self._keys = keys

    def wrap(self, data_key: bytes) -> str:
        """The data key, encrypted by the newest key. Raises SettingsError if it cannot be used."""
        return self._keys[0].wrap(data_key)

    def unwrap(self, wrapped: str) -> bytes:
        """The data key. Raises KeyMismatch if no key at hand encrypted it."""
        scheme = wrapped.partition(":")[0]
        for key in self._keys:
            if key.scheme == scheme:
                try:
                    return key.unwrap(wrapped)
                except KeyMismatch:
                    continue
        raise KeyMismatch

    @property
    def keys(self) -> Sequence[MasterKey]:
        """The keys, the newest first."""
        return self._keys

    def is_newest(self, wrapped: str) -> bool:
        """Whether the newest key encrypted it."""
        return _fits(self._keys[0], wrapped)

    def position(self, wrapped: str) -> int | None:
        """Which of the keys encrypted it; None if none of them did. What a process has found out, it asks no more."""
        digest = hashlib.sha256(wrapped.encode()).digest()
        owner = _encrypted_by.get(digest)
        known = next((place for place, key in enumerate(self._keys) if (key.scheme, key.id) == owner), None)
        if known is not None:
            return known
        found = next((place for place, key in enumerate(self._keys) if _fits(key, wrapped)), None)
        if found is not None:
            if len(_encrypted_by) >= _REMEMBERED:
                _encrypted_by.clear()
            _encrypted_by[digest] = self._keys[found].scheme, self._keys[found].id
        return found


def _fits(key: MasterKey, wrapped: str) -> bool:
    try:
        KeyRing([key]).unwrap(wrapped)
    except KeyMismatch:
        return False
    return True


def _name_of(secret: bytes) -> str:
    """Eight digits of a keyed hash: they reveal nothing of 32 random bytes, and distinguish a few keys."""
    return hmac.new(secret, b"the name of a master key of mirrorlake", hashlib.sha256).hexdigest()[:8]


def read_key_ring(settings: Settings, *, make: bool = False) -> KeyRing | None:
    """The keys of MIRRORLAKE_SECRET_KEY, else those of the data folder; None if there are none.

    With `make`, a key is made in the data folder if there are none. Raises SettingsError for unusable keys.
    """
    if settings.secret_key is not None:
        return KeyRing([_key(text) for text in split_keys(settings.secret_key)])
    path = settings.home / KEY_FILE
    if make:
        make_key_file(path)
    keys = read_key_file(path)
    return KeyRing([FernetKey(key) for key in keys]) if keys else None


def split_keys(text: str) -> list[str]:
    """The single keys of a setting or file, the newest first."""
    return [part for part in re.split(r"[\s,]+", text) if part]


def _key(text: str) -> MasterKey:
    scheme, colon, name = text.partition(":")
    if colon and name and scheme in KEY_SERVICES:
        return HeldKey(scheme, name, KEY_SERVICES[scheme](name))
    _check(text, "MIRRORLAKE_SECRET_KEY")
    return FernetKey(text)


def _check(key: str, where: str) -> None:
    try:
        usable = len(base64.urlsafe_b64decode(key.encode("ascii"))) == _FERNET_BYTES
    except (ValueError, binascii.Error):
        usable = False
    if not usable:  # the key is never shown
        raise SettingsError(
            f"{where} holds something that is not a key.",
            "A key is 32 random bytes in url-safe base64: mirrorlake secrets make-key. Separate several by commas, the "
            "newest first; keys of a service begin with aws-kms:, gcp-kms: or azure-key-vault:.",
        )


def new_key() -> str:
    """A new random key."""
    return Fernet.generate_key().decode()


def read_key_file(path: Path) -> list[str]:
    """The keys of a file, newest first; empty without a file. Raises SettingsError if others can read it."""
    try:
        with path.open(encoding="ascii") as file:
            mode = os.fstat(file.fileno()).st_mode
            keys = split_keys(file.read())
    except FileNotFoundError:
        return []
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(
            f"The file of keys {path} cannot be read: {type(error).__name__}.", "Check its owner and its contents."
        ) from error
    if stat.S_IMODE(mode) & (stat.S_IRWXG | stat.S_IRWXO):
        raise SettingsError(
            f"Other users can read the file of keys {path}.",
            f"Take their permissions away (chmod 600 {path}), then replace the key: mirrorlake secrets rotate.",
        )
    for key in keys:
        _check(key, str(path))
    return keys


def make_key_file(path: Path) -> None:
    """Make a file with a new key, unless it exists. Of concurrent calls, one makes it."""
    if path.exists():
        return
    with _write_keys(path.parent, [new_key()]) as written, suppress(FileExistsError):
        os.link(written, path)


def replace_key_file(path: Path, keys: list[str]) -> None:
    """Replace the keys of a file at once, so that a reader finds either the old or the new ones."""
    with _write_keys(path.parent, keys) as written:
        written.replace(path)


@contextmanager
def _write_keys(folder: Path, keys: list[str]) -> Generator[Path]:
    """A temporary file with these keys that only its owner can read; removed at the end if it still exists."""
    folder.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(prefix=".secret-", dir=folder)  # with mode 0600
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write("".join(f"{key}\n" for key in keys))
            file.flush()
            os.fsync(file.fileno())
        yield Path(name)
    finally:
        Path(name).unlink(missing_ok=True)
