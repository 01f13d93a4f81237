"""Check a connection or the source of a datasource, and keep the health of connections."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import cast
from urllib.parse import quote

import pyarrow as pa

from mirrorlake.catalog import connection_checks, connections, datasources
from mirrorlake.connections.checks.abilities import AbilityChecker, Picker, Target, failed_row
from mirrorlake.connections.checks.deadline import DEADLINE_S, collect
from mirrorlake.connections.checks.presigned import fetcher
from mirrorlake.connections.checks.symptom import Ability, Subject
from mirrorlake.connections.documents.arns import partition_of
from mirrorlake.connections.input.check import hints
from mirrorlake.core.errors import AccessDenied, SettingsError, StorageError, UsageError
from mirrorlake.core.settings import DEFAULT_ORIGIN, Settings
from mirrorlake.mirror.glob_files import read_rules
from mirrorlake.mirror.source_stores import SourceStores
from mirrorlake.model.connections import AbilityCheck, Connection, ConnectionKind, Health, StoredConnection
from mirrorlake.model.credentials import AwsKeys, AzureAccountKey, Credentials, GcsServiceAccount
from mirrorlake.model.explanations import Verdict
from mirrorlake.model.sources import Access, Datasource, Location, MirrorSettings
from mirrorlake.postgres.pool import Catalog
from mirrorlake.processing.store_factory import StoreConfig
from mirrorlake.select.explain import explain
from mirrorlake.select.rules import Rules
from mirrorlake.storage.address import parse_location
from mirrorlake.storage.base import Store
from mirrorlake.storage.providers.registry import provider_of
from mirrorlake.storage.retry import RetryPolicy
from mirrorlake.storage.stack import stack_store
from mirrorlake.storage.writable import WritableStore

ATTEMPTS = 2
DEFAULT_REGION = "us-east-1"  # of S3, without a region in connection and datasource


@dataclass(frozen=True, slots=True, kw_only=True)
class Origins:
    """What a check needs to know about this library."""

    origin: str = DEFAULT_ORIGIN  # of its web pages
    principal: str | None = None


def check_connection(settings: Settings, catalog: Catalog, stored: StoredConnection, about: Origins) -> Health:
    """Check a connection, store its health, and correct its region if the cloud names another one.

    Raises UsageError if it has neither a bucket nor a datasource.
    """
    found = stored.connection
    source = Datasource(
        id=0, name=found.name, location=scope_location(catalog, found), access=Access(), settings=MirrorSettings()
    )
    health, region = _check(settings, catalog, source, stored, about, rules=None)
    if region is not None:
        connection_checks.correct_region(catalog, found, region)
    connections.store_health(catalog, found.name, health)
    return health


def check_datasource(settings: Settings, catalog: Catalog, source: Datasource, about: Origins) -> Health:
    """Check the source of a datasource with its patterns. Nothing is stored."""
    stored = None if source.connection_id is None else connections.by_id(catalog, source.connection_id)

    def rules(store: Store) -> Rules:
        return read_rules(source, store, catalog, known_id=source.id)[0]

    return _check(settings, catalog, source, stored, about, rules=rules)[0]


def scope_location(catalog: Catalog, found: Connection) -> Location:
    """What a connection is checked with: its own bucket and prefix, else those of its first datasource."""
    settings, scheme = found.settings, found.kind.provider.value
    if settings.bucket and found.kind is ConnectionKind.LOCAL:
        return parse_location(f"{scheme}://{quote(settings.bucket)}")
    account = f"{settings.account}/" if scheme == "az" and settings.account else ""
    if settings.bucket and (account or scheme != "az"):
        return parse_location(f"{scheme}://{account}{settings.bucket}/{settings.prefix}")
    if found.datasources:
        return datasources.named(catalog, found.datasources[0]).location
    raise UsageError(
        f"The connection {found.name} names no bucket, so there is nothing to check.",
        f"Set one, on its page or with: mirrorlake connection change {shlex.quote(found.name)} --bucket BUCKET",
    )


def _check(
    settings: Settings,
    catalog: Catalog,
    source: Datasource,
    stored: StoredConnection | None,
    about: Origins,
    *,
    rules: Callable[[Store], Rules] | None,
) -> tuple[Health, str | None]:
    """The health of a source, and its region if the cloud named another one."""
    connection = None if stored is None else stored.connection
    subject = _subject(source, connection, about)
    try:
        stores = SourceStores(settings, catalog)
        # That a role requires its external id is proven in every check.
        config = stores(source) if stored is None else stores.connect(source, replace(stored, role_proven=False))
        target = _target(config, subject, connection)
        target.known_key = connection_checks.any_present_key(catalog, source.id)
    except SettingsError as error:  # secrets that cannot be read, or are none of their kind
        unusable = AccessDenied(error.message, error.fix)
        return _health([failed_row(Ability.AUTHENTICATE, unusable, subject)]), None
    except StorageError as error:  # of a service that keeps secrets
        return _health([failed_row(Ability.AUTHENTICATE, error, subject)]), None
    checker = AbilityChecker(target)
    rows = collect(lambda: _rows(checker, target, rules), subject, DEADLINE_S)
    return _health([_with_hints(row, subject, config.credentials) for row in rows]), checker.region


def _with_hints(row: AbilityCheck, subject: Subject, credentials: Credentials | None) -> AbilityCheck:
    """A failed authentication with what is unusual about its keys."""
    if row.ok is not False or row.check != Ability.AUTHENTICATE.value:
        return row
    secrets: dict[str, object] = {}
    if isinstance(credentials, AwsKeys):
        secrets = {
            "access_key_id": credentials.access_key_id,
            "secret_access_key": credentials.secret_access_key,
            "session_token": credentials.session_token,
        }
    elif isinstance(credentials, AzureAccountKey):
        secrets = {"account_key": credentials.key}
    elif isinstance(credentials, GcsServiceAccount):
        secrets = {"credentials_json": credentials.info}
    found = hints(subject.kind, {"endpoint": subject.endpoint}, secrets)
    more = "".join(f" {hint.message}" for hint in found)
    return replace(row, message=row.message + more, cause=(row.cause or "") + more or None)


def _rows(checker: AbilityChecker, target: Target, rules: Callable[[Store], Rules] | None) -> Iterator[AbilityCheck]:
    """The rows of a check. Patterns that cannot be read are a red row of their own."""
    unread: StorageError | None = None
    try:
        if rules is not None:
            try:
                target.pick = _picker(rules(target.store))
            except StorageError as error:
                unread = error
        for row in checker.rows():
            is_match = row.check == Ability.MATCH.value
            yield failed_row(Ability.MATCH, unread, target.subject) if is_match and unread is not None else row
    finally:
        target.store.close()


def _health(rows: Sequence[AbilityCheck]) -> Health:
    return Health(ok=all(row.ok is not False for row in rows), checked=datetime.now(UTC), checks=tuple(rows))


def _target(config: StoreConfig, subject: Subject, connection: Connection | None) -> Target:
    own = None if connection is None else connection.settings
    return Target(
        subject=subject,
        store=_open(config),
        writable=(lambda: _open_writable(config)) if own is not None and own.allow_writes else None,
        reopen=lambda region: _open(config.in_region(region)),
        fetch=fetcher(config.access.ca_bundle, networks=config.access.networks, proxy=config.access.proxy),
        same_prefix=config.location.prefix,
    )


def _open(config: StoreConfig) -> Store:
    """The store; a server that is busy for a moment is asked once more, since a red row pauses schedules."""
    return stack_store(config.open_plain(), retry=RetryPolicy(attempts=ATTEMPTS))


def _open_writable(config: StoreConfig) -> WritableStore:
    provider = provider_of(config.location.provider)
    return provider.open_writable(config.location, config.access, resolved=config.with_resolved().resolved)


def _subject(source: Datasource, connection: Connection | None, about: Origins) -> Subject:
    location, access = source.location, source.access.options()
    bucket = location.container.rpartition("/")[2] if location.provider.value == "az" else location.container
    plain = Subject(
        name=source.name,
        scheme=location.provider.value,
        bucket=bucket,
        prefix=location.prefix,
        region=access.region,
        endpoint=access.endpoint,
        origin=about.origin,
        principal=about.principal,
        partition=partition_of(access.region),
    )
    if connection is None:
        return plain
    own = connection.settings
    return replace(
        plain,
        name=connection.name,
        kind=connection.kind,
        region=access.region or own.region or (DEFAULT_REGION if plain.scheme == "s3" else None),
        endpoint=own.endpoint,
        account=own.account,
        role_arn=own.role_arn,
        external_id=connection.external_id,
        partition=partition_of(own.region, own.role_arn),
    )


def _picker(rules: Rules) -> Picker:
    """The first key of a page that a run would import."""

    def pick(page: pa.RecordBatch) -> str | None:
        keys = cast("list[str]", page.column("key").to_pylist())
        return next((key for key in keys if explain(key, rules, None).verdict is Verdict.ASSET), None)

    return pick
