"""Changed bytes behind an unchanged size and time, as a person, a script and a program find them."""

from __future__ import annotations

import os
from pathlib import Path

import httpx
import pytest
from tests.support.buckets import same_size_picture
from tests.support.cli import Cli
from tests.support.served import serving

from mirrorlake.client import Client
from mirrorlake.model.jobs import JobState

pytestmark = pytest.mark.long

PICTURES = 4


def test_changed_bytes_are_found_over_the_command_line_rest_and_the_sdk(cli: Cli, tmp_path: Path) -> None:
    photos = tmp_path / "photos"
    photos.mkdir()
    for number in range(PICTURES):
        (photos / f"{number}.png").write_bytes(same_size_picture(number))
    cli.mirror(photos, "--jobs", "1")
    path, before = photos / "2.png", (photos / "2.png").stat()
    path.write_bytes(same_size_picture(99))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert cli.mirror(photos)["unchanged"] == PICTURES
    assert cli.run("verify", "--all").code == 0

    found = cli.run("verify", "--all", "--content", "--json")
    finding, summary = found.lines
    assert (found.code, finding["key"], finding["drift"]) == (1, "2.png", "content")
    assert (summary["content"], summary["changed"], summary["requests"]["get"]) == (1, 0, PICTURES)
    assert summary["bytes_read"] == PICTURES * before.st_size
    assert "1 content" in cli.run("verify", "--content", "--sample", str(PICTURES)).out

    with serving(cli, tmp_path / "nobody") as served, Client(served.address, api_key=served.token) as client:
        job = client.jobs.wait(client.jobs.verify("photos", content=True))
        assert job.state is JobState.SUCCEEDED
        assert job.result is not None
        assert job.result["verification"]["drift"] == {"content": 1}
        assert [one["key"] for one in job.result["findings"]] == ["2.png"]
        headers = {"Authorization": f"Bearer {served.token}"}
        with httpx.Client(base_url=f"{served.address}/api/v1", headers=headers, timeout=60) as http:
            asked = http.post("/verify", params={"content": True, "sample": PICTURES})
            assert (asked.status_code, asked.json()["args"]) == (202, {"sample": PICTURES, "content": True})
            done = client.jobs.wait(client.jobs.get(asked.json()["id"]))
        assert done.result is not None
        assert done.result["verification"]["drift"] == {"content": 1}
