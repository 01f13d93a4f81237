"""People's edits on the real database: whole or not at all, theirs by name and time, and what sidecars then may do."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa
import pytest

from mirrorlake.catalog import assets, commit, datasources, edits, reapply, runs
from mirrorlake.catalog.runs import Lease
from mirrorlake.core.errors import LeaseLost, NotFound, UsageError
from mirrorlake.model.assets import AssetDetail, Scalar
from mirrorlake.model.columns import PROCESSED
from mirrorlake.model.edits import Edit
from mirrorlake.model.metadata import MetadataStrategy
from mirrorlake.model.objects import Requests
from mirrorlake.model.outcomes import Op, ResultKind
from mirrorlake.model.runs import Counts, RunState
from mirrorlake.model.sources import Access, Location, MirrorSettings, Provider
from mirrorlake.postgres.pool import Catalog


class Library:
    """One datasource whose sidecars change between people's edits."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog
        source = datasources.create(
            catalog,
            name="photos",
            location=Location(provider=Provider.S3, container="photos"),
            access=Access(),
            settings=MirrorSettings(),
        )
        self.lease: Lease = runs.begin(catalog, source.id, "mirror")
        self._sidecars = 0

    def look(self, key: str, sidecar: dict[str, Scalar] | None, *strategies: MetadataStrategy, **given: Any) -> str:
        """A pass that sees this object with this sidecar; answers the asset's id."""
        self._sidecars += 1
        known = self.ids().get(key)
        text = None if sidecar is None else json.dumps(sidecar)
        row: dict[str, Any] = {
            "op": int(Op.NEW if known is None else Op.COMPANION),
            "key": key,
            "size": 10,
            "token": "t",
            "metadata_differs": False,
            "result": int(ResultKind.PROCESSED if known is None else ResultKind.COMPANIONS_ONLY),
            "kind": "image",
            "media_type": "image/png",
            "width": 1,
            "height": 1,
            "orientation": 1,
            "digest": b"d" * 32,
            "placeholder": b"p",
            "warnings": [],
            "metadata_values": text,
            "metadata_document": text,
        }
        if sidecar is not None:
            row |= {"metadata_key": "s.json", "metadata_token": f"s{self._sidecars}", "metadata_size": 1}
        batch = pa.RecordBatch.from_pylist([row | given], schema=PROCESSED)
        commit.commit_processed(self.lease, batch, batch.column("key"), strategies or tuple(MetadataStrategy))
        return self.ids()[key]

    def ids(self) -> dict[str, str]:
        with self.catalog.read() as connection:
            return {key: str(identity) for identity, key in connection.execute("SELECT id, key FROM asset").fetchall()}

    def show(self, asset_id: str) -> AssetDetail:
        return assets.get_asset_detail(self.catalog, asset_id)

    def told(self, asset_id: str) -> dict[str, tuple[Scalar, str]]:
        return {key: (entry.value, entry.source) for key, entry in self.show(asset_id).metadata.items()}


@pytest.fixture
def library(empty_catalog: Catalog) -> Iterator[Library]:
    made = Library(empty_catalog)
    yield made
    runs.finish(made.lease, state=RunState.SUCCEEDED, counts=Counts(), requests=Requests(), bytes_read=0)


def test_what_a_person_sets_is_theirs_by_name_and_time(library: Library):
    asset = library.look("a.png", {"site": "north", "depth": 2})
    before = library.show(asset)

    edits.apply(library.catalog, [asset], Edit(metadata={"site": "south", "ok": True, "n": 1.0, "text": "1"}))

    after = library.show(asset)
    assert library.told(asset) == {
        "site": ("south", "user"),
        "depth": (2, "bucket"),
        "ok": (True, "user"),
        "n": (1.0, "user"),
        "text": ("1", "user"),
    }
    assert type(after.metadata["ok"].value) is bool
    assert abs(after.metadata["site"].at - datetime.now(UTC)) < timedelta(minutes=5)
    assert after.metadata["depth"].at == before.metadata["depth"].at
    assert after.asset.updated > before.asset.updated
    assert after.asset.metadata == {"site": "south", "depth": 2, "ok": True, "n": 1.0, "text": "1"}


def test_a_person_takes_any_key_away_whoever_set_it(library: Library):
    asset = library.look("a.png", {"site": "north", "depth": 2})
    edits.apply(library.catalog, [asset], Edit(metadata={"mine": 1}))

    edits.apply(library.catalog, [asset], Edit(remove_metadata=("mine", "site", "never")))

    assert library.told(asset) == {"depth": (2, "bucket")}


def test_tags_are_a_set_in_order(library: Library):
    asset = library.look("a.png", None)

    edits.apply(library.catalog, [asset], Edit(add_tags=("b", " a ", "b")))
    edits.apply(library.catalog, [asset], Edit(add_tags=("b", "c")))
    edits.apply(library.catalog, [asset], Edit(remove_tags=("a", "never")))

    assert library.show(asset).asset.tags == ("b", "c")


def test_one_edit_reaches_every_asset_and_no_other(library: Library):
    first, second, third = (library.look(key, {"k": 1}) for key in ("a.png", "b.png", "c.png"))
    edits.apply(library.catalog, [second], Edit(add_tags=("old",)))

    edits.apply(
        library.catalog,
        [first, second, first],
        Edit(metadata={"new": 2}, remove_metadata=("k",), add_tags=("t",), remove_tags=("old",)),
    )

    for asset in (first, second):
        assert library.told(asset) == {"new": (2, "user")}
        assert library.show(asset).asset.tags == ("t",)
    assert library.told(third) == {"k": (1, "bucket")}


@pytest.mark.parametrize(
    "bad",
    [Edit(metadata={"a b": 1}), Edit(metadata={"x": float("nan")}), Edit(add_tags=("",)), Edit(remove_metadata=("é",))],
)
def test_an_edit_that_cannot_be_stored_changes_nothing(library: Library, bad: Edit):
    asset = library.look("a.png", {"k": 1})
    before = library.show(asset)

    with pytest.raises(UsageError):
        edits.apply(library.catalog, [asset], bad)

    assert library.show(asset) == before


def test_an_unknown_asset_among_others_leaves_all_of_them_alone(library: Library):
    asset = library.look("a.png", {"k": 1})
    before = library.show(asset)

    with pytest.raises(NotFound, match="Asset 424242 does not exist"):
        edits.apply(library.catalog, [asset, "424242"], Edit(metadata={"k": 2}, add_tags=("t",)))

    assert library.show(asset) == before


# A person sets `both` and `mine` and takes `gone` away; then the sidecar says other things.
FIRST: dict[str, Scalar] = {"both": "b1", "left": 1, "gone": 1, "stays": 1}
SECOND: dict[str, Scalar] = {"both": "b2", "gone": 2, "stays": 1, "new": 2}
AFTER: dict[MetadataStrategy, dict[str, tuple[Scalar, str]]] = {
    MetadataStrategy.MERGE_BUCKET_WINS: {
        "both": ("b2", "bucket"),
        "mine": ("m", "user"),
        "gone": (2, "bucket"),
        "stays": (1, "bucket"),
        "new": (2, "bucket"),
    },
    MetadataStrategy.MERGE_USER_WINS: {
        "both": ("u", "user"),
        "mine": ("m", "user"),
        "gone": (2, "bucket"),
        "stays": (1, "bucket"),
        "new": (2, "bucket"),
    },
    MetadataStrategy.OVERWRITE: {key: (value, "bucket") for key, value in SECOND.items()},
    MetadataStrategy.UNTIL_FIRST_CHANGE: {
        "both": ("u", "user"),
        "mine": ("m", "user"),
        "left": (1, "bucket"),
        "stays": (1, "bucket"),
    },
    MetadataStrategy.APPEND: {
        "both": ("u", "user"),
        "mine": ("m", "user"),
        "left": (1, "bucket"),
        "gone": (2, "bucket"),
        "stays": (1, "bucket"),
        "new": (2, "bucket"),
    },
}
WITHOUT: dict[MetadataStrategy, dict[str, tuple[Scalar, str]]] = {
    MetadataStrategy.MERGE_BUCKET_WINS: {"mine": ("m", "user")},
    MetadataStrategy.MERGE_USER_WINS: {"both": ("u", "user"), "mine": ("m", "user")},
    MetadataStrategy.OVERWRITE: {},
    MetadataStrategy.UNTIL_FIRST_CHANGE: AFTER[MetadataStrategy.UNTIL_FIRST_CHANGE],
    MetadataStrategy.APPEND: AFTER[MetadataStrategy.APPEND],
}


@pytest.mark.parametrize("strategy", MetadataStrategy)
def test_a_changed_sidecar_meets_an_edit_as_its_strategy_says(library: Library, strategy: MetadataStrategy):
    asset = library.look("a.png", FIRST, strategy)
    first_at = library.show(asset).metadata["stays"].at
    edits.apply(library.catalog, [asset], Edit(metadata={"both": "u", "mine": "m"}, remove_metadata=("gone",)))

    library.look("a.png", SECOND, strategy)

    assert library.told(asset) == AFTER[strategy]
    assert library.show(asset).metadata["stays"].at == first_at
    library.look("a.png", None, strategy)
    assert library.told(asset) == WITHOUT[strategy]


@pytest.mark.parametrize("strategy", MetadataStrategy)
def test_without_an_edit_a_changed_sidecar_is_taken_over(library: Library, strategy: MetadataStrategy):
    asset = library.look("a.png", FIRST, strategy)
    edits.apply(library.catalog, [asset], Edit(add_tags=("a tag is no edit of metadata",)))

    library.look("a.png", SECOND, strategy)

    taken = FIRST | {"new": 2} if strategy is MetadataStrategy.APPEND else SECOND
    assert library.told(asset) == {key: (value, "bucket") for key, value in taken.items()}


@pytest.mark.parametrize(
    ("edit", "counts"),
    [
        (Edit(metadata={"k": 1}), True),
        (Edit(remove_metadata=("k",)), True),
        (Edit(remove_metadata=("never",)), False),
        (Edit(add_tags=("t",)), False),
    ],
)
def test_setting_or_removing_any_key_is_the_first_change(library: Library, edit: Edit, counts):
    asset = library.look("a.png", {"k": 1})
    edits.apply(library.catalog, [asset], edit)

    library.look("a.png", {"k": 2}, MetadataStrategy.UNTIL_FIRST_CHANGE)

    assert (library.told(asset).get("k") == (2, "bucket")) is not counts


def test_every_object_is_merged_by_the_strategy_of_its_own_config(library: Library):
    both = (MetadataStrategy.MERGE_USER_WINS, MetadataStrategy.OVERWRITE)
    kept, lost = library.look("kept.png", {"k": 1}), library.look("lost.png", {"k": 1})
    for asset in (kept, lost):
        edits.apply(library.catalog, [asset], Edit(metadata={"mine": 1}))

    library.look("kept.png", {"k": 2}, *both, config=0)
    library.look("lost.png", {"k": 2}, *both, config=1)

    assert library.told(kept) == {"k": (2, "bucket"), "mine": (1, "user")}
    assert library.told(lost) == {"k": (2, "bucket")}


@pytest.mark.parametrize("strategy", MetadataStrategy)
def test_merging_again_gives_what_the_last_change_would_have_given(library: Library, strategy: MetadataStrategy):
    edit = Edit(metadata={"both": "u", "mine": "m"}, remove_metadata=("gone",))
    asset = library.look("a.png", SECOND)
    at = library.show(asset).metadata["stays"].at
    edits.apply(library.catalog, [asset], edit)
    edited = library.told(asset)

    done = list(reapply.reapply(library.lease, lambda keys: [strategy] * len(keys)))

    expected = {
        MetadataStrategy.MERGE_BUCKET_WINS: {key: (value, "bucket") for key, value in SECOND.items()}
        | {"mine": ("m", "user")},
        MetadataStrategy.MERGE_USER_WINS: {"gone": (2, "bucket")} | edited,
        MetadataStrategy.OVERWRITE: {key: (value, "bucket") for key, value in SECOND.items()},
        MetadataStrategy.UNTIL_FIRST_CHANGE: edited,
        MetadataStrategy.APPEND: {"gone": (2, "bucket")} | edited,
    }[strategy]
    assert library.told(asset) == expected
    times = {entry.at for entry in library.show(asset).metadata.values() if entry.source == "bucket"}
    assert times == {at}  # nothing new came
    assert done == [Counts(metadata_changed=1) if expected != edited else Counts(unchanged=1)]
    updated = library.show(asset).asset.updated
    assert list(reapply.reapply(library.lease, lambda keys: [strategy] * len(keys))) == [Counts(unchanged=1)]
    assert library.show(asset).asset.updated == updated


def test_merging_again_goes_through_all_assets_in_batches(library: Library, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(reapply, "BATCH_ROWS", 2)
    ids = {key: library.look(key, {"key": key}) for key in ("a", "b", "c", "d", "e")}
    for asset in ids.values():
        edits.apply(library.catalog, [asset], Edit(metadata={"mine": 1}))
    asked: list[str] = []

    def choose(keys: pa.Array) -> list[MetadataStrategy | None]:
        asked.extend(keys.to_pylist())
        return [None if key == "c" else MetadataStrategy.OVERWRITE for key in keys.to_pylist()]

    done = list(reapply.reapply(library.lease, choose))

    assert done == [Counts(metadata_changed=2), Counts(metadata_changed=1, unchanged=1), Counts(metadata_changed=1)]
    assert sorted(asked) == ["a", "b", "c", "d", "e"]
    for key, asset in ids.items():
        assert library.show(asset).asset.metadata == ({"key": key, "mine": 1} if key == "c" else {"key": key})
    told = runs.outcomes(library.catalog, library.lease.run_id, limit=10)
    assert {outcome.asset_id for outcome in told} == set(ids.values())


def test_a_sidecar_that_never_could_be_used_takes_nothing_away_when_merged_again(library: Library):
    asset = library.look("a.png", None, metadata_key="s.json", metadata_token="s", metadata_size=1)
    edits.apply(library.catalog, [asset], Edit(metadata={"mine": 1}))

    list(reapply.reapply(library.lease, lambda keys: [MetadataStrategy.OVERWRITE] * len(keys)))

    assert library.told(asset) == {"mine": (1, "user")}


def test_a_pass_that_lost_its_lease_merges_nothing(library: Library):
    asset = library.look("a.png", {"k": 1})
    edits.apply(library.catalog, [asset], Edit(metadata={"mine": 1}))
    with library.catalog.write() as connection:
        connection.execute("UPDATE lease SET holder = gen_random_uuid()")

    with pytest.raises(LeaseLost):
        list(reapply.reapply(library.lease, lambda keys: [MetadataStrategy.OVERWRITE] * len(keys)))

    assert "mine" in library.told(asset)
    with library.catalog.write() as connection:
        connection.execute("UPDATE lease SET holder = %s", (library.lease.holder,))
