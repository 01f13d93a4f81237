"""Make a folder of pictures with metadata sidecars, for the tutorial: `python examples/pictures.py FOLDER`."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from PIL import Image

SITES = {"gate": (70, 120, 200), "yard": (110, 160, 60)}  # the colour of each site's pictures
NIGHTS = 2  # of the pictures of a site, the first ones are taken at night


def main(folder: Path) -> None:
    """Eight pictures in two subfolders, each with a JSON file that describes it."""
    for site, colour in SITES.items():
        for number in range(4):
            picture = folder / site / f"{site}-{number}.jpg"
            picture.parent.mkdir(parents=True, exist_ok=True)
            paper = Image.new("RGB", (640, 400), colour)
            light = Image.linear_gradient("L").resize((640, 400)).convert("RGB")
            Image.blend(paper, light, 0.1 + 0.1 * number).save(picture)
            described = {"site": site, "camera": f"cam-{number % 2 + 1}", "night": number < NIGHTS}
            picture.with_suffix(".json").write_text(json.dumps(described))
    print(f"{len(SITES) * 4} pictures are in {folder}.")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
