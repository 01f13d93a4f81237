"""How a worker process opens the store it reads from: a value that can be sent, not a connection."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol

from mirrorlake.model.sources import Access, Location, Provider
from mirrorlake.storage.base import Store
from mirrorlake.storage.open import open_store
from mirrorlake.storage.providers.s3.credentials import AwsConfig
from mirrorlake.storage.wrappers import Retrying


class StoreFactory(Protocol):
    """Anything that opens a store. It must survive pickling when worker processes are used."""

    def open(self) -> Store:
        """A store of one's own, with its retries; counting is added by whoever opens it."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreConfig:
    """Opens the store of a datasource."""

    location: Location
    access: Access
    listing_ordered: bool | None = None
    config: AwsConfig | None = None  # what the machine's AWS configuration says, where it was asked already

    def open(self) -> Store:
        """The store, with retries."""
        store = open_store(self.location, self.access, listing_ordered=self.listing_ordered, config=self.config)
        return Retrying(store)


@dataclass(frozen=True, slots=True)
class OpenedStore:
    """A store that is open already, for looking within this process."""

    store: Store

    def open(self) -> Store:
        """The very store."""
        return self.store


def with_resolved_credentials(opens: StoreFactory) -> StoreFactory:
    """The same for worker processes: what each of them would ask this machine for was asked here, once.

    Credentials that run out are not handed over: who uses them must be able to refresh them.
    Raises SettingsError where the machine's AWS configuration cannot be used.
    """
    if not isinstance(opens, StoreConfig) or opens.location.provider is not Provider.S3:
        return opens
    from mirrorlake.storage.providers.s3 import aws_session  # noqa: PLC0415  loads botocore, once instead of in each worker

    return replace(opens, config=aws_session.with_resolved_credentials(aws_session.config_of(opens.access)))
