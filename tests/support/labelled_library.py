"""What a library does with two companion roles. Only for `tests.support.labelled`, which registers the second."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import Self

from tests.support.passes import Mirrored, picture

from mirrorlake.catalog import runs
from mirrorlake.model.runs import Counts, OutcomeKind
from mirrorlake.postgres.pool import Catalog
from mirrorlake.storage.providers.memory.store import MemoryStore


class LabelledLibrary:
    """Four images; each step goes on where the one before ended."""

    def __init__(self, conninfo: str, folder: Path) -> None:
        self.bucket = MemoryStore()
        for number, name in enumerate("abcd"):
            self.bucket.put(f"{name}.png", picture(number))
        self.bucket.put("a.json", b'{"n": 1}')
        self.bucket.put("a.png.labels.json", b'{"boxes": [1, 2]}')
        self.bucket.put("b.png.labels.json", b'{"boxes": []}')
        self.bucket.put("c.json", b'{"n": 3}')
        self.catalog = Catalog(conninfo)
        self.folder = folder

    def __enter__(self) -> Self:
        self.catalog.__enter__()
        self.mirrored = Mirrored(self.catalog, self.folder, self.bucket)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.catalog.__exit__(kind, error, trace)

    def kept(self) -> dict[tuple[str, str], object]:
        """What was read last of each companion, by the key of the asset with the role, and its own key."""
        with self.catalog.read() as connection:
            rows = connection.execute(
                "SELECT asset.key, role, companion.key, document FROM companion JOIN asset ON asset.id = asset_id"
            ).fetchall()
        return {(f"{asset} {role}", key): document for asset, role, key, document in rows}

    def known(self, key: str) -> str | None:
        with self.catalog.read() as connection:
            row = connection.execute("SELECT companions FROM object WHERE key = %s", [key]).fetchone()
        assert row is not None
        return row[0]

    def plans_nothing(self) -> None:
        preview, report = self.mirrored.preview(), self.mirrored.run()
        assert preview.counts == report.counts == Counts(listed=report.counts.listed, selected=4, unchanged=4)
        assert report.requests.get == 0

    def imports_every_companion(self) -> None:
        first = self.mirrored.run()
        assert (first.counts.new, first.counts.selected, first.requests.get) == (4, 4, 8)
        labels, metadata = self.bucket.head("a.png.labels.json"), self.bucket.head("a.json")
        fingerprint = f"labels={labels.size}:{labels.token}\nmetadata={metadata.size}:{metadata.token}"
        assert self.known("a.png") == fingerprint
        assert self.known("d.png") is None
        assert self.kept() == {
            ("a.png metadata", "a.json"): {"n": 1},
            ("a.png labels", "a.png.labels.json"): {"boxes": [1, 2]},
            ("b.png labels", "b.png.labels.json"): {"boxes": []},
            ("c.png metadata", "c.json"): {"n": 3},
        }
        self.plans_nothing()

    def reads_changed_labels_alone(self) -> None:
        """Planned, counted and read as such: neither the image nor the metadata file is asked for."""
        self.bucket.put("a.png.labels.json", b'{"boxes": [1, 2, 3]}')
        preview = self.mirrored.preview()
        assert (preview.counts.labels_changed, preview.counts.metadata_changed) == (1, 0)
        assert preview.would is not None
        assert preview.would.get == 1
        assert preview.samples is not None
        assert [sample.key for sample in preview.samples["labels_changed"]] == ["a.png"]

        report = self.mirrored.run()
        assert (report.counts.labels_changed, report.counts.imported, report.requests.get) == (1, 1, 1)
        (outcome,) = runs.outcomes(self.catalog, report.run or 0, limit=9)
        assert (outcome.key, outcome.kind) == ("a.png", OutcomeKind.LABELS_CHANGED)
        assert self.kept()["a.png labels", "a.png.labels.json"] == {"boxes": [1, 2, 3]}
        assert self.mirrored.assets()["a.png"].metadata == {"n": 1}
        self.plans_nothing()

    def follows_what_comes_goes_and_cannot_be_used(self) -> None:
        """And where both roles of one asset change at once, the first role gives the outcome."""
        self.bucket.put("d.png.labels.json", b'{"boxes": [9]}')
        self.bucket.delete("b.png.labels.json")
        self.bucket.put("c.png.labels.json", b"no labels")
        self.bucket.put("a.png.labels.json", b'{"boxes": [7]}')
        self.bucket.put("a.json", b'{"n": 2}')
        report = self.mirrored.run()
        assert (report.counts.labels_changed, report.counts.metadata_changed) == (3, 1)
        assert self.mirrored.assets()["a.png"].metadata == {"n": 2}
        assert self.kept() == {
            ("a.png metadata", "a.json"): {"n": 2},
            ("a.png labels", "a.png.labels.json"): {"boxes": [7]},
            ("c.png metadata", "c.json"): {"n": 3},
            ("c.png labels", "c.png.labels.json"): None,
            ("d.png labels", "d.png.labels.json"): {"boxes": [9]},
        }
        self.plans_nothing()

    def moves_assets_with_their_companions(self) -> None:
        """Nothing is read for it; other bytes under a key read all companions again."""
        for end in (".png", ".json", ".png.labels.json"):
            self.bucket.rename(f"a{end}", f"z{end}")
        report = self.mirrored.run()
        assert (report.counts.moved, report.requests.get) == (1, 0)
        assert self.kept()["z.png labels", "z.png.labels.json"] == {"boxes": [7]}
        self.bucket.put("d.png", picture(99))
        report = self.mirrored.run()
        assert (report.counts.changed, report.requests.get) == (1, 2)
        self.plans_nothing()
