"""A first library from nothing: pictures in a folder, mirrored, searched, changed, mirrored again, read with the SDK.

    .venv/bin/python examples/first_library.py

Pictures and library lie in a temporary folder and are gone at the end.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from PIL import Image

from mirrorlake import Mirrorlake

MIRRORLAKE = Path(sys.executable).with_name("mirrorlake")
SERVED = re.compile(r"served at (?P<url>\S+)/\?token=(?P<token>\S+)")


def main() -> None:
    """Run the example and print a line for each step."""
    with tempfile.TemporaryDirectory(prefix="first-library-") as place:
        os.environ.setdefault("MIRRORLAKE_HOME", f"{place}/home")
        photos = Path(place, "photos")
        try:
            run_story(photos)
        finally:
            subprocess.run([MIRRORLAKE, "down"], capture_output=True, check=False)  # noqa: S603  our own command


def run_story(photos: Path) -> None:
    """Two passes over `photos` with changes between them, then two ways to search."""
    for number in range(6):
        picture(photos / f"gate-{number}.jpg", shade=40 * number)
        describe(photos / f"gate-{number}.json", site="gate", night=number in (0, 1))

    first = ask("mirror", photos.as_uri(), "--name", "photos", "--json")
    print(f"first pass: {first['new']} new, {first['requests']['get']} objects read")

    picture(photos / "yard.png", shade=90)
    picture(photos / "gate-5.jpg", shade=255)
    (photos / "gate-0.json").write_text(json.dumps({"site": "yard", "night": True}))
    (photos / "gate-1.jpg").rename(photos / "gate-one.jpg")
    (photos / "gate-1.json").rename(photos / "gate-one.json")

    second = ask("mirror", photos.as_uri(), "--name", "photos", "--json")
    counts = {name: second[name] for name in ("new", "changed", "metadata_changed", "moved", "missing", "unchanged")}
    print(f"second pass: {counts}, {second['requests']['get']} objects read")

    with served() as client:
        night = [asset.name for asset in client.assets.find("metadata.night:true sort:name")]
        print(f"at night: {', '.join(night)}")
        moved = next(client.assets.find("filename:gate-one.jpg"))
        print(f"{moved.name} was moved, not made: {moved.width}×{moved.height}, {dict(moved.metadata)}")
        for asset in client.assets.find("metadata.site:yard"):
            print(f"in the yard: {asset.name}")


def picture(path: Path, *, shade: int) -> None:
    """A small picture of one colour."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (320, 200), (shade, 120, 255 - shade)).save(path)


def describe(path: Path, **metadata: object) -> None:
    """The sidecar of a picture: its metadata, under the same name."""
    path.write_text(json.dumps(metadata))


def ask(*words: str) -> dict[str, Any]:
    """Run a command whose standard output is one JSON document."""
    done = subprocess.run([MIRRORLAKE, *words], stdout=subprocess.PIPE, check=True)  # noqa: S603  our own command
    return json.loads(done.stdout)


@contextmanager
def served() -> Generator[Mirrorlake]:
    """The library behind `mirrorlake up`, on a free port, read with the SDK."""
    command = [MIRRORLAKE, "up", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:  # noqa: S603  our own command
        try:
            line = server.stdout.readline() if server.stdout else ""
            address = SERVED.search(line)
            if address is None:
                raise SystemExit("mirrorlake up did not start; what it said stands above.")
            with Mirrorlake(address["url"], address["token"]) as client:
                yield client
        finally:
            server.terminate()


if __name__ == "__main__":
    main()
