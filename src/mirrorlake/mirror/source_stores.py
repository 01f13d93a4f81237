"""How to open the stores of datasources: with the credentials of their connections, or with the machine's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mirrorlake.catalog import connections
from mirrorlake.core.errors import SettingsError
from mirrorlake.core.settings import Settings
from mirrorlake.mirror.run import store_config
from mirrorlake.model.connections import ConnectionKind, ConnectionSettings, Sealed, StoredConnection
from mirrorlake.model.credentials import Credentials
from mirrorlake.model.sources import Access, Datasource
from mirrorlake.postgres.pool import Catalog
from mirrorlake.processing.store_factory import StoreConfig
from mirrorlake.storage.providers.registry import provider_of

if TYPE_CHECKING:
    from mirrorlake.connections.vault import Vault  # loads cryptography


class SourceStores:
    """Finds the credentials of datasources. Called with a datasource, it returns how to open its store.

    The connection is read at each call, so that a changed one is used by whatever begins afterwards. Thread-safe.
    """

    def __init__(self, settings: Settings, catalog: Catalog) -> None:
        self._settings = settings
        self._catalog = catalog
        self._vault: Vault | None = None

    def __call__(self, source: Datasource) -> StoreConfig:
        """How to open the store of a datasource. Raises MirrorlakeError if its connection cannot be used."""
        if source.connection_id is None:
            return store_config(source)
        return self.connect(source, connections.by_id(self._catalog, source.connection_id))

    def connect(self, source: Datasource, stored: StoredConnection) -> StoreConfig:
        """The same for a connection that was read already."""
        found = stored.connection
        check_fits(source, found.kind, found.settings, found.name)
        settings, credentials = self._credentials(stored)
        return StoreConfig(
            location=source.location,
            access=self._access(source, settings, holder=found.external_id, trusted=found.trusted),
            listing_ordered=source.settings.listing_ordered,
            credentials=credentials,
        ).with_resolved()

    def credentials(self, stored: StoredConnection) -> Credentials:
        """The credentials of a connection. Raises SettingsError if its secrets cannot be used."""
        return self._credentials(stored)[1]

    def _credentials(self, stored: StoredConnection) -> tuple[ConnectionSettings, Credentials]:
        from mirrorlake.connections.kinds import make_credentials  # noqa: PLC0415  only needed with a connection

        found = stored.connection
        return make_credentials(
            found.kind,
            found.settings,
            self._read_secrets(stored),
            external_id=found.external_id,
            role_proven=stored.role_proven,
        )

    def _access(self, source: Datasource, settings: ConnectionSettings, *, holder: str, trusted: bool) -> Access:
        from mirrorlake.connections.kinds import access_values  # noqa: PLC0415  as above

        values = access_values(settings, region=source.access.options().region)
        networks = None if trusted else self._settings.allow_addresses
        return provider_of(source.location.provider).read_access({**values, "networks": networks, "holder": holder})

    def _read_secrets(self, stored: StoredConnection) -> dict[str, str]:
        from mirrorlake.connections import references  # noqa: PLC0415  as above

        found = stored.connection
        secrets = {name: references.resolve(name, text) for name, text in found.references.items()}
        if stored.sealed is not None:
            latest: list[Sealed] = [stored.sealed]

            def sealed() -> Sealed:
                if latest:
                    return latest.pop()
                again = connections.by_id(self._catalog, found.id).sealed
                if again is None:
                    raise SettingsError(f"The secrets of the connection {found.name} were removed.", "Set them again.")
                return again

            try:
                secrets.update(self._open_vault().open(found.external_id, sealed))
            except SettingsError as error:
                error.message = f"The connection {found.name} cannot be used: {error.message}"
                raise
        return secrets

    def _open_vault(self) -> Vault:
        if self._vault is None:
            from mirrorlake.connections.vault import Vault  # noqa: PLC0415  loads cryptography

            self._vault = Vault(self._settings)
        return self._vault


def check_fits(source: Datasource, kind: ConnectionKind, settings: ConnectionSettings, name: str) -> None:
    """Raise SettingsError if a connection of this kind cannot be used for the address of the datasource."""
    location = source.location
    if kind.provider is not location.provider:
        raise SettingsError(
            f"The connection {name} is for {kind.provider.value}:// addresses, not for {location.uri}.",
            "Use another connection, or an address of its provider.",
        )
    folder = (settings.bucket or "").rstrip("/")
    if (
        kind is ConnectionKind.LOCAL
        and location.container != folder
        and not location.container.startswith(f"{folder}/")
    ):
        raise SettingsError(
            f"{location.uri} is not below {folder}, the folder of the connection {name}.", "Choose a folder in it."
        )
