"""The use cases of master keys; see `mirrorlake.services.contract`."""

from __future__ import annotations

from typing import Protocol

from mirrorlake.model.master_keys import MasterKeys, Rotation


class SecretKeys(Protocol):
    """Show and rotate the master keys, which all workspaces share. No key can be read."""

    def show(self) -> MasterKeys:
        """How many secrets each master key encrypts. Raises SettingsError for unusable keys."""
        ...

    def rotate(self) -> Rotation:
        """Encrypt the data keys of all secrets with the newest master key.

        Without MIRRORLAKE_SECRET_KEY, the key in the data folder is first replaced by a new one. Raises SettingsError
        if a key is missing.
        """
        ...
