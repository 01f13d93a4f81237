"""Whatever comes, goes and changes in whichever order: labels end as after a first pass over the same bucket.

Images and label files are put, replaced, deleted and renamed, between passes, partial passes and passes that are killed
between two transactions. `make soak` plays more of them.
"""

from __future__ import annotations

import tempfile
from contextlib import suppress
from itertools import count
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import seed as seeded
from hypothesis import strategies as st
from tests.support.mortal import Killed, Mortal
from tests.support.passes import Mirrored, picture
from tests.support.soak import seed, sized

from mirrorlake.catalog import annotations, datasources, ontologies
from mirrorlake.model.label_sidecars import LabelSidecars, SidecarFormat
from mirrorlake.model.labels import LabelClass, Shape
from mirrorlake.model.runs import RunState
from mirrorlake.model.sources import Access, Location, MirrorSettings, Orphans, Provider
from mirrorlake.postgres.pool import Catalog
from mirrorlake.storage.providers.memory.store import MemoryStore

CLASSES = [LabelClass(name=f"c{n}", shape=Shape.BOX, colour="#ff0000", external_ids={"yolo": str(n)}) for n in range(3)]
FAR = LabelSidecars(
    format=SidecarFormat.YOLO, ontology="o", image_pattern="i/{name**}.{ext}", label_pattern="l/{name**}.txt"
)
NEAR = LabelSidecars(
    format=SidecarFormat.YOLO, ontology="o", image_pattern="{name**}.{ext}", label_pattern="{name**}.txt"
)
FOLDER = LabelSidecars(format=SidecarFormat.COCO, ontology="o", suffix="_.json")
NAMES = ["a", "b", "d/a", "d/b.c"]
LINES = [b"0 0.5 0.5 0.2 0.2\n", b"1 0.5 0.5 0.1 0.1\n" * 2, b"", b"7 0.5 0.5 0.1 0.1\n"]
SIZE = b', "width": 8, "height": 8}'
COCO_IMAGES = b'{"id": 1, "file_name": "a.png"' + SIZE + b', {"id": 2, "file_name": "b.png"' + SIZE
COCOS = [
    b'{"images": [' + COCO_IMAGES + b'], "categories": [{"id": 1, "name": "c1"}], "annotations":'
    b' [{"image_id": 1, "category_id": 1, "bbox": [1, 1, 2, 2]}, {"image_id": 2, "category_id": 1, "bbox": [1, 1, 3, 3]'
    b"}]}",
    b'{"images": [' + COCO_IMAGES + b'], "categories": [{"id": 1, "name": "c2"}], "annotations":'
    b' [{"image_id": 1, "category_id": 1, "bbox": [1, 1, 4, 4]}]}',
    b'{"images": []}',
]
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("image"), st.sampled_from(NAMES), st.integers(0, 3)),
        st.tuples(st.just("image"), st.sampled_from(NAMES), st.integers(0, 3)),
        st.tuples(st.just("label"), st.sampled_from(NAMES), st.integers(0, 3)),
        st.tuples(st.just("label"), st.sampled_from(NAMES), st.integers(0, 3)),
        st.tuples(st.just("no image"), st.sampled_from(NAMES), st.just(0)),
        st.tuples(st.just("no label"), st.sampled_from(NAMES), st.just(0)),
        st.tuples(st.just("rename"), st.sampled_from(NAMES), st.integers(0, 3)),
        st.tuples(st.just("pass"), st.just(""), st.integers(1, 3)),
        st.tuples(st.just("events"), st.just(""), st.just(0)),
        st.tuples(st.just("kill"), st.just(""), st.integers(1, 12)),
    ),
    min_size=4,
    max_size=14,
)
Labels = dict[str, list[tuple[str, float]]]
NUMBERS = count()


class Bucket:
    """A bucket with images and label files, and the keys that changed since events were last delivered."""

    def __init__(self, how: LabelSidecars) -> None:
        self.store = MemoryStore(page_rows=3)
        self.how = how
        self.changed: list[str] = []
        self.here: set[str] = set()
        self.put("i/always.png", picture(1000))  # an empty bucket would be held

    def image(self, name: str) -> str:
        return f"i/{name}.png"

    def label(self, name: str) -> str:
        if self.how is FOLDER:
            return f"i/{name.rpartition('/')[0]}/_.json".replace("//", "/")
        return f"l/{name}.txt" if self.how is FAR else f"i/{name}.txt"

    def content(self, number: int) -> bytes:
        return COCOS[number % len(COCOS)] if self.how is FOLDER else LINES[number]

    def put(self, key: str, data: bytes) -> None:
        self.store.put(key, data)
        self.here.add(key)
        self.changed.append(key)

    def delete(self, key: str) -> None:
        self.store.delete(key)
        self.here.remove(key)
        self.changed.append(key)

    def act(self, what: str, name: str, number: int) -> None:
        image, label = self.image(name), self.label(name)
        match what:
            case "image":
                self.put(image, picture(NAMES.index(name) * 10 + number))
            case "label":
                self.put(label, self.content(number))
            case "no image" if image in self.here:
                self.delete(image)
            case "no label" if label in self.here:
                self.delete(label)
            case "rename" if image in self.here and self.image(NAMES[number]) not in self.here:
                self.put(self.image(NAMES[number]), self.store.get(image, token=None, limit=10_000).data)
                self.delete(image)
            case _:
                pass


def labels(mirrored: Mirrored) -> Labels:
    return {
        key: sorted(
            (each.class_name, each.geometry["width"]) for each in annotations.of_asset(mirrored.catalog, asset.id)
        )
        for key, asset in mirrored.assets().items()
    }


def mirror(catalog: Catalog, folder: Path, bucket: Bucket) -> Mirrored:
    source = datasources.create(
        catalog,
        name=None,
        location=Location(provider=Provider.MEMORY, container=f"b{next(NUMBERS)}"),
        access=Access(),
        settings=MirrorSettings(labels=bucket.how),
    )
    return Mirrored(catalog, folder, bucket.store, orphans=Orphans.TRASH, source=source)


def play(catalog: Mortal, folder: Path, bucket: Bucket, steps: list[tuple[str, str, int]]) -> None:
    mirrored = mirror(catalog, folder, bucket)
    mirrored.run()
    for what, name, number in steps:
        match what:
            case "pass":
                assert mirrored.run(ranges=number).state in (RunState.SUCCEEDED, RunState.HELD)
            case "events":
                mirrored.partial(bucket.changed)
                bucket.changed = []
            case "kill":
                with suppress(Killed), catalog.dying(number, after_commit=number % 2 == 0):
                    mirrored.run()
            case _:
                bucket.act(what, name, number)
    end = mirrored.run()
    if end.state is RunState.HELD:
        end = mirrored.confirm()
    assert end.state is RunState.SUCCEEDED
    fresh = mirror(catalog, folder, bucket)
    fresh.run()
    assert labels(mirrored) == labels(fresh)
    again = mirrored.run()
    assert (again.requests.get, again.requests.head, again.counts.labels_changed) == (0, 0, 0)
    assert again.counts.unchanged == again.counts.selected


def test_labels_end_as_after_a_first_pass_whatever_the_order_of_changes(empty_catalog: Catalog, tmp_path: Path) -> None:
    ontologies.save(empty_catalog, "o", CLASSES)
    with Mortal(empty_catalog.conninfo) as catalog:

        @seeded(seed())
        @settings(max_examples=sized(5, 300), deadline=None, suppress_health_check=list(HealthCheck))
        @given(how=st.sampled_from([FAR, NEAR, FOLDER]), steps=STEPS)
        def law(how: LabelSidecars, steps: list[tuple[str, str, int]]) -> None:
            with tempfile.TemporaryDirectory(dir=tmp_path) as folder:
                play(catalog, Path(folder), Bucket(how), steps)

        law()
