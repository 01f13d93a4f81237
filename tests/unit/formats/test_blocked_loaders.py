"""libvips reads nothing but what a format names, and a drawing only while one is opened."""

from __future__ import annotations

from pathlib import Path

import pytest
import pyvips
from tests.support.images import encoded, pdf, scene, svg

from mirrorlake.formats import svg as drawings
from mirrorlake.formats.registry import load_codecs
from mirrorlake.model.media import MediaKind

PPM = b"P6 2 2 255 " + bytes(12)
HDR = b"#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n\n-Y 1 +X 1\n\1\1\1\1"
FILES = {"ppm": PPM, "pdf": pdf(), "svg": svg(20, 20), "rad": HDR, "magick": encoded(scene(8, 8), "bmp")}


@pytest.fixture(autouse=True)
def loaded() -> None:
    load_codecs(set(MediaKind))


def _has(loader: str) -> bool:
    return pyvips.type_find("VipsOperation", f"{loader}load_buffer") != 0


@pytest.mark.parametrize("loader", FILES)
def test_a_loader_that_no_format_names_is_blocked(loader: str):
    if _has(loader):
        with pytest.raises(pyvips.Error, match="blocked"):
            getattr(pyvips.Image, f"{loader}load_buffer")(FILES[loader])
    with pytest.raises(pyvips.Error):
        pyvips.Image.new_from_buffer(FILES[loader], "")


@pytest.mark.parametrize("loader", ["csvload", "matrixload", "vipsload", "svgload"])
def test_a_loader_of_files_is_blocked(loader: str, tmp_path: Path):
    path = tmp_path / "a"
    path.write_bytes(b"1 1\n1\n")
    with pytest.raises(pyvips.Error, match="blocked"):
        getattr(pyvips.Image, loader)(str(path))


def test_a_drawing_unblocks_its_loader_for_itself_alone():
    codec = drawings.CODEC
    assert codec.render(FILES["svg"], codec.probe(FILES["svg"])).thumbnail
    with pytest.raises(pyvips.Error, match="blocked"):
        pyvips.Image.svgload_buffer(FILES["svg"])
    with pytest.raises(Exception, match="damaged"):
        codec.probe(b"<svg")
    with pytest.raises(pyvips.Error, match="blocked"):
        pyvips.Image.svgload_buffer(FILES["svg"])
