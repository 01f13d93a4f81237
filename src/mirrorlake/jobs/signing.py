"""The secrets that sign webhooks: made here, encrypted in the catalog, and shown once."""

from __future__ import annotations

from mirrorlake.catalog import connections, signing_secrets
from mirrorlake.connections.signatures import new_secret
from mirrorlake.connections.vault import Vault
from mirrorlake.core.errors import NotFound
from mirrorlake.core.settings import Settings
from mirrorlake.model.connections import Sealed
from mirrorlake.postgres.pool import Catalog

_NAME = "signing"  # of the secret among those of its owner


def make_secret(settings: Settings, catalog: Catalog, owner: str) -> str:
    """A new secret for an owner, in place of an earlier one. Raises SettingsError if there is no usable master key."""
    secret, sealed = seal_secret(settings, catalog, owner)
    signing_secrets.store(catalog, owner, sealed)
    return secret


def seal_secret(settings: Settings, catalog: Catalog, owner: str) -> tuple[str, Sealed]:
    """A new secret for an owner, and as it is to be stored. Raises SettingsError if there is no usable master key."""
    secret = new_secret()
    may_make_key = not connections.any_sealed(catalog)
    return secret, Vault(settings).seal(owner, {_NAME: secret}, may_make_key=may_make_key)


def read_secret(settings: Settings, catalog: Catalog, owner: str) -> str:
    """The secret of an owner. Raises NotFound if it has none, and SettingsError if no master key fits."""

    def sealed() -> Sealed:
        found = signing_secrets.find(catalog, owner)
        if found is None:
            raise NotFound("The webhook has no secret.", "Set it up again: this makes a new one.")
        return found

    return Vault(settings).open(owner, sealed)[_NAME]
