"""SIGKILL of command, worker and database at random points of passes: what was committed stays, and is not read again.

Real processes, a server that speaks S3, the library's own PostgreSQL. The points are random, by a seed that is shown
(SOAK_SEED takes another). `make soak` does it with 20,000 objects and many more kills.
"""

from __future__ import annotations

import json
import random
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import cycle, islice
from pathlib import Path

import pytest
from blake3 import blake3
from tests.support.buckets import same_size_picture
from tests.support.cli import Cli
from tests.support.kills import BUCKET, Point, Remembered, Shot, Shots, Victim, ends
from tests.support.postgres import discard, new_home
from tests.support.s3stub import S3Stub
from tests.support.soak import report_progress, seed, sized, soaking

from mirrorlake.catalog import edits
from mirrorlake.model.edits import Edit
from mirrorlake.postgres.data_dir import database_folder, make_home
from mirrorlake.processing.gather import GATHER_ROWS
from mirrorlake.processing.pool import CHUNK_ROWS, CHUNKS_IN_FLIGHT
from mirrorlake.search import run as search

OBJECTS = sized(1500, 20_000)
KILLS = sized(4, 70)  # in each of the two parts
EDITED = 3  # assets that a person edits before every kill
# Objects that two workers may be reading, and that may wait for others to be committed with, at any moment.
UNDER_WAY = 2 * CHUNKS_IN_FLIGHT * CHUNK_ROWS + GATHER_ROWS


@dataclass
class Oracle:
    """What the bucket holds and what people did, as a plain dictionary."""

    stub: S3Stub
    pictures: dict[str, int] = field(default_factory=dict)  # by key: which picture
    sidecars: dict[str, int] = field(default_factory=dict)  # by the key of the picture that it serves
    versions: dict[str, tuple[str, str | None]] = field(default_factory=dict)
    ids: dict[str, str] = field(default_factory=dict)  # the asset that a key must have
    trash: dict[str, str] = field(default_factory=dict)  # the key that an asset of the trash must have
    tags: dict[str, set[str]] = field(default_factory=dict)  # by asset
    notes: dict[str, int] = field(default_factory=dict)

    def put(self, key: str, number: int) -> None:
        token = self.stub.put(BUCKET, key, same_size_picture(number))
        self.pictures[key] = number
        self.versions[key] = (token, self.versions.get(key, ("", None))[1])

    def put_sidecar(self, key: str, number: int) -> None:
        token = self.stub.put(BUCKET, _sidecar(key), json.dumps({"n": number}).encode())
        self.sidecars[key] = number
        self.versions[key] = (self.versions[key][0], token)

    def delete(self, key: str) -> None:
        self.stub.delete(BUCKET, key)
        self.stub.delete(BUCKET, _sidecar(key))
        self.trash[self.ids.pop(key)] = key
        del self.pictures[key], self.versions[key]
        self.sidecars.pop(key, None)

    def rename(self, old: str, new: str) -> None:
        number, side, asset = self.pictures.pop(old), self.sidecars.pop(old, None), self.ids.pop(old)
        self.stub.delete(BUCKET, old)
        self.stub.delete(BUCKET, _sidecar(old))
        del self.versions[old]
        self.put(new, number)
        if side is not None:
            self.put_sidecar(new, side)
        self.ids[new] = asset

    def metadata(self, key: str, asset: str) -> dict[str, int]:
        found = {} if key not in self.sidecars else {"n": self.sidecars[key]}
        return found if asset not in self.notes else {**found, "note": self.notes[asset]}

    def check(self, shot: Shot) -> None:
        """The library is exactly this."""
        found = shot.asked(lambda catalog: list(search.stream(catalog, "state:any")))
        digests = {str(asset): bytes(digest) for asset, digest in shot.rows("SELECT id, digest FROM asset")}
        assets = {asset.id: asset for asset in found}
        present = {asset.key: asset for asset in assets.values() if asset.state == "present"}
        assert len(assets) == len(self.pictures) + len(self.trash), "an object has exactly one asset"
        assert present.keys() == self.pictures.keys()
        assert {asset.id: asset.key for asset in assets.values() if asset.state == "trash"} == self.trash
        for key, asset in self.ids.items():
            assert present[key].id == asset, f"{key} lost its identity"
        for key, asset in present.items():
            assert digests[asset.id] == blake3(same_size_picture(self.pictures[key])).digest(), key
            assert asset.metadata == self.metadata(key, asset.id), key
        for asset_id, tags in self.tags.items():
            assert set(assets[asset_id].tags) == tags, "what people did was lost"
        self.ids = {key: asset.id for key, asset in present.items()}


def _sidecar(key: str) -> str:
    return key.replace(".png", ".json")


@pytest.fixture
def home() -> Iterator[Path]:
    home = new_home()
    make_home(home)
    if not soaking():  # only a power cut, which cannot be played here, would tell the difference
        (database_folder(home) / "local.conf").write_text("fsync = off\nfull_page_writes = off\n", "ascii")
    yield home
    discard(home)


@pytest.fixture
def shot(home: Path, tmp_path: Path) -> Iterator[Shot]:
    settings = tmp_path / "settings.json"
    settings.write_text(json.dumps({"listingOrdered": True, "orphans": "trash"}))
    with S3Stub() as stub:
        stub.create_bucket(BUCKET)
        stub.public.add(BUCKET)
        words = (f"s3://{BUCKET}", "--endpoint", stub.endpoint, "--anonymous", "--jobs", "2", "--settings", settings)
        cli = Cli(home, {})
        assert cli.search() == []  # there is a library now
        yield Shot(home=home, cli=cli, stub=stub, shots=Shots(stub), words=tuple(map(str, words)))


def under_fire(shot: Shot, oracle: Oracle, rng: random.Random, victims: Sequence[Victim]) -> None:
    """Passes that are shot at, and one that is not: it ends what they began and reads nothing of that again."""
    shot.shots.gets.clear()
    read: dict[str, int] = {}  # GETs of every key when it was first seen to be committed
    struck = 0
    process = shot.start()
    for number, victim in enumerate(victims):
        while left := _left(oracle, shot.committed()):
            reach = max(2, 2 * left // (len(victims) - number + 1))
            point = Point(requests=rng.randint(1, reach)) if rng.random() < 0.7 else Point(seconds=rng.uniform(0, 1.5))
            came = shot.await_point(process, point)
            committed = shot.committed()
            for key, remembered in committed.items():
                if remembered.version == oracle.versions.get(key):
                    read.setdefault(key, shot.shots.gets[key])
            if came and len(committed) > EDITED:
                _edit(shot, oracle, number, [each.asset_id for each in rng.sample([*committed.values()], EDITED)])
            hit = came and shot.kill(victim, process)
            if (victim in (Victim.COMMAND, Victim.EVERYTHING) and hit) or process.poll() is not None:
                process = _following(shot, process)
            now = shot.committed()
            lost = [
                key
                for key, each in committed.items()
                if key in now and now[key] != each and each.version == oracle.versions.get(key)
            ]
            assert not lost, "what was committed is gone"
            if hit:
                struck += 1
                report_progress(f"{number}: {victim} at {point}, {left:,} of {len(oracle.versions):,} left to do")
                break
    assert ends(process)[0] in (0, 1)
    report = shot.mirror()
    assert (report["state"], report["failed"]) == ("succeeded", 0)
    again = {key: (gets, shot.shots.gets[key]) for key, gets in read.items() if shot.shots.gets[key] != gets}
    assert not again, "committed objects were looked at twice"
    twice = sum(shot.shots.gets[key] - 1 for key in oracle.pictures if shot.shots.gets[key])
    report_progress(
        f"{struck} of {len(victims)} kills struck; {twice:,} objects were read again that were not yet committed"
    )
    assert struck >= len(victims) // 2
    assert twice <= struck * UNDER_WAY
    oracle.check(shot)
    unchanged = shot.mirror()
    assert unchanged["unchanged"] == unchanged["selected"] == len(oracle.pictures)
    assert unchanged["requests"]["get"] == unchanged["requests"]["head"] == 0


def _left(oracle: Oracle, committed: Mapping[str, Remembered]) -> int:
    """How many keys are not yet as the bucket has them."""
    known = sum(key in committed and committed[key].version == now for key, now in oracle.versions.items())
    return len(oracle.versions) - known + len(committed.keys() - oracle.versions.keys())


def _following(shot: Shot, process: subprocess.Popen[str]) -> subprocess.Popen[str]:
    """The next pass, once this one has ended without a mistake of ours."""
    code, _, said = ends(process)
    assert code in (0, 1, -signal.SIGKILL), said
    assert "Traceback" not in said, said
    return shot.start()


def _edit(shot: Shot, oracle: Oracle, number: int, assets: list[str]) -> None:
    """What a person does while a pass runs, and is told to be done."""
    edit = Edit(add_tags=(f"t{number}",), metadata={"note": number})
    shot.asked(lambda catalog: edits.apply(catalog, assets, edit))
    for asset in assets:
        oracle.tags.setdefault(asset, set()).add(f"t{number}")
        oracle.notes[asset] = number


def _victims(rng: random.Random) -> Iterator[Victim]:
    """Each kind about equally often, in random order, the first ones all different; for ever."""
    kinds = list(Victim)
    rng.shuffle(kinds)
    return cycle(kinds)


def test_killed_passes_end_equal_to_the_oracle_and_no_committed_object_is_looked_at_twice(shot: Shot) -> None:
    rng = random.Random(seed())  # noqa: S311
    report_progress(f"seed {seed()}")
    oracle = Oracle(shot.stub)
    for number in range(OBJECTS):
        key = f"roll-{number // 100:03}/img_{number:05}.png"
        oracle.put(key, number)
        if number % 5 == 0:
            oracle.put_sidecar(key, number)
    victims = _victims(rng)
    under_fire(shot, oracle, rng, list(islice(victims, KILLS)))

    keys = sorted(oracle.pictures)
    rng.shuffle(keys)
    share = OBJECTS // 25
    for place, key in enumerate(keys[: 5 * share]):
        match place // share:
            case 0:
                oracle.delete(key)
            case 1:
                oracle.rename(key, f"moved/{key}")
            case 2 | 3:
                oracle.put(key, OBJECTS + place)
            case _:
                oracle.put_sidecar(key, -place)
    for number in range(OBJECTS, OBJECTS + share):
        oracle.put(f"late/{number}.png", 2 * number)
    under_fire(shot, oracle, rng, list(islice(victims, KILLS)))
