"""Decisions that commands send to a server are those that they make in process: same words, same exit codes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.support.buckets import picture_no
from tests.support.cli import Cli
from tests.support.served import Serving, serving

from mirrorlake.client import Client
from mirrorlake.core.errors import CoolingDown, UsageError

pytestmark = pytest.mark.long

SETTINGS = {"orphans": "trash"}


@dataclass(frozen=True)
class Photos:
    """A library with a folder of twelve pictures, of which eight went since the last pass; and its server."""

    serving: Serving
    folder: Path
    held: int  # the run that holds the eight removals

    @property
    def here(self) -> Cli:
        return self.serving.cli

    @property
    def there(self) -> Cli:
        return self.serving.remote


@pytest.fixture
def photos(cli: Cli, tmp_path: Path) -> Iterator[Photos]:
    folder = tmp_path / "photos"
    folder.mkdir()
    for number in range(12):
        (folder / f"{number:02}.png").write_bytes(picture_no(number))
    (folder / "00.json").write_text(json.dumps({"site": "hall 3"}))
    settings = tmp_path / "settings.json"
    settings.write_text(json.dumps(SETTINGS))
    words = [folder.as_uri(), "--name", "my/photos", "--settings", settings, "--jobs", "1"]
    cli.mirror(*words)
    for number in range(4, 12):
        (folder / f"{number:02}.png").unlink()
    held = cli.run("mirror", *words, "--json").json
    assert held["state"] == "held"
    with serving(cli, tmp_path / "nobody") as made:
        yield Photos(made, folder, held["run"])


def test_consent_restore_and_projects_reach_the_server(photos: Photos) -> None:
    here, there = photos.here, photos.there
    hold = there.run("runs", "show", photos.held, "--json").json["hold"]
    assert there.run("runs", "confirm").code == 2
    assert there.run("runs", "confirm", "--hash", "0" * 64).code == 1

    done = there.run("runs", "confirm", photos.held, "--hash", hold["plan_hash"], "--json")
    assert (done.code, done.json["state"], done.json["removed"]) == (0, "succeeded", 8), done.err
    assert done.json["run"] == photos.held + 1
    again = there.run("runs", "confirm", photos.held)
    assert (again.code, again.err) == (1, here.run("runs", "confirm", photos.held).err)

    trashed = there.search("state:trash")
    assert len(trashed) == 8
    restored = there.run("asset", "restore", trashed[0]["id"], "--json")
    assert (restored.code, restored.json["state"]) == (0, "missing")
    refused = there.run("asset", "restore", trashed[0]["id"])
    assert (refused.code, refused.err) == (1, here.run("asset", "restore", trashed[0]["id"]).err)

    kept = [asset["id"] for asset in there.search()]
    assert there.run("project", "add", "best/of", *kept).out == "5 assets added to best/of.\n"
    assert there.run("project", "remove", "best/of", kept[0]).out == "1 asset removed from best/of.\n"
    assert there.run("project", "list", "--json").lines == [{"name": "best/of", "assets": 4, "missing": 0}]
    assert there.run("project", "add", "best/of", "99").code == 1


def test_a_server_empties_the_trash_as_in_process(photos: Photos) -> None:
    here, there = photos.here, photos.there
    assert there.run("runs", "confirm", photos.held).code == 0
    words = ("datasource", "purge", "my/photos", "--days", "0")
    mine, theirs = here.run(*words), there.run(*words)
    assert (theirs.code, theirs.out, theirs.err) == (mine.code, mine.out, mine.err)
    assert "8 assets would be removed permanently" in theirs.err
    mine, theirs = here.run(*words, "--acknowledge", "7"), there.run(*words, "--acknowledge", "7")
    assert (theirs.code, theirs.err) == (mine.code, mine.err)

    done = there.run(*words, "--acknowledge", "8", "--json")
    assert (done.code, done.json["state"], done.json["removed"]) == (0, "succeeded", 8), done.err
    assert there.search("state:trash") == []
    nothing = there.run(*words, "--acknowledge", "8")
    assert (nothing.code, nothing.err) == (0, here.run(*words).err)


def test_a_server_verifies_and_maintains_thumbnails_as_in_process(photos: Photos) -> None:
    here, there = photos.here, photos.there
    (photos.folder / "00.png").write_bytes(picture_no(99))
    took = ("seconds", "requests")
    for words in (
        ("verify", "my/photos", "--all"),
        ("thumbnails", "check"),
        ("thumbnails", "make"),
        ("thumbnails", "clean", "--hours", "0"),
    ):
        results = list[list[dict[str, object]]]()
        for command in (here, there):
            if words == ("thumbnails", "make"):
                for path in (here.home / "library" / "thumbnails").rglob("*.pack"):
                    path.unlink()
            done = command.run(*words, "--json")
            assert done.code == (1 if words[0] == "verify" or "make" in words else 0), done.err
            results.append([{name: line[name] for name in line if name not in took} for line in done.lines])
        assert results[0] == results[1], words
        if words == ("thumbnails", "make"):
            assert (results[1][-1]["made"], results[1][-1]["changed"], len(results[1])) == (3, 9, 10)
    assert there.run("verify", "nowhere").err == here.run("verify", "nowhere").err
    assert "8 gone, 1 changed" in there.run("verify", "--all").out


def test_a_server_explains_merges_again_and_deletes_as_in_process(photos: Photos) -> None:
    here, there = photos.here, photos.there
    for words in (
        ("datasource", "explain", "my/photos", "00.png"),
        ("datasource", "explain", "my/photos", "04.png"),
        ("datasource", "explain", "none", "00.png"),
        ("datasource", "explain", "my/photos", ""),
        ("datasource", "delete", "my/photos", "--acknowledge", "3"),
        ("project", "remove", "none", "1"),
        ("search", "--explain", "metadata.siet:x -a"),
        ("search", "--explain", "--json", "sort:name"),
        ("search", "--explain", "width:>"),
    ):
        mine, theirs = here.run(*words), there.run(*words)
        assert (theirs.code, theirs.out, theirs.err) == (mine.code, mine.out, mine.err), words
        assert theirs.out or theirs.err, words

    merged = there.run("datasource", "reapply", "my/photos", "--json")
    assert (merged.code, merged.json["state"], merged.json["unchanged"]) == (0, "succeeded", 12), merged.err
    told = there.run("datasource", "delete", "my/photos", "--json").json
    gone = there.run("datasource", "delete", "my/photos", "--acknowledge", told["acknowledge"], "--json")
    assert (gone.code, gone.json) == (0, told | {"deleted": True})
    assert here.run("datasource", "list", "--json").lines == []


def test_a_server_mirrors_when_it_is_asked_and_its_settings_are_changed(photos: Photos) -> None:
    there = photos.there
    held = there.run("datasource", "run", "my/photos", "--json")
    assert (held.code, held.json["state"], held.json["unchanged"]) == (1, "held", 4), held.err
    assert held.json["hold"]["confirm"] in held.err

    with Client(photos.serving.address, api_key=photos.serving.token) as client:
        client.runs.wait(client.runs.confirm(run_id=held.json["run"], count=8))
        (photos.folder / "newer.png").write_bytes(picture_no(100))
        run = client.runs.wait(client.datasources.start("my/photos"))
        assert (run.state, run.counts.new) == ("succeeded", 1)
        with pytest.raises(CoolingDown) as refused:
            client.datasources.start("my/photos")
        assert refused.value.minutes in {59, 60}
        told = client.datasources.change_settings("my/photos", {"schedule": "every: 5h"})
        assert (told.schedule, told.can_run, told.cooldown_minutes) == ("every: 5h", False, 60)
        assert told.configs[0].orphans == "trash"
        assert client.datasources.change_settings("my/photos", {"exclude": ["*.gif"]}).next_due == told.next_due
        with pytest.raises(UsageError):
            client.datasources.change_settings("my/photos", {"schedule": "often"})
    for command in (photos.here, there):
        refusal = command.run("datasource", "run", "my/photos")
        assert (refusal.code, refusal.out) == (1, "")
        assert "60 minutes" in refusal.err or "59 minutes" in refusal.err
        assert "mirrorlake datasource run my/photos --force" in refusal.err
    for number, command in enumerate((there, photos.here)):
        (photos.folder / f"forced-{number}.png").write_bytes(picture_no(101 + number))
        forced = command.run("datasource", "run", "my/photos", "--force", "--json")
        assert (forced.code, forced.json["new"]) == (0, 1), forced.err


def test_a_server_previews_and_cancels_as_in_process(photos: Photos) -> None:
    here, there = photos.here, photos.there
    (photos.folder / "new.png").write_bytes(picture_no(99))
    mine, theirs = (one.run("datasource", "preview", "my/photos", "--json") for one in (here, there))
    assert mine.json["samples"]["new"][0]["key"] == "new.png"
    assert mine.json["hold"]["count"] == 8
    assert theirs.json | {"seconds": 0} == mine.json | {"seconds": 0}
    assert (theirs.code, theirs.err) == (mine.code, mine.err)
    assert there.run("datasource", "preview", "none").code == 1

    (photos.folder / "broken.png").write_bytes(b"no picture")
    failed = there.run("datasource", "run", "my/photos", "--json").json
    assert failed["failed"] == 1
    nothing = there.run("runs", "retry", photos.held, "--json")
    assert (nothing.code, nothing.json["run"]) == (0, None)
    (photos.folder / "broken.png").write_bytes(picture_no(98))
    retried = there.run("runs", "retry", failed["run"], "--json")
    assert (retried.code, retried.json["new"], retried.json["run"]) == (0, 1, failed["run"] + 1), retried.err

    dismissed = there.run("runs", "cancel", failed["run"], "--json")
    assert (dismissed.code, dismissed.json["state"]) == (0, "cancelled")
    again = there.run("runs", "cancel", failed["run"])
    assert (again.code, again.err) == (1, here.run("runs", "cancel", failed["run"]).err)


def test_a_pass_asked_of_a_server_without_a_worker_says_that_nobody_takes_it(cli: Cli, tmp_path: Path) -> None:
    folder = tmp_path / "photos"
    folder.mkdir()
    (folder / "notes.txt").touch()  # a datasource of nothing at all is not kept
    cli.mirror(folder.as_uri(), "--name", "p", "--jobs", "1")
    with serving(cli, tmp_path / "nobody", "--no-worker") as made:
        asked = made.remote.start("datasource", "run", "p", "--json")
        assert asked.stderr is not None
        said = asked.stderr.readline()
        assert "is queued: no worker is running: start one with `mirrorlake worker`" in said
        assert "waiting: no worker is running" in made.remote.run("runs", "list", "--limit", "1").out
        assert made.remote.run("runs", "list", "--limit", "1", "--json").json["waiting"]["stuck"] is True
        assert cli.run("worker", "--once", "--jobs", "1").code == 0
        out, _ = asked.communicate(timeout=60)
        assert json.loads(out)["state"] == "succeeded"
