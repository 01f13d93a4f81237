"""Bulk edits on the real database: what a query selects, what is undone, what is left, and what a kill costs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from tests.support.postgres import Server, address_of

from mirrorlake.catalog import bulk_edits, datasources, edits, jobs, project_details, project_splits
from mirrorlake.core.errors import Conflict, NotFound, PermissionDenied, QueryError, StaleVersion, UsageError
from mirrorlake.core.settings import Settings
from mirrorlake.jobs.handlers.edits import EDITING, UNDOING
from mirrorlake.jobs.worker import Stop, Worker
from mirrorlake.mirror.run import store_config
from mirrorlake.model.access import Actor, ActorKind, Context, Permission
from mirrorlake.model.activity import ActivityFilter, Subject
from mirrorlake.model.bulk import BulkEdit, BulkEditResult, UndoResult
from mirrorlake.model.edits import Edit
from mirrorlake.model.jobs import JobState
from mirrorlake.model.splits import Split
from mirrorlake.postgres.pool import Catalog
from mirrorlake.services.base import Resources
from mirrorlake.services.bulk_edits import edit_here, undo_here
from mirrorlake.services.library import LocalLibrary

ANNA = Context(actor=Actor(kind=ActorKind.USER, name="anna on lab"))
ASSETS, BATCH = 25, 10


def no_step(_step: str, _done: int, _total: int) -> None:
    """Progress that nobody watches."""


class Books:
    """A library of some assets, `site` of which is their number modulo three."""

    def __init__(self, resources: Resources) -> None:
        self.resources = resources
        self.catalog = resources.catalog
        self.library = LocalLibrary(resources, ANNA)

    def fill(self) -> None:
        """Make the assets again, as a pass does that read their sidecars."""
        with self.catalog.write() as connection:
            connection.execute("ALTER TABLE activity DISABLE TRIGGER USER")  # it is append-only
            connection.execute("TRUNCATE asset, object, activity, asset_tag, project, project_asset, bulk_edit CASCADE")
            connection.execute("ALTER TABLE activity ENABLE TRIGGER USER")
            connection.execute("ALTER TABLE asset ALTER id RESTART WITH 1")
            connection.execute(
                "INSERT INTO datasource (name, uri, access, settings) VALUES ('s', 'file:///s', '{}', '{}')"
                " ON CONFLICT DO NOTHING"
            )
            connection.execute(
                "INSERT INTO asset (datasource_id, key, name, token, size, kind, media_type, width, height,"
                " orientation, digest, placeholder, metadata) SELECT datasource.id, n || '.jpg', n || '.jpg', '', 1,"
                " 'image', 'image/jpeg', 1, 1, 1, '', '', jsonb_build_object('site', n %% 3, 'lot', 'a')"
                " FROM datasource, generate_series(1, %s) AS n",
                (ASSETS,),
            )

    def edit(self, edit: Edit, query: str | None = None, *assets: str) -> tuple[int, BulkEditResult]:
        return edit_here(self.resources, BulkEdit.of(edit, query=query, assets=assets), no_step, by=ANNA)

    def undo(self, job: int) -> UndoResult:
        return undo_here(self.resources, job, no_step, by=ANNA)

    def state(self) -> dict[str, Any]:
        """Everything that an edit can change, of every asset."""
        with self.catalog.read() as connection:
            rows = connection.execute(
                "SELECT id::text, metadata, provenance, edited,"
                " ARRAY(SELECT tag FROM asset_tag WHERE asset_id = asset.id ORDER BY tag),"
                " ARRAY(SELECT name FROM project JOIN project_asset ON project_id = project.id"
                " WHERE asset_id = asset.id ORDER BY name) FROM asset ORDER BY id"
            ).fetchall()
        return {row[0]: row[1:] for row in rows}

    def count(self, query: str) -> int:
        return self.library.assets.search(query).total

    def trash(self, folder: Path) -> None:
        """Move five assets to the trash, as a pass does whose listing lacks them; the first one's object is back."""
        folder.mkdir(exist_ok=True)
        (folder / "1.jpg").write_bytes(b"x")
        with self.catalog.write() as connection:
            connection.execute("UPDATE datasource SET uri = %s", (folder.as_uri(),))
        source = datasources.named(self.catalog, "s")
        with closing(store_config(source).open()) as store:
            token = store.head("1.jpg").token
        with self.catalog.write() as connection:
            connection.execute("UPDATE asset SET state = 2 WHERE id <= 5")
            connection.execute(
                "INSERT INTO object (datasource_id, state, size, asset_id, key, token)"
                " SELECT datasource_id, 3, 1, id, key, %s FROM asset WHERE id <= 5",
                (token,),
            )

    def states(self) -> list[tuple[int, int]]:
        """The state of each of these assets, and that of its object."""
        with self.catalog.read() as connection:
            return connection.execute(
                "SELECT asset.state, object.state FROM asset JOIN object ON asset_id = asset.id ORDER BY asset.id"
            ).fetchall()


@pytest.fixture(scope="module")
def shared(postgres_server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Books]:
    conninfo = postgres_server.new_database()
    home: Path = tmp_path_factory.mktemp("home")
    with Catalog(conninfo) as catalog:
        yield Books(Resources(Settings(home=home, database_url=address_of(conninfo)), catalog))
    postgres_server.drop(conninfo)


@pytest.fixture
def books(shared: Books, monkeypatch: pytest.MonkeyPatch) -> Books:
    monkeypatch.setattr(bulk_edits, "BATCH_ASSETS", BATCH)
    shared.fill()
    return shared


EVERYTHING = Edit(
    metadata={"lot": "b", "checked": True},
    remove_metadata=("site",),
    add_tags=("new", "half"),
    remove_tags=("old",),
    add_projects=("p",),
    remove_projects=("q",),
)


def prepare(books: Books) -> None:
    """Give some assets what the edit adds, and some what it removes."""
    edits.apply(books.catalog, ["1", "2", "13"], Edit(add_tags=("half", "old"), add_projects=("p", "q")))
    edits.apply(books.catalog, ["2", "20"], Edit(metadata={"lot": "mine"}))


def test_undoing_a_bulk_edit_brings_everything_back_as_it_was(books: Books):
    prepare(books)
    before = books.state()
    preview = books.library.assets.preview_edit(BulkEdit.of(EVERYTHING, query=""))
    assert (preview.assets, preview.changed) == (ASSETS, ASSETS)
    job, result = books.edit(EVERYTHING, "")
    assert (result.assets, result.changed) == (ASSETS, ASSETS)
    changed = books.state()
    assert {asset: row[0] for asset, row in changed.items()} == {one: {"lot": "b", "checked": True} for one in before}
    assert {tuple(row[3]) for row in changed.values()} == {("half", "new")}
    assert {tuple(row[4]) for row in changed.values()} == {("p",)}
    undone = books.undo(job)
    assert (undone.restored, undone.left, undone.gone) == (ASSETS, 0, 0)
    assert books.state() == before


def test_an_edit_and_its_undoing_report_how_far_they_are(books: Books):
    steps: list[tuple[str, int, int]] = []
    bulk = BulkEdit.of(Edit(add_tags=("t",)), query="")
    job, _ = edit_here(books.resources, bulk, lambda *step: steps.append(step), by=ANNA)
    undo_here(books.resources, job, lambda *step: steps.append(step), by=ANNA)
    edited = [step[1:] for step in steps if step[0] == EDITING]
    undone = [step[1:] for step in steps if step[0] == UNDOING]  # the last batch first
    assert edited == [(done, ASSETS) for done in (0, BATCH, 2 * BATCH, ASSETS)]
    assert undone == [(done, ASSETS) for done in (ASSETS - 2 * BATCH, ASSETS - BATCH, ASSETS)]


def test_undoing_a_removal_from_a_project_brings_chosen_splits_back(books: Books):
    edits.apply(books.catalog, ["1", "2", "3"], Edit(add_projects=("q",)))
    project_splits.assign_ids(books.catalog, "q", Split.TEST, ["1", "2"], automatic=False, by=ANNA)
    job, _ = books.edit(Edit(remove_projects=("q",)), "")
    books.undo(job)
    with books.catalog.read() as connection:
        rows = connection.execute("SELECT asset_id, split, assigned FROM project_asset ORDER BY 1").fetchall()
    assert rows == [(1, 2, True), (2, 2, True), (3, None, False)]


def test_a_project_that_was_renamed_meanwhile_is_undone_under_its_new_name(books: Books):
    added, _ = books.edit(Edit(add_projects=("first",)), "")
    removed, _ = books.edit(Edit(remove_projects=("first",)), "id:1")
    project_details.change(books.catalog, "first", new_name="second", description=None, by=ANNA)
    edits.apply(books.catalog, ["2"], Edit(add_projects=("first",)))  # another one of the former name
    assert (books.undo(removed).restored, books.count("project:second")) == (1, ASSETS)
    assert (books.undo(added).restored, books.count("project:second"), books.count("project:first")) == (ASSETS, 0, 1)


def test_a_query_is_answered_once_so_an_edit_that_changes_its_own_result_changes_every_asset(books: Books):
    _, result = books.edit(Edit(add_tags=("seen",)), "NOT tag:seen")
    assert (result.assets, result.changed, books.count("tag:seen")) == (ASSETS, ASSETS, ASSETS)


def test_what_is_already_so_is_not_changed(books: Books):
    _, first = books.edit(Edit(metadata={"lot": "c"}, add_tags=("t",)), "metadata.site:1")
    before = books.state()
    preview = books.library.assets.preview_edit(BulkEdit.of(Edit(metadata={"lot": "c"}), query=""))
    _, again = books.edit(Edit(metadata={"lot": "c"}, add_tags=("t",)), "metadata.site:1")
    assert (first.changed, again.changed) == (again.assets, 0)
    assert preview.changed == ASSETS - first.changed
    assert books.state() == before


def test_undo_leaves_what_somebody_changed_since_and_names_it(books: Books):
    job, _ = books.edit(Edit(metadata={"lot": "b", "x": 1}, add_tags=("t",), remove_metadata=("site",)), "")
    edits.apply(books.catalog, ["1"], Edit(metadata={"lot": "b"}))  # the same value, by somebody else
    edits.apply(books.catalog, ["2"], Edit(metadata={"site": 9}))
    edits.apply(books.catalog, ["3"], Edit(remove_tags=("t",)))
    edits.apply(books.catalog, ["3"], Edit(add_tags=("t",)))
    with books.catalog.write() as connection:
        connection.execute("DELETE FROM asset WHERE id = 4")
    undone = books.undo(job)
    assert undone.left_by_name == {"metadata.lot": 1, "metadata.site": 1, "tag:t": 1}
    assert (undone.left, undone.left_assets, undone.gone) == (3, ("1", "2", "3"), 1)
    after = books.state()
    assert after["1"][0] == {"lot": "b", "site": 1}
    assert after["2"][0] == {"lot": "a", "site": 9}
    assert (after["3"][3], after["5"][0], after["5"][3]) == (["t"], {"lot": "a", "site": 2}, [])


def test_each_asset_may_have_a_change_of_its_own(books: Books):
    before = books.state()
    bulk = BulkEdit.of_updates({"3": Edit(metadata={"n": 3}), "7": Edit(add_tags=("seven",), remove_metadata=("lot",))})
    job, result = edit_here(books.resources, bulk, no_step, by=ANNA)
    assert (result.assets, result.changed) == (2, 2)
    assert books.state()["3"][0] == {"lot": "a", "site": 0, "n": 3}
    assert (books.count("tag:seven"), books.state()["7"][0]) == (1, {"site": 1})
    books.undo(job)
    assert books.state() == before


def test_a_killed_job_goes_on_with_the_next_batch(books: Books, monkeypatch: pytest.MonkeyPatch):
    """The worker dies after a batch; its job is carried out again by another one."""
    job = books.library.assets.start_edit(BulkEdit.of(Edit(add_tags=("t",), metadata={"n": 1}), query=""))
    apply, applied = bulk_edits.apply, list[int]()

    def die(lease: Any, work: Any, batch: bulk_edits.Batch) -> int:
        if len(applied) == 1:
            applied.append(-1)
            raise MemoryError
        applied.append(batch.number)
        return apply(lease, work, batch)

    monkeypatch.setattr(bulk_edits, "apply", die)
    worker = Worker(books.resources.settings, books.catalog, jobs=1, log=lambda _line: None, stop=Stop())
    worker.step()
    assert books.count("tag:t") == BATCH
    with books.catalog.write() as connection:  # as the queue does for a worker that died
        connection.execute(
            "UPDATE job SET state = 'queued', finished = NULL, error = NULL, attempt = NULL WHERE id = %s", (job.id,)
        )
    stamps = {asset: row[1] for asset, row in books.state().items() if row[3]}
    worker.step()
    ended = books.library.jobs.get(job.id)
    assert (ended.state, ended.result and ended.result["changed"]) == (JobState.SUCCEEDED, ASSETS)
    assert applied == [0, -1, 1, 2]
    assert {asset: books.state()[asset][1] for asset in stamps} == stamps  # nothing was applied twice
    assert books.undo(job.id).restored == ASSETS


def test_a_job_is_undone_once_and_only_a_bulk_edit_is(books: Books):
    job, _ = books.edit(Edit(add_tags=("t",)), "")
    books.undo(job)
    with pytest.raises(Conflict, match="was undone by job"):
        books.library.jobs.undo(job)
    with pytest.raises(NotFound, match="not a bulk edit"):
        books.library.jobs.undo(jobs.list_jobs(books.catalog, limit=1)[0].id)


def test_undo_data_are_purged_after_the_days_of_the_setting_but_the_history_stays(books: Books):
    job, _ = books.edit(Edit(metadata={"lot": "b"}, add_tags=("t",)), "metadata.site:1")
    bulk_edits.purge_undo(books.catalog, days=30)
    assert books.library.assets.history("1")[0].metadata["lot"].before == "a"
    bulk_edits.purge_undo(books.catalog, days=0)
    with pytest.raises(Conflict, match="can no longer be undone"):
        books.library.jobs.undo(job)
    (change,) = books.library.assets.history("1")
    assert (change.metadata["lot"].before, change.metadata["lot"].after, change.tags_added) == (None, "b", ("t",))


def test_the_history_of_an_asset_names_who_changed_what_from_which_value(books: Books):
    books.library.assets.edit("1", Edit(metadata={"lot": "b"}, add_tags=("t",)))
    books.library.assets.edit("1", Edit(remove_metadata=("lot", "none"), add_tags=("t", "u")))
    job, _ = books.edit(Edit(metadata={"site": "x"}, remove_tags=("t",), add_projects=("p",)), "")
    books.undo(job)
    undo, bulk, second, first = books.library.assets.history("1")
    pairs = [{key: (one.before, one.after) for key, one in change.metadata.items()} for change in (undo, bulk, second)]
    assert pairs == [{"site": ("x", 1)}, {"site": (1, "x")}, {"lot": ("b", None)}]
    assert (first.metadata["lot"].before, first.tags_added, second.tags_added) == ("a", ("t",), ("u",))
    assert (bulk.action, bulk.job, bulk.tags_removed, bulk.projects_added) == ("bulk_edit", job, ("t",), ("p",))
    assert (undo.action, undo.tags_added, undo.projects_removed, undo.actor) == ("undo", ("t",), ("p",), "anna on lab")
    page = books.library.assets.history_page("1", limit=3)
    rest = books.library.assets.history_page("1", limit=3, cursor=page.next_cursor)
    assert [*page.items, *rest.items] == [undo, bulk, second, first]
    assert [one.action for one in books.library.assets.history("2")] == ["undo", "bulk_edit"]
    with pytest.raises(NotFound):
        books.library.assets.history("999")


def test_one_bulk_edit_is_one_line_of_the_activity(books: Books):
    job, _ = books.edit(Edit(add_tags=("t",)), "metadata.site:1")
    (line,) = books.library.activity.list(ActivityFilter(kind=Subject.JOB, subject=str(job)))
    assert (line.action, line.details["query"], line.details["assets"]) == ("bulk_edit", "metadata.site:1", 9)


def test_assets_are_restored_from_the_trash_by_query_and_put_back_by_undo(books: Books, tmp_path: Path):
    books.trash(tmp_path / "s")
    restore = BulkEdit.restoring(query="filename:*.jpg")
    preview = books.library.assets.preview_edit(restore)
    assert (preview.assets, preview.changed) == (5, 5)
    job, result = edit_here(books.resources, restore, no_step, by=ANNA)
    assert (result.assets, result.changed) == (5, 5)
    present, missing = (0, 0), (1, 4)  # a missing one's object is not evaluated again
    assert books.states() == [present, missing, missing, missing, missing]
    assert books.library.assets.history("2")[0].action == "restore"
    edits.apply(books.catalog, ["3"], Edit(add_tags=("wanted",)))
    undone = books.undo(job)
    assert (undone.restored, undone.left_by_name, undone.left_assets) == (4, {"state": 1}, ("3",))
    assert books.states() == [(2, 3), (2, 3), missing, (2, 3), (2, 3)]
    _, again = edit_here(books.resources, BulkEdit.restoring(assets=("4", "6")), no_step, by=ANNA)
    assert (again.assets, again.changed) == (2, 1)


@pytest.mark.parametrize(
    ("bulk", "error"),
    [
        (BulkEdit.of(Edit(add_tags=("t",)), query="metadata.x:>"), QueryError),
        (BulkEdit.of(Edit(add_tags=("t",)), assets=("1", "999")), NotFound),
        (BulkEdit.of(Edit(add_tags=("t",)), query="x", assets=("1",)), UsageError),
        (BulkEdit.of(Edit(add_tags=("t",))), UsageError),
        (BulkEdit.of(Edit(), query=""), UsageError),
        (BulkEdit.of(Edit(add_projects=("\n",)), query=""), UsageError),
        (BulkEdit.of(Edit(add_tags=("t",)), assets=tuple(str(n) for n in range(10_001))), UsageError),
    ],
)
def test_a_wrong_request_stores_nothing(books: Books, bulk: BulkEdit, error: type[Exception]):
    before = [job.id for job in jobs.list_jobs(books.catalog, limit=1)]
    for request in (books.library.assets.start_edit, books.library.assets.preview_edit):
        with pytest.raises(error):
            request(bulk)
    assert [job.id for job in jobs.list_jobs(books.catalog, limit=1)] == before


def test_projects_need_their_own_permission(books: Books):
    only_assets = Context(actor=ANNA.actor, permissions=frozenset({Permission.ASSETS_READ, Permission.ASSETS_EDIT}))
    library = LocalLibrary(books.resources, only_assets)
    edit = Edit(add_projects=("p",))
    with pytest.raises(PermissionDenied):
        library.assets.start_edit(BulkEdit.of(edit, query=""))
    with pytest.raises(PermissionDenied):
        library.assets.edit("1", edit)


def test_an_edit_of_a_revision_is_refused_once_somebody_else_changed_the_asset(books: Books):
    read = books.library.assets.get("1")
    changed = books.library.assets.edit("1", Edit(add_tags=("t",)), revision=read.revision)
    with pytest.raises(StaleVersion):
        books.library.assets.edit("1", Edit(add_tags=("u",)), revision=read.revision)
    books.library.assets.edit("2", Edit(add_projects=("p",)))
    assert books.library.assets.get("1") == changed


def test_a_cancelled_edit_keeps_what_it_did_which_can_be_undone(books: Books, monkeypatch: pytest.MonkeyPatch):
    before = books.state()
    apply = bulk_edits.apply

    def cancel(lease: Any, work: Any, batch: bulk_edits.Batch) -> int:
        changed = apply(lease, work, batch)
        lease.mark_cancelled("Ada")
        return changed

    monkeypatch.setattr(bulk_edits, "apply", cancel)
    job = books.library.assets.start_edit(BulkEdit.of(Edit(add_tags=("t",)), query=""))
    worker = Worker(books.resources.settings, books.catalog, jobs=1, log=lambda _line: None, stop=Stop())
    worker.step()
    assert books.library.jobs.get(job.id).state is JobState.CANCELLED
    assert books.count("tag:t") == BATCH
    assert books.undo(job.id).restored == BATCH
    assert {key: row[3] for key, row in books.state().items()} == {key: row[3] for key, row in before.items()}
