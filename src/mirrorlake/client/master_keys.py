"""Master keys over HTTP."""

from __future__ import annotations

from mirrorlake.client.connection import NounClient
from mirrorlake.model.master_keys import MasterKeys, Rotation
from mirrorlake.services.master_key_contract import SecretKeys


class MasterKeyClient(NounClient, SecretKeys):
    """Implements `SecretKeys` over HTTP."""

    def show(self) -> MasterKeys:
        """See `SecretKeys.show`."""
        return self.connection.ask(MasterKeys, "GET", "/master-keys")

    def rotate(self) -> Rotation:
        """See `SecretKeys.rotate`."""
        return self.connection.ask(Rotation, "POST", "/master-keys/rotation")
