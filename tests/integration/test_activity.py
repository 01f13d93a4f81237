"""Who changed what can be read: in process, over REST, by the SDK and on the command line, page by page."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from psycopg.conninfo import conninfo_to_dict
from tests.support.cli import Cli
from tests.support.made_library import Template, copy_of, made_template
from tests.support.postgres import Server
from tests.support.served import serving

from mirrorlake.client import Client
from mirrorlake.core.cursors import write_cursor
from mirrorlake.core.errors import PermissionDenied, UsageError
from mirrorlake.core.settings import Settings
from mirrorlake.model.access import Actor, ActorKind, Context, Permission
from mirrorlake.model.activity import Activity, ActivityFilter, Subject
from mirrorlake.model.edits import Edit
from mirrorlake.services.base import open_resources
from mirrorlake.services.contract import Activities
from mirrorlake.services.library import LocalLibrary

ANNA = Context(actor=Actor(kind=ActorKind.USER, name="anna on lab"))


@pytest.fixture(scope="module")
def template(postgres_server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Template]:
    with made_template(postgres_server, tmp_path_factory.mktemp("made"), size=60) as made:
        yield made


@pytest.fixture
def settings(postgres_server: Server, template: Template) -> Settings:
    """A library in which Anna made six changes."""
    settings = copy_of(postgres_server, template)
    with open_resources(settings) as resources:
        library = LocalLibrary(resources, ANNA)
        for number in range(3):
            library.assets.edit("1000", Edit(metadata={"weight": number}))
        library.assets.edit("1001", Edit(add_tags=("seen",)))
        library.projects.add("1000", ["1000"])  # a project may be named like an asset
        library.datasources.change_settings("harbour cams", {"schedule": "off"})
    return settings


def told(changes: Iterator[Activity] | list[Activity]) -> list[tuple[str, str, str]]:
    return [(change.action, change.subject_kind, change.subject) for change in changes]


def pages(activity: Activities, **filters: object) -> Iterator[Activity]:
    cursor: str | None = None
    while True:
        page = activity.page(ActivityFilter(**filters), limit=2, cursor=cursor)  # type: ignore[arg-type]
        assert len(page.items) <= 2
        yield from page.items
        cursor = page.next_cursor
        if cursor is None:
            return


def check(activity: Activities) -> None:
    everything = [
        ("change_settings", "datasource", "harbour cams"),
        ("add", "project", "1000"),
        ("edit", "asset", "1001"),
        *[("edit", "asset", "1000")] * 3,
    ]
    assert told(list(activity.list())) == everything
    assert told(pages(activity)) == everything
    assert told(list(activity.list(limit=2))) == everything[:2]
    of_asset = list(pages(activity, kind=Subject.ASSET, subject="1000"))
    assert [change.details["metadata"] for change in of_asset] == [{"weight": 2}, {"weight": 1}, {"weight": 0}]
    assert {(change.actor_kind, change.actor) for change in of_asset} == {("user", "anna on lab")}
    assert [change.id for change in of_asset] == sorted((change.id for change in of_asset), reverse=True)
    assert told(pages(activity, kind=Subject.PROJECT)) == [("add", "project", "1000")]
    assert told(pages(activity, kind=Subject.DATASOURCE, subject="harbour cams")) == everything[:1]
    assert told(pages(activity, kind=Subject.DATASOURCE, subject="nothing'; --")) == []
    with pytest.raises(UsageError, match="needs its kind"):
        activity.page(ActivityFilter(subject="1000"))
    for cursor in ("WyJqb2JzIiwxXQ", write_cursor("activity", 2**63)):  # of the list of jobs, and beyond any number
        with pytest.raises(UsageError, match="cursor"):
            activity.page(cursor=cursor)


def test_changes_are_read_newest_first_and_by_subject(settings: Settings) -> None:
    with open_resources(settings) as resources:
        check(LocalLibrary(resources, ANNA).activity)


def test_reading_activity_needs_its_permission_and_shows_only_the_workspace(settings: Settings) -> None:
    with open_resources(settings) as resources:
        others = Context(actor=ANNA.actor, permissions=frozenset(Permission) - {Permission.ACTIVITY_READ})
        for read in (LocalLibrary(resources, others).activity.page, LocalLibrary(resources, others).activity.list):
            with pytest.raises(PermissionDenied, match="activity:read"):
                read()
        reader = Context(actor=ANNA.actor, permissions=frozenset({Permission.ACTIVITY_READ}))
        assert len(LocalLibrary(resources, reader).activity.list()) == 6
        elsewhere = Context(actor=ANNA.actor, workspace="another")
        LocalLibrary(resources, Context(actor=ANNA.actor)).workspaces.create(elsewhere.workspace)
        assert LocalLibrary(resources, elsewhere).activity.list() == []


def test_the_server_the_sdk_and_the_command_line_show_the_same(settings: Settings, tmp_path: Path) -> None:
    parts = conninfo_to_dict(settings.database_url or "")
    url = f"postgresql://{parts['user']}@/{parts['dbname']}?host={parts['host']}"
    cli = Cli(settings.home, {"MIRRORLAKE_DATABASE_URL": url})
    with serving(cli, tmp_path / "nobody") as served, Client(served.address, api_key=served.token) as client:
        check(client.activity)
        words = ["activity", "--kind", "asset", "--subject", "1000"]
        here, there = cli.run(*words, "--json"), served.remote.run(*words, "--json")
        assert (here.code, there.code) == (0, 0)
        assert here.lines == there.lines
        assert [line["details"]["metadata"]["weight"] for line in here.lines] == [2, 1, 0]
        shown = cli.run("activity", "--kind", "datasource")
        assert "anna on lab" in shown.out
        assert "change_settings" in shown.out
        refused = cli.run("activity", "--subject", "1000")
        assert (refused.code, "needs its kind" in refused.err) == (2, True)
