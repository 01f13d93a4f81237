"""Use cases of master keys."""

from __future__ import annotations

from mirrorlake.catalog.workspaces import list_spaces
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

        self._require_all_workspaces()
        return survey(self.resources.settings, self.resources.catalog)

    @requires(Permission.LIBRARY_MAINTAIN)
    def rotate(self) -> Rotation:
        """See `SecretKeys.rotate`."""
        from mirrorlake.services.secret_rotation import rotate  # noqa: PLC0415  as above

        self._require_all_workspaces()
        return rotate(self.resources.settings, self.resources.catalog, by=self.caller)

    def _require_all_workspaces(self) -> None:
        """Raises PermissionDenied for an owner of one workspace among several: they share the master key."""
        if len(list_spaces(self.resources.catalog)) > 1:
            self.caller.require(Permission.WORKSPACES_MANAGE)
