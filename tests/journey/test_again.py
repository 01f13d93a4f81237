"""Looking before a pass, after it, and once more: preview, verify and retry as a person types them."""

from __future__ import annotations

from tests.support.buckets import Bucket, picture


def test_a_preview_a_retry_and_a_verification_of_a_bucket(any_bucket: Bucket) -> None:
    bucket, cli = any_bucket, any_bucket.cli
    for number in range(4):
        bucket.put(f"{number}.png", picture((number, 0, 0)))
    bucket.put("broken.png", b"no picture")
    first = bucket.mirror()
    assert (first["new"], first["failed"]) == (4, 1)
    name = first["datasource"]
    assert cli.run("verify", name, "--all", "--json").code == 0

    bucket.put("broken.png", picture("blue"))
    bucket.put("new.png", picture("green"))
    bucket.delete("3.png")
    told = cli.run("datasource", "preview", name, "--json")
    shown = {kind: [one["key"] for one in some] for kind, some in told.json["samples"].items() if some}
    assert (told.code, told.json["run"]) == (0, None)
    assert shown == {"new": ["new.png"], "changed": ["broken.png"], "orphaned": ["3.png"]}
    assert "it is not in the catalog yet" in cli.run("datasource", "preview", name).out

    drifted = cli.run("verify", "--json")
    *findings, summary = drifted.lines
    assert (drifted.code, summary["verified"], summary["gone"], summary["changed"]) == (1, 5, 1, 1)
    assert {(one["key"], one["drift"]) for one in findings} == {("3.png", "gone"), ("broken.png", "changed")}
    assert "The next run updates the catalog." in cli.run("verify", name).out
    assert cli.run("verify", "--all", "--sample", "3").code == 2
    assert cli.run("verify", "nowhere").code == 1

    again = cli.run("runs", "retry", first["run"], "--jobs", "1", "--json")
    assert (again.code, again.json["new"], again.json["selected"], again.json["missing"]) == (0, 1, 1, 0)
    nothing = cli.run("runs", "retry", again.json["run"], "--json")
    assert (nothing.code, nothing.json["run"]) == (0, None)
    assert "No objects failed" in nothing.err
    assert bucket.mirror()["new"] == 1
    assert cli.run("verify", "--all", "--json").lines[-1]["gone"] == 0
