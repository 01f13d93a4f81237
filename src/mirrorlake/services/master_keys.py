"""Use cases of master keys."""

from __future__ import annotations

from mirrorlake.model.access import Permission
from mirrorlake.model.master_keys import MasterKeys, Rotation
from mirrorlake.services.base import Service, requires
from mirrorlake.services.master_key_contract import SecretKeys


class MasterKeyService(Service, SecretKeys):
    """Implements `SecretKeys` over the catalog and the settings of this machine."""

    @requires(Permission.LIBRARY_MAINTAIN)
    def show(self) -> MasterKeys:
        """See `SecretKeys.show`."""
        from mirrorlake.services.secret_rotation import survey  # noqa: PLC0415  loads cryptography

        return survey(self.resources.settings, self.resources.catalog)

    @requires(Permission.LIBRARY_MAINTAIN)
    def rotate(self) -> Rotation:
        """See `SecretKeys.rotate`."""
        from mirrorlake.services.secret_rotation import rotate  # noqa: PLC0415  as above

        return rotate(self.resources.settings, self.resources.catalog, by=self.caller)
