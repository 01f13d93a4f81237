"""What callers of the API may not do with connections, and what nobody may."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import psycopg
import pytest
from tests.support.buckets import picture
from tests.support.passes import Mirrored, put_all
from tests.support.postgres import Server
from tests.support.rawserver import RawServer, response, sends
from tests.support.s3stub import ACCESS_KEY, SECRET_KEY, S3Stub

from mirrorlake.catalog import connections, datasources
from mirrorlake.connections.master_keys import new_key
from mirrorlake.connections.vault import Vault
from mirrorlake.core.errors import AccessDenied, Conflict, MirrorlakeError, NotFound, SettingsError, UsageError
from mirrorlake.core.settings import PRIVATE_NETWORKS, Settings
from mirrorlake.jobs.handlers.location_preview import LocationArgs
from mirrorlake.mirror.progress import NullProgress
from mirrorlake.mirror.source_stores import SourceStores
from mirrorlake.model.access import Actor, ActorKind, Context
from mirrorlake.model.connections import AbilityCheck, Health
from mirrorlake.model.objects import KeyRange
from mirrorlake.model.runs import RunState
from mirrorlake.model.sources import Access, AccessOptions, MirrorSettings
from mirrorlake.services import settings_change
from mirrorlake.services.base import Resources, open_resources
from mirrorlake.services.library import LocalLibrary
from mirrorlake.services.mirror import mirror
from mirrorlake.services.mirror_request import MirrorRequest, read_request
from mirrorlake.storage.address import parse_location
from mirrorlake.storage.connections import ForbiddenAddress
from mirrorlake.storage.providers.memory.store import MemoryStore
from mirrorlake.storage.providers.registry import provider_of

OPERATOR = Context(actor=Actor(kind=ActorKind.USER, name="anna on lab"))
CALLER = Context(actor=Actor(kind=ActorKind.TOKEN, name="the holder of the access token"))
KEYS = {"access_key_id": ACCESS_KEY, "secret_access_key": SECRET_KEY}


@pytest.fixture
def resources(postgres_server: Server, tmp_path: Path) -> Iterator[Resources]:
    settings = Settings(home=tmp_path / "home", database_url=postgres_server.new_database())
    settings.home.mkdir()
    with open_resources(settings) as opened:
        yield opened


@pytest.fixture
def api(resources: Resources) -> LocalLibrary:
    return LocalLibrary(resources, CALLER)


@pytest.fixture
def operator(resources: Resources) -> LocalLibrary:
    return LocalLibrary(resources, OPERATOR)


@pytest.fixture
def stub() -> Iterator[S3Stub]:
    with S3Stub() as server:
        server.put("lake", "a.png", picture())
        yield server


def allow(resources: Resources, **settings: Any) -> None:
    resources.settings = replace(resources.settings, **settings)
    vars(resources).pop("stores", None)


def list_source(resources: Resources, name: str) -> int:
    """How many objects the store of a datasource lists."""
    source = datasources.named(resources.catalog, name)
    store = SourceStores(resources.settings, resources.catalog)(source).open_plain()
    return store.list_page(KeyRange(), None).batch.num_rows


@pytest.mark.parametrize(
    ("kind", "settings"),
    [
        ("aws-ambient", {"profile": "admin"}),
        ("aws-keys", {"ca_bundle": "/etc/passwd"}),
        ("aws-web-identity", {"role_arn": "arn:aws:iam::123456789012:role/x", "token_file": "/etc/shadow"}),
        ("gcs-ambient", {"endpoint": "https://collects.example"}),
        ("azure-managed-identity", {"account": "lake", "endpoint": "https://collects.example"}),
        ("gcs-ambient", {"proxy": "https://collects.example"}),
        ("local", {"bucket": "/etc"}),
    ],
)
def test_what_reaches_into_the_machine_is_for_operators(
    api: LocalLibrary, operator: LocalLibrary, kind: str, settings: dict[str, Any]
) -> None:
    secrets = KEYS if kind == "aws-keys" else {}
    with pytest.raises(SettingsError):
        api.connections.add("mine", kind, settings=settings, secrets=secrets)
    assert operator.connections.add("mine", kind, settings=settings, secrets=secrets).trusted


def test_a_reference_of_the_api_needs_the_operators_word(resources: Resources, api: LocalLibrary) -> None:
    secrets = {"access_key_id": "KEY", "secret_access_key": "vault:secret/lake/s3#key"}
    with pytest.raises(SettingsError, match="reserved for operators"):
        api.connections.add("mine", "aws-keys", secrets=secrets)
    allow(resources, allow_references=("vault:secret/lake/",))
    made = api.connections.add("mine", "aws-keys", secrets=secrets)
    assert (made.secrets, made.references) == (("access_key_id",), {"secret_access_key": "vault:secret/lake/s3#key"})


def test_a_federation_that_runs_programs_is_for_operators(api: LocalLibrary) -> None:
    for source in ({"executable": {"command": "/bin/sh"}}, {"file": "/etc/shadow"}):
        text = json.dumps({"type": "external_account", "credential_source": source})
        with pytest.raises(SettingsError, match="names a file or program"):
            api.connections.add("mine", "gcs-workload-identity", secrets={"credentials_json": text})


def test_a_private_address_of_the_api_is_refused_when_it_is_connected_to(
    resources: Resources, api: LocalLibrary, operator: LocalLibrary, stub: S3Stub
) -> None:
    assert not api.connections.add("mine", "s3", settings={"endpoint": stub.endpoint}, secrets=KEYS).trusted
    api.datasources.create("s3://lake", name="lake", connection="mine")
    with pytest.raises(ForbiddenAddress, match="not a public address"):
        list_source(resources, "lake")
    assert stub.connections == 0
    allow(resources, allow_addresses=PRIVATE_NETWORKS)
    assert list_source(resources, "lake") == 1
    allow(resources, allow_addresses=())
    # An operator who chooses an address answers for it; one who changes something else does not.
    operator.connections.change("mine", settings={"requester_pays": True})
    with pytest.raises(ForbiddenAddress):
        list_source(resources, "lake")
    operator.connections.change("mine", settings={"endpoint": stub.endpoint.replace("127.0.0.1", "localhost")})
    assert list_source(resources, "lake") == 1


def test_an_address_changed_over_the_api_needs_the_secrets_again(
    resources: Resources, api: LocalLibrary, operator: LocalLibrary, stub: S3Stub
) -> None:
    """Otherwise the stored secrets would go to a server of the caller."""
    operator.connections.add("lake", "s3", settings={"endpoint": stub.endpoint}, secrets=KEYS)
    for moved in ({"endpoint": "https://collects.example"}, {"proxy": "http://collects.example"}):
        with pytest.raises(SettingsError, match="to another server"):
            api.connections.change("lake", settings=moved)
        with pytest.raises(SettingsError, match="to another server"):
            api.connections.change("lake", settings=moved, secrets={"access_key_id": "KEY"})
    changed = api.connections.change("lake", settings={"endpoint": "https://s3.example"}, secrets=KEYS)
    assert not changed.trusted
    api.connections.change("lake", settings={"region": "eu-west-1"})  # no address: nothing is sent elsewhere
    with pytest.raises(SettingsError, match="no setting"):
        api.connections.change("lake", settings={"trusted": True})


def test_a_role_s_sts_server_is_guarded_like_its_bucket(resources: Resources, api: LocalLibrary, stub: S3Stub) -> None:
    role = {"role_arn": "arn:aws:iam::123456789012:role/lake", "sts_endpoint": stub.endpoint}
    api.connections.add("role", "aws-role", settings=role, secrets=KEYS)
    api.datasources.create("s3://lake", name="lake", connection="role")
    with pytest.raises(ForbiddenAddress):
        list_source(resources, "lake")
    assert stub.connections == 0


def test_folders_of_the_api_are_below_the_roots_of_the_operator(
    resources: Resources, api: LocalLibrary, tmp_path: Path
) -> None:
    root, other = tmp_path / "photos", tmp_path / "photos-private"
    for folder in (root / "a", other):
        folder.mkdir(parents=True)
    (root / "way-out").symlink_to(other)
    allow(resources, local_roots=(root,))
    for outside in (other, root / "way-out", root / ".." / "photos-private", Path("/etc"), Path("/")):
        with pytest.raises(SettingsError):
            api.connections.add("folder", "local", settings={"bucket": str(outside)})
        with pytest.raises(SettingsError, match="may be mirrored over the API"):
            api.datasources.create(outside.as_uri())
    assert api.datasources.create((root / "a").as_uri(), name="a").container == str(root / "a")
    api.connections.add("folder", "local", settings={"bucket": str(root / "a")})
    assert api.datasources.create((root / "a").as_uri(), name="b", connection="folder").connection == "folder"
    with pytest.raises(SettingsError, match="is not below"):
        api.datasources.create(root.as_uri(), name="c", connection="folder")


def test_an_external_id_is_random_unique_and_immutable(resources: Resources, operator: LocalLibrary) -> None:
    role = {"role_arn": "arn:aws:iam::123456789012:role/lake"}
    made = [operator.connections.add(f"role-{number}", "aws-role", settings=role) for number in range(3)]
    assert len({each.external_id for each in made}) == 3
    changed = operator.connections.change("role-0", settings={"session_name": "another"})
    assert changed.external_id == made[0].external_id
    with pytest.raises(SettingsError):
        operator.connections.change("role-0", settings={"external_id": "chosen"})
    with pytest.raises(psycopg.Error, match="immutable"), psycopg.connect(resources.catalog.conninfo) as database:
        database.execute("UPDATE connection SET external_id = 'chosen'")


def test_a_connection_is_not_locked_while_servers_are_asked(operator: LocalLibrary) -> None:
    def answer(wire: socket.socket, _: bytes) -> None:
        operator.connections.change("lake", settings={"bucket": "another"})
        wire.sendall(response("403 Forbidden", b"<Error><Code>AccessDenied</Code></Error>"))

    role = {"role_arn": "arn:aws:iam::123456789012:role/lake", "sts_endpoint": "http://127.0.0.1:9"}
    operator.connections.add("lake", "aws-role", settings=role, secrets=KEYS)
    with RawServer(answer) as server, pytest.raises(Conflict, match="changed meanwhile"):
        operator.connections.change("lake", settings={"sts_endpoint": server.endpoint})
    assert len(server.heads) == 1
    assert operator.connections.get("lake").settings.bucket == "another"
    assert operator.connections.get("lake").settings.sts_endpoint == role["sts_endpoint"]


def test_an_address_of_the_api_is_not_asked_when_an_operator_changes_something_else(
    api: LocalLibrary, operator: LocalLibrary
) -> None:
    refused = response("403 Forbidden", b"<Error><Code>AccessDenied</Code></Error>")
    with RawServer(sends(refused)) as server:
        role = {"role_arn": "arn:aws:iam::123456789012:role/lake", "sts_endpoint": server.endpoint}
        api.connections.add("lake", "aws-role", settings=role, secrets=KEYS)
        operator.connections.change("lake", settings={"session_name": "another"})
        assert server.heads == []


def test_secrets_stay_closed_where_no_credentials_change(
    operator: LocalLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    operator.connections.add("keys", "aws-keys", secrets=KEYS)
    opened: list[str] = []
    monkeypatch.setattr(Vault, "open", lambda _self, external_id, _sealed: opened.append(external_id) or KEYS)
    changed = operator.connections.change("keys", settings={"allow_writes": True, "bucket": "lake"})
    assert (changed.settings.allow_writes, opened) == (True, [])
    operator.connections.change("keys", settings={"region": "eu-west-1"})
    assert opened == [changed.external_id]


def test_a_connection_in_use_names_its_datasources_and_stays(operator: LocalLibrary, api: LocalLibrary) -> None:
    operator.connections.add("keys", "aws-keys", secrets=KEYS)
    for name in ("b", "a"):
        api.datasources.create(f"s3://bucket-{name}", name=name, connection="keys")
    assert operator.connections.get("keys").datasources == ("a", "b")
    with pytest.raises(Conflict, match="used by a, b"):
        api.connections.delete("keys")
    for name in ("a", "b"):
        api.datasources.delete(name, acknowledge=0)
    api.connections.delete("keys")
    with pytest.raises(NotFound):
        api.connections.get("keys")


def test_who_changed_a_connection_is_recorded_without_its_secrets(operator: LocalLibrary, api: LocalLibrary) -> None:
    operator.connections.add("keys", "aws-keys", secrets=KEYS)
    api.connections.change("keys", settings={"region": "eu-west-1"}, secrets={"session_token": "canary-token"})
    api.connections.delete("keys")
    found = [(each.action, each.actor_kind, each.subject) for each in operator.activity.list()]
    assert found == [("delete", "token", "keys"), ("change_settings", "token", "keys"), ("create", "user", "keys")]
    details = str([dict(each.details) for each in operator.activity.list()])
    assert "session_token" in details
    assert "canary" not in details
    assert SECRET_KEY not in details


def test_a_secret_is_replaced_kept_or_removed_alone(resources: Resources, operator: LocalLibrary) -> None:
    operator.connections.add("keys", "aws-keys", secrets={**KEYS, "session_token": "a-token"})
    assert operator.connections.change("keys", secrets={"session_token": None}).secrets == tuple(sorted(KEYS))
    referred = operator.connections.change("keys", secrets={"secret_access_key": "env:LAKE"})
    assert (referred.secrets, dict(referred.references)) == (("access_key_id",), {"secret_access_key": "env:LAKE"})
    with pytest.raises(SettingsError, match="needs access_key_id"):
        operator.connections.change("keys", secrets={"access_key_id": None})
    assert operator.connections.get("keys") == referred


def test_the_login_of_a_proxy_is_sealed_and_shown_nowhere(resources: Resources, operator: LocalLibrary) -> None:
    address = "http://anna:pr0xy-canary@proxy.example:3128"
    made = operator.connections.add("lake", "s3-anonymous", settings={"proxy": address, "bucket": "lake"})
    assert (made.settings.proxy, made.secrets) == ("http://proxy.example:3128", ("proxy_login",))
    operator.datasources.create("s3://lake", connection="lake", name="pictures")
    stores = SourceStores(resources.settings, resources.catalog)
    config = stores(datasources.named(resources.catalog, "pictures"))
    assert config.access.proxy == address
    assert "pr0xy-canary" not in f"{config!r} {operator.connections.get('lake')!r}"
    with resources.catalog.read() as connection:
        rows = connection.execute("SELECT connection::text FROM connection").fetchall()
        rows += connection.execute("SELECT activity::text FROM activity").fetchall()
    assert "pr0xy-canary" not in str(rows)
    changed = operator.connections.change("lake", settings={"proxy": None}, secrets={"proxy_login": None})
    assert (changed.settings.proxy, changed.secrets) == (None, ())


def test_a_datasource_changes_its_connection_and_leaves_it(
    resources: Resources, api: LocalLibrary, operator: LocalLibrary, stub: S3Stub
) -> None:
    operator.connections.add("keys", "aws-keys", secrets=KEYS)
    operator.connections.add("other", "s3", settings={"endpoint": stub.endpoint}, secrets=KEYS)
    operator.datasources.create("s3://lake", connection="keys", name="lake", settings={"title": "Lake"})
    assert api.datasources.change_settings("lake", {"connection": None, "title": "Mine"}).connection is None
    changed = api.datasources.change_settings("lake", {"connection": "other"})
    assert (changed.connection, changed.title) == ("other", "Mine")
    assert list_source(resources, "lake") == 1
    # The credentials of this machine would go to an endpoint that callers of the API may have chosen.
    with pytest.raises(SettingsError, match="needs a connection"):
        api.datasources.change_settings("lake", {"connection": None, "title": "Not stored"})
    assert api.datasources.get("lake") == changed
    history = api.datasources.history("lake")
    assert [(one.setting, one.old, one.new) for one in history[0].changes] == [
        ("endpoint", None, stub.endpoint), ("connection", None, "other"),
    ]  # fmt: skip
    assert operator.datasources.change_settings("lake", {"connection": None}).connection is None
    assert operator.connections.get("other").datasources == ()


def test_a_connection_that_a_datasource_cannot_use_is_not_stored(operator: LocalLibrary) -> None:
    operator.connections.add("keys", "aws-keys", secrets=KEYS)
    operator.connections.add("google", "gcs-ambient")
    operator.datasources.create("s3://lake", connection="keys", name="lake")
    for wrong, error in (("google", SettingsError), ("nothing", NotFound), (7, SettingsError)):
        with pytest.raises(error):
            operator.datasources.change_settings("lake", {"connection": wrong, "title": "Not stored"})
    assert (operator.datasources.get("lake").connection, operator.datasources.get("lake").title) == ("keys", None)


def test_a_connection_to_another_server_never_separates_datasources_that_share_assets(
    resources: Resources, operator: LocalLibrary, api: LocalLibrary, tmp_path: Path
) -> None:
    for name, host in (("one", "near"), ("two", "near"), ("far", "far")):
        operator.connections.add(name, "s3", settings={"endpoint": f"https://{host}.example"}, secrets=KEYS)
    store = MemoryStore()
    put_all(store, [f"x/{number:02}.png" for number in range(20)])
    for name, uri, connection in (
        ("alone", "s3://pond", "one"),
        ("whole", "s3://lake", "one"),
        ("part", "s3://lake/x/", "two"),
    ):
        operator.datasources.create(uri, connection=connection, name=name)
    alone, whole, part = (
        Mirrored(resources.catalog, tmp_path, store, source=datasources.named(resources.catalog, name))
        for name in ("alone", "whole", "part")
    )
    for mirrored in (alone, whole, part):
        assert mirrored.run().counts.new == 20
    for library in (api, operator):
        with pytest.raises(Conflict, match="part shares assets with whole, and another server"):
            library.datasources.change_settings("part", {"connection": "far"})
    request = MirrorRequest(uri="s3://lake/x/", name="part", connection="far", jobs=1)
    with pytest.raises(Conflict, match="part shares assets with whole"):
        mirror(resources.settings, read_request(request), NullProgress())
    with pytest.raises(Conflict, match="shares assets"):
        operator.connections.change("two", settings={"endpoint": "https://far.example"})
    assert operator.datasources.get("part").endpoint == "https://near.example"
    operator.datasources.change_settings("part", {"connection": "one"})  # the same server
    for number in range(20):
        store.delete(f"x/{number:02}.png")
    held = alone.run().run
    assert held is not None
    assert operator.runs.get(held).state is RunState.HELD
    operator.connections.change("one", settings={"endpoint": "https://far.example"})  # they stay together
    assert operator.datasources.get("part").endpoint == "https://far.example"
    assert operator.runs.get(held).state is RunState.CANCELLED


def test_a_connection_that_is_deleted_while_it_is_chosen_is_not_found(
    operator: LocalLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    operator.connections.add("short", "aws-keys", secrets=KEYS)
    operator.datasources.create("s3://lake", name="lake")
    monkeypatch.setattr(settings_change, "check_fits", lambda *_: operator.connections.delete("short"))
    with pytest.raises(NotFound, match="deleted meanwhile"):
        operator.datasources.change_settings("lake", {"connection": "short"})
    assert operator.datasources.get("lake").connection is None


def test_a_local_folder_leaves_its_connection_where_an_operator_allows_it(
    resources: Resources, api: LocalLibrary, operator: LocalLibrary, tmp_path: Path
) -> None:
    operator.connections.add("folder", "local", settings={"bucket": str(tmp_path)})
    operator.datasources.create(tmp_path.as_uri(), connection="folder", name="folder")
    with pytest.raises(SettingsError, match="not among those"):
        api.datasources.change_settings("folder", {"connection": None})
    allow(resources, local_roots=(str(tmp_path),))
    assert api.datasources.change_settings("folder", {"connection": None}).connection is None


def test_a_connection_fits_its_provider(operator: LocalLibrary, tmp_path: Path) -> None:
    operator.connections.add("keys", "aws-keys", secrets=KEYS)
    with pytest.raises(SettingsError, match=r"is for s3:// addresses"):
        operator.datasources.create(tmp_path.as_uri(), connection="keys")
    with pytest.raises(NotFound, match="Connection 'nothing' does not exist"):
        operator.datasources.create("s3://lake", connection="nothing")


def test_a_check_that_passed_proves_the_role_until_it_changes(resources: Resources, operator: LocalLibrary) -> None:
    role = {"role_arn": "arn:aws:iam::123456789012:role/lake"}
    operator.connections.add("role", "aws-role", settings=role)
    row = AbilityCheck(check="list", ok=True, message="3 objects were listed.")
    for ok in (False, True):
        connections.store_health(
            resources.catalog, "role", Health(ok=ok, checked=datetime(2026, 1, 1, tzinfo=UTC), checks=(row,))
        )
        stored = connections.named(resources.catalog, "role")
        assert stored.role_proven is ok
        assert stored.connection.health is not None
        assert stored.connection.health.checks == (row,)
    changed = operator.connections.change("role", settings={"session_name": "another"})
    assert changed.health is None
    assert not connections.named(resources.catalog, "role").role_proven
    with pytest.raises(NotFound):
        connections.store_health(
            resources.catalog, "nothing", Health(ok=True, checked=datetime(2026, 1, 1, tzinfo=UTC), checks=())
        )


def test_a_datasource_is_created_with_its_settings_and_never_twice(api: LocalLibrary) -> None:
    settings = {"glob_patterns": ["a/**"], "schedule": "every: 6h", "title": "Lake", "description": "Of\nthe north"}
    made = api.datasources.create("s3://lake/photos", name="lake", settings=settings)
    assert (made.uri, made.globs, made.schedule) == ("s3://lake/photos/", ("a/**",), "every: 6h")
    assert (made.title, made.description) == ("Lake", "Of\nthe north")
    assert api.datasources.change_settings("lake", {"title": None}).description == "Of\nthe north"
    assert made.next_due is not None
    created = api.activity.list()[-1]
    assert (created.action, created.subject, created.details["uri"]) == ("create", "lake", "s3://lake/photos/")
    with pytest.raises(Conflict, match="already exists"):
        api.datasources.create("s3://other", name="lake")
    with pytest.raises(UsageError):
        api.datasources.change_settings("lake", {"uri": "s3://other"})
    assert api.datasources.get("lake").uri == "s3://lake/photos/"


def test_a_location_is_previewed_by_whoever_may_create_a_datasource_of_it_and_with_the_same_errors(
    api: LocalLibrary, operator: LocalLibrary, stub: S3Stub, tmp_path: Path
) -> None:
    operator.connections.add("lake", "s3", settings={"endpoint": stub.endpoint}, secrets=KEYS)
    for words, options in (
        (f"file://{tmp_path}", {}),
        ("s3://lake", {"connection": "none"}),
        ("gs://lake", {"connection": "lake"}),
        ("https://console.aws.amazon.com/s3/buckets/lake", {}),
        ("s3://lake", {"settings": {"glob_patterns": ["!"], "glob": 1}}),
        ("s3://lake", {"settings": {"endpoint": "https://collects.example"}}),
    ):
        with pytest.raises(MirrorlakeError) as created:
            api.datasources.create(words, **options)  # type: ignore[arg-type]
        with pytest.raises(type(created.value)) as previewed:
            api.datasources.begin_location_preview(words, **options)  # type: ignore[arg-type]
        assert str(previewed.value) == str(created.value)
    begun = operator.datasources.begin_location_preview("s3://lake", connection="lake")
    assert (begun.state, begun.summary, begun.uri) == (RunState.RUNNING, None, "s3://lake/")
    dump = json.dumps(operator.jobs.get(int(begun.id)).args)
    assert SECRET_KEY not in dump
    assert ACCESS_KEY not in dump
    assert operator.jobs.cancel(int(begun.id)).state is RunState.CANCELLED
    assert operator.datasources.get_location_preview(begun.id).state is RunState.CANCELLED
    with pytest.raises(NotFound, match="preview does not exist"):
        operator.datasources.get_location_preview("x")
    assert operator.datasources.list() == []


def test_a_change_of_a_datasource_is_previewed_with_its_own_access_and_with_the_errors_of_the_change(
    api: LocalLibrary, operator: LocalLibrary, resources: Resources, stub: S3Stub
) -> None:
    options = AccessOptions(endpoint=stub.endpoint, anonymous=True)
    location = parse_location("s3://lake/")
    access = provider_of(location.provider).change_access(Access(), options)
    datasources.create(resources.catalog, name="lake", location=location, access=access, settings=MirrorSettings())
    for change in (
        {"glob_patterns": ["***"]},
        {"uri": "s3://other"},
        {"connection": "none"},
        {"schedule": "sometimes"},
    ):
        with pytest.raises(MirrorlakeError) as changed:
            api.datasources.change_settings("lake", change)
        with pytest.raises(type(changed.value)) as previewed:
            api.datasources.begin_change_preview("lake", change)
        assert str(previewed.value) == str(changed.value)
    with pytest.raises(NotFound):
        api.datasources.begin_change_preview("none", {})
    before = api.datasources.get("lake")
    begun = api.datasources.begin_change_preview("lake", {"glob_patterns": ["a/**"], "pool": "lab"})
    job = operator.jobs.get(int(begun.id))
    assert (begun.uri, job.datasource) == ("s3://lake/", "lake")
    source = msgspec.convert(job.args, LocationArgs).source(resources.catalog)
    assert source.access.options() == options
    assert source.settings.configs[0].globs == ("a/**",)
    # Two people may preview the same change: who leaves the page cancels only their own preview.
    other = api.datasources.begin_change_preview("lake", {"glob_patterns": ["a/**"], "pool": "lab"})
    operator.jobs.cancel(int(other.id))
    assert operator.jobs.get(int(begun.id)).state is RunState.QUEUED
    assert api.datasources.get("lake") == before


def test_a_document_of_another_server_than_the_connection_is_refused(operator: LocalLibrary) -> None:
    operator.connections.add("lake", "s3", settings={"endpoint": "https://s3.example"}, secrets=KEYS)
    with pytest.raises(SettingsError, match="not that of the connection lake"):
        operator.datasources.create("s3://lake", connection="lake", settings={"endpoint": "https://other.example"})
    same = operator.datasources.create("s3://lake", connection="lake", settings={"endpoint": "https://s3.example/"})
    assert same.endpoint == "https://s3.example"


def test_an_endpoint_without_a_connection_would_receive_the_machine_s_own_keys(
    api: LocalLibrary, operator: LocalLibrary
) -> None:
    settings = {"endpoint": "https://collects.example"}
    with pytest.raises(SettingsError, match="needs a connection"):
        api.datasources.create("s3://lake", settings=settings)
    assert operator.datasources.create("s3://lake", settings=settings).endpoint == "https://collects.example"


def test_a_rotation_rewraps_every_secret_and_no_reader_fails_meanwhile(
    resources: Resources, operator: LocalLibrary, stub: S3Stub
) -> None:
    for number in range(6):
        operator.connections.add(f"keys-{number}", "s3", settings={"endpoint": stub.endpoint}, secrets=KEYS)
        operator.datasources.create("s3://lake", name=f"lake-{number}", connection=f"keys-{number}")
    ended, failures = readers(resources, 3)
    for _ in range(4):
        rotation = operator.master_keys.rotate()
        assert (rotation.rewrapped, rotation.current) == (6, 0)
        operator.connections.change("keys-0", secrets=KEYS)  # sealed again between two rotations
    assert ended() > 10
    assert failures == []
    assert len((resources.settings.home / "secret.key").read_text().split()) == 2


def test_a_new_key_in_the_environment_takes_over_from_an_old_one(
    resources: Resources, operator: LocalLibrary, stub: S3Stub
) -> None:
    old, new = new_key(), new_key()
    allow(resources, secret_key=old)
    operator.connections.add("keys", "s3", settings={"endpoint": stub.endpoint}, secrets=KEYS)
    operator.datasources.create("s3://lake", name="lake", connection="keys")
    allow(resources, secret_key=f"{new},{old}")
    rotated = [operator.master_keys.rotate() for _ in range(2)]
    assert [(each.rewrapped, each.current) for each in rotated] == [(1, 0), (0, 1)]
    allow(resources, secret_key=new)
    assert list_source(resources, "lake") == 1
    allow(resources, secret_key=old)
    with pytest.raises(SettingsError, match="The connection keys cannot be used"):
        list_source(resources, "lake")


def readers(resources: Resources, count: int) -> tuple[Callable[[], int], list[Exception]]:
    """Threads that open stores until they are ended; how often they did, and what failed."""
    sources = datasources.list_all(resources.catalog)
    stop, failures, reads = threading.Event(), list[Exception](), list[int]()

    def read() -> None:
        stores = SourceStores(resources.settings, resources.catalog)  # with the keys that it once read
        while not stop.is_set():
            for source in sources:
                try:
                    stores(source).open_plain().close()
                    reads.append(source.id)
                except Exception as error:  # noqa: BLE001  the test reports it
                    failures.append(error)

    threads = [threading.Thread(target=read) for _ in range(count)]
    for each in threads:
        each.start()

    def end() -> int:
        stop.set()
        for each in threads:
            each.join()
        return len(reads)

    return end, failures


def test_a_rotation_without_the_previous_key_changes_nothing(resources: Resources, operator: LocalLibrary) -> None:
    operator.connections.add("keys", "aws-keys", secrets=KEYS)
    (resources.settings.home / "secret.key").unlink()
    with pytest.raises(SettingsError, match="not on this machine"):
        operator.master_keys.rotate()
    assert not (resources.settings.home / "secret.key").exists()
    with pytest.raises(SettingsError, match="not on this machine"):
        operator.connections.add("more", "aws-keys", secrets=KEYS)  # no second key beside the lost one


def test_a_session_without_its_key_says_which_connection_is_closed(
    resources: Resources, operator: LocalLibrary
) -> None:
    operator.connections.add("keys", "aws-keys", secrets=KEYS)
    operator.datasources.create("s3://lake", name="lake", connection="keys")
    (resources.settings.home / "secret.key").unlink()
    with pytest.raises(SettingsError, match="The connection keys cannot be used"):
        list_source(resources, "lake")


def test_keys_that_no_header_can_hold_are_refused_and_not_shown(
    resources: Resources, operator: LocalLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(SettingsError, match="contains a blank") as pasted:
        operator.connections.add("keys", "aws-keys", secrets={**KEYS, "secret_access_key": "canary with blanks"})
    assert "canary" not in str(pasted.value)
    monkeypatch.setenv("LAKE_SECRET", "canary with blanks")
    operator.connections.add("keys", "aws-keys", secrets={**KEYS, "secret_access_key": "env:LAKE_SECRET"})
    operator.datasources.create("s3://lake", name="lake", connection="keys")
    with pytest.raises(AccessDenied) as refused:
        list_source(resources, "lake")
    assert "canary" not in str(refused.value)
