"""How often `lite` finds a picture by its caption, and by a mirrored part: `python -m benchmarks.recall FOLDER`.

The folder has pictures with a text file of the same name beside each, whose first line is its caption. The figures in
the documentation are of the stamps of Tux Paint (Debian package tuxpaint-stamps-default 2022.06.04-1):

    apt-get download tuxpaint-stamps-default && dpkg-deb -x tuxpaint-stamps-default_*.deb stamps
    python -m benchmarks.recall stamps/usr/share/tuxpaint/stamps
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks.tables import Table, number
from benchmarks.vectors import intrinsic_dimension
from mirrorlake.embedding.lite import LiteEmbedder

BATCH = 16
RANKS = (1, 10, 50)
KEPT = 0.7  # of each side, of a part that is searched with


def recalls(folder: Path) -> Table:
    """How many captions have their picture among the first ones, of all pictures in the folder."""
    captioned = list(_captioned(folder))
    pictures = [_picture(path) for path, _ in captioned]
    model = LiteEmbedder()
    started = time.perf_counter()
    batches = [model.embed_pictures(pictures[first : first + BATCH]) for first in range(0, len(pictures), BATCH)]
    seconds = time.perf_counter() - started
    similar = model.embed_texts([caption for _, caption in captioned]) @ np.concatenate(batches).T
    own = similar.diagonal()[:, None]
    places = (similar > own).sum(axis=1)
    others = similar[~np.eye(len(similar), dtype=bool)]
    shown = np.concatenate(batches)
    parts = [_part(picture) for picture in pictures]
    changed = [model.embed_pictures(parts[first : first + BATCH]) for first in range(0, len(parts), BATCH)]
    alike = np.concatenate(changed) @ shown.T
    found = (alike > alike.diagonal()[:, None]).sum(axis=1)
    cutoff, near = model.facts.text_cutoff, model.facts.picture_cutoff
    return Table(
        title=f"Finding {len(captioned)} pictures by their captions with {model.facts.name}",
        head=("", *(f"among the first {rank}" for rank in RANKS)),
        rows=[
            ("captions", *(f"{(places < rank).mean():.3f}" for rank in RANKS)),
            ("mirrored parts", *(f"{(found < rank).mean():.3f}" for rank in RANKS)),
            ("by chance", *(f"{rank / len(captioned):.3f}" for rank in RANKS)),
        ],
        notes=[
            f"{number(len(pictures) / seconds)} pictures a second on one thread.",
            f"Captions above the cutoff: {(own >= cutoff).mean():.2f}; others: {(others >= cutoff).mean():.3f}.",
            f"Mirrored parts have {KEPT:.0%} of each side. Above the cutoff: {(alike.diagonal() >= near).mean():.2f}.",
            f"The intrinsic dimension of the vectors is {number(_dimension(shown))}, by the two nearest of each.",
        ],
    )


def _dimension(vectors: np.ndarray) -> float:
    """Of vectors without those that are equal to others."""
    vectors = np.unique(vectors, axis=0)
    alike = vectors @ vectors.T
    np.fill_diagonal(alike, -2)
    return intrinsic_dimension(-np.sort(-alike, axis=1)[:, :2])


def _captioned(folder: Path) -> Iterator[tuple[Path, str]]:
    for path in sorted(folder.rglob("*.png")):
        text = path.with_suffix(".txt")
        caption = text.read_text("utf-8").split("\n", 1)[0].strip() if text.exists() else ""
        if caption:
            yield path, caption


def _part(picture: np.ndarray) -> np.ndarray:
    """The middle of a picture, mirrored."""
    height, width = (max(1, round(side * (1 - KEPT) / 2)) for side in picture.shape[:2])
    return np.ascontiguousarray(picture[height : -height or None, width : -width or None][:, ::-1])


def _picture(path: Path) -> np.ndarray:
    with Image.open(path) as file:
        picture = file.convert("RGBA")
    picture.thumbnail((320, 320))
    white = Image.new("RGBA", picture.size, (255, 255, 255, 255))
    white.alpha_composite(picture)
    return np.asarray(white.convert("RGB"))


if __name__ == "__main__":
    print(recalls(Path(sys.argv[1])).markdown())
