"""Services act for a caller: each use case needs a permission, and what is changed is recorded with who did it."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
import pytest
from tests.support.made_library import copy_of, made_template, picture
from tests.support.postgres import Server

from mirrorlake.core.errors import CoolingDown, PassRunning, PermissionDenied
from mirrorlake.mirror.progress import NullProgress
from mirrorlake.model.access import Actor, ActorKind, Context, Permission
from mirrorlake.model.edits import Edit
from mirrorlake.model.jobs import JobKind
from mirrorlake.model.runs import RunState
from mirrorlake.services import contract
from mirrorlake.services.base import Resources, open_resources
from mirrorlake.services.foreground import Foreground
from mirrorlake.services.library import LocalLibrary

ANNA = Context(actor=Actor(kind=ActorKind.USER, name="anna on lab"))
NOUNS = ("assets", "datasources", "runs", "projects", "ontologies", "labels", "connections", "activity")


@pytest.fixture
def resources(postgres_server: Server, tmp_path: Path) -> Iterator[Resources]:
    with (
        made_template(postgres_server, tmp_path, size=60) as template,
        open_resources(copy_of(postgres_server, template)) as opened,
    ):
        yield opened


def use_cases(service: object) -> Iterator[tuple[str, Any]]:
    """The methods of a service that do something themselves, for a caller; the others wait for them."""
    for name, method in inspect.getmembers(service, inspect.ismethod):
        if (
            not name.startswith("_")
            and name != "record_refusal"
            and not method.__func__.__qualname__.startswith(
                ("Assets.", "Runs.", "Datasources.", "Activities.", "Service.")
            )
        ):
            yield name, method


def test_every_use_case_needs_a_permission(resources: Resources) -> None:
    nobody = Context(actor=ANNA.actor, permissions=frozenset())
    library = LocalLibrary(resources, nobody)
    services = [getattr(library, noun) for noun in NOUNS] + [Foreground(resources, nobody)]
    checked = 0
    for service in services:
        for name, method in use_cases(service):
            given = {
                each.name: None for each in inspect.signature(method).parameters.values() if each.default is each.empty
            }
            with pytest.raises(PermissionDenied, match=r"Permission .* denied to anna on lab"):
                method(**given)
            checked += 1
            assert name
    assert checked > 30


def test_a_service_has_the_use_cases_of_its_noun(resources: Resources) -> None:
    library = LocalLibrary(resources, ANNA)
    protocols = (
        contract.Assets, contract.Datasources, contract.Runs, contract.Projects, contract.Ontologies, contract.Labels,
        contract.Connections, contract.Activities,
    )  # fmt: skip
    for noun, protocol in zip(NOUNS, protocols, strict=True):
        named = {name for name in vars(protocol) if not name.startswith("_")}
        assert named <= {name for name in dir(getattr(library, noun)) if not name.startswith("_")}


def test_one_permission_opens_what_it_names_and_nothing_else(resources: Resources) -> None:
    reader = LocalLibrary(resources, Context(actor=ANNA.actor, permissions=frozenset({Permission.ASSETS_READ})))
    assert reader.assets.get("1000").asset.id == "1000"
    with pytest.raises(PermissionDenied):
        reader.assets.edit("1000", Edit(add_tags=("x",)))


def test_who_may_not_start_runs_cannot_cancel_them_as_jobs(resources: Resources) -> None:
    operator = LocalLibrary(resources, ANNA)
    operator.datasources.start("harbour cams", force=True)
    job, *_ = operator.jobs.list(kind=JobKind.MIRROR, state=RunState.QUEUED)
    editor = Context(actor=ANNA.actor, permissions=frozenset({Permission.JOBS_READ, Permission.JOBS_CONTROL}))
    with pytest.raises(PermissionDenied, match="runs:control"):
        LocalLibrary(resources, editor).jobs.cancel(job.id)
    assert operator.jobs.cancel(job.id).id == job.id


def test_each_change_is_recorded_with_who_made_it(resources: Resources) -> None:
    library = LocalLibrary(resources, ANNA)
    library.assets.edit("1000", Edit(metadata={"weight": 2}, add_tags=("seen",)))
    library.projects.add("best", ["1000", "1001"])
    library.projects.remove("best", ["1001"])
    library.datasources.change_settings("harbour cams", {"schedule": "off"})
    library.assets.restore("1060")
    told = library.datasources.deletion("harbour cams")
    library.datasources.delete("harbour cams", acknowledge=told.acknowledge)

    with psycopg.connect(resources.settings.database_url or "") as session:
        rows = session.execute(
            "SELECT workspace, actor_kind, actor, action, subject_kind, subject, details FROM activity ORDER BY id"
        ).fetchall()
        with pytest.raises(psycopg.errors.RaiseException, match="append-only"):
            session.execute("UPDATE activity SET actor = 'nobody'")
    assert {row[:3] for row in rows} == {("default", "user", "anna on lab")}
    assert [row[3:6] for row in rows] == [
        ("edit", "asset", "1000"),
        ("add", "project", "best"),
        ("remove", "project", "best"),
        ("change_settings", "datasource", "harbour cams"),
        ("restore", "asset", "1060"),
        ("delete", "datasource", "harbour cams"),
    ]
    details = [row[6] for row in rows]
    assert details[0]["metadata"] == {"weight": 2}
    assert details[1] == {"assets": [1000, 1001]}
    assert (details[3]["before"]["schedule"], details[3]["after"]) == ("30 3 * * *", {})


def test_who_overrides_the_cooldown_is_recorded_and_nobody_else(resources: Resources) -> None:
    library, here = LocalLibrary(resources, ANNA), Foreground(resources, ANNA)
    folder = resources.settings.home / "roofs"
    address = "roof survey"

    def forced() -> list[tuple[Any, ...]]:
        with psycopg.connect(resources.settings.database_url or "") as session:
            query = "SELECT actor, subject, details FROM activity WHERE action = 'force_run' ORDER BY id"
            return session.execute(query).fetchall()

    (folder / "a.jpg").write_bytes(picture(1, 32, 24, "JPEG"))
    first = here.start(address, NullProgress(), jobs=1, force=True)  # in no cooldown, so nothing is overridden
    assert (first.counts.new, forced()) == (1, [])
    for start in (library.datasources.start, partial(here.start, progress=NullProgress(), jobs=1)):
        with pytest.raises(CoolingDown) as refused:
            start(address)
        assert "--force" in refused.value.fix
    assert forced() == []

    (folder / "b.jpg").write_bytes(picture(2, 32, 24, "JPEG"))
    second = here.start(address, NullProgress(), jobs=1, force=True)
    assert (second.counts.new, forced()) == (1, [("anna on lab", address, {"run": second.run})])
    third = library.datasources.start(address, force=True)
    assert (third.state, forced()[1:]) == ("queued", [("anna on lab", address, {"run": third.id})])
    with pytest.raises(PassRunning):  # two runs at a time are never forced
        library.datasources.start(address, force=True)
    assert len(forced()) == 2


def test_a_change_that_fails_leaves_no_record(resources: Resources) -> None:
    library = LocalLibrary(resources, ANNA)
    for change in (Edit(metadata={"a b": 1}), Edit(add_tags=("x",))):
        with pytest.raises(Exception, match=r"."):
            library.assets.edit("9999", change)
    with psycopg.connect(resources.settings.database_url or "") as session:
        assert session.execute("SELECT count(*) FROM activity").fetchone() == (0,)


def test_a_metadata_key_tells_who_set_it(resources: Resources) -> None:
    detail = LocalLibrary(resources, ANNA).assets.edit("1001", Edit(metadata={"weight": 2}))
    assert (detail.metadata["weight"].source, detail.metadata["weight"].by) == ("user", "anna on lab")
    assert (detail.metadata["shift"].source, detail.metadata["shift"].by) == ("user", None)  # of an older version
    assert (detail.metadata["place"].source, detail.metadata["place"].by) == ("bucket", None)
