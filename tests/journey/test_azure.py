"""A container becomes a library, on Azurite with its enforced signatures."""

from __future__ import annotations

import json
from typing import Any

import pytest
import urllib3
from tests.support import azurite
from tests.support.buckets import Bucket, picture, picture_no

from mirrorlake.core.settings import Settings
from mirrorlake.model.assets import Original
from mirrorlake.services.callers import local_user
from mirrorlake.services.library import open_library

KINDS = ("new", "changed", "moved", "missing", "removed", "metadata_changed", "unchanged", "skipped", "failed")


def told(report: Any) -> dict[str, int]:
    """The outcomes of a report that are not zero."""
    return {kind: report[kind] for kind in KINDS if report[kind]}


def test_only_what_changed_is_handled_pass_after_pass(container: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    bucket = container
    for key, colour in {"a.png": "red", "b//c d+e%.png": "green", "b/gone.png": "blue", "é&.png": "grey"}.items():
        bucket.put(key, picture(colour))
    bucket.put("same.bmp", picture("red", kind="BMP"))
    bucket.put("a.json", json.dumps({"site": "hall 3"}).encode())
    bucket.put("empty", b"")

    first = bucket.mirror()
    assert (first["listed"], first["selected"], told(first)) == (7, 5, {"new": 5})
    again = bucket.mirror()
    assert told(again) == {"unchanged": 5}
    assert again["requests"].pop("list") > 0
    assert set(again["requests"].values()) == {0}
    assert again["bytes_read"] == 0
    before = {asset["name"]: asset for asset in bucket.cli.search()}
    assert before["b//c d+e%.png"]["uri"] == f"az://{bucket.name}/b//c%20d%2Be%25.png"

    bucket.put("same.bmp", picture("blue", kind="BMP"))
    bucket.delete("b/gone.png")
    bucket.rename("é&.png", "renamed.png", picture("grey"))
    third = bucket.mirror()
    assert told(third) == {"changed": 1, "removed": 1, "moved": 1, "unchanged": 2}
    assert third["requests"]["head"] == 2  # the own 404 of both keys that vanished
    after = {asset["name"]: asset for asset in bucket.cli.search()}
    assert after["same.bmp"]["id"] == before["same.bmp"]["id"]
    assert after["renamed.png"]["id"] == before["é&.png"]["id"]
    assert after["a.png"]["metadata"] == {"site": "hall 3"}
    assert [asset["name"] for asset in bucket.cli.search("state:trash")] == ["b/gone.png"]

    monkeypatch.setenv("AZURE_STORAGE_KEY", azurite.KEY)
    settings = Settings(home=bucket.cli.home, database_url=bucket.cli.environ["MIRRORLAKE_DATABASE_URL"])
    with open_library(settings, local_user()) as library:
        original = library.assets.original(before["b//c d+e%.png"]["id"])
    assert isinstance(original, Original)
    assert original.url is not None
    assert urllib3.request("GET", original.url).data == picture("green")


def test_the_same_container_by_another_form_of_its_address_is_the_same_datasource(container: Bucket) -> None:
    container.put("photos/a.png", picture())
    first = container.mirror(folder="photos")
    account, _, name = container.name.partition("/")
    uri = f"https://{account}.blob.core.windows.net/{name}/photos"
    again = container.cli.run("mirror", uri, "--endpoint", container.endpoint, "--jobs", "1", "--json").json
    assert (again["datasource"], told(again)) == (first["datasource"], {"unchanged": 1})


def test_an_archived_blob_is_skipped_with_its_tier(container: Bucket, azure: azurite.Azurite) -> None:
    made = azurite_container(container, azure)
    for number, key in enumerate(("hot.png", "cold.png")):
        container.put(key, picture_no(number))
    made.set_tier("cold.png", "Archive")
    report = container.mirror()
    assert told(report) == {"new": 1, "skipped": 1}
    outcomes = container.cli.run("runs", "outcomes", str(report["run"]), "--json").out
    assert "storage class Archive" in outcomes
    assert told(container.mirror()) == {"unchanged": 1, "skipped": 1}


def test_a_container_that_is_gone_or_refused_changes_nothing(container: Bucket, azure: azurite.Azurite) -> None:
    container.put("a.png", picture())
    container.mirror()
    wrong = container.cli.with_environ(AZURE_STORAGE_KEY="d3Jvbmc=")
    assert "refuses the credentials" in container.fails(cli=wrong)["error"]
    other = container.cli.with_environ(AZURE_STORAGE_ACCOUNT="other")
    assert container.cli.run("mirror", *container.words()).code == 0
    refused = other.run("mirror", *container.words())
    assert refused.code in (1, 2)
    assert "storage account other" in refused.err
    azurite_container(container, azure).vanish()
    assert "There is no container" in container.fails()["error"]
    assert [asset["state"] for asset in container.cli.search()] == ["present"]


def azurite_container(bucket: Bucket, server: azurite.Azurite) -> azurite.Container:
    return server.opened(bucket.name.partition("/")[2])


def test_a_library_keeps_its_thumbnails_in_a_container(container: Bucket, azure: azurite.Azurite) -> None:
    store = azure.container()
    for number in range(3):
        container.put(f"{number}.png", picture_no(number))
    cli = container.cli.with_environ(
        MIRRORLAKE_LIBRARY_STORE=f"az://{store.location.container}/lib",
        MIRRORLAKE_LIBRARY_ENDPOINT=azure.endpoint,
        AZURE_STORAGE_ACCOUNT="",  # a key alone is of the account that the address names
    )
    report = cli.run("mirror", *container.words())
    assert (report.code, told(report.json)) == (0, {"new": 3})
    checked = cli.run("thumbnails", "check", "--json")
    assert checked.code == 0, checked.err
    written = store.keys()
    assert len([name for name in written if name.endswith(".pack")]) == 1
    assert all(name.startswith("lib/") for name in written)
