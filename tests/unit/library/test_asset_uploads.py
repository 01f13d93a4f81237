"""Names of uploaded files are hostile: their keys stay in their folder, and no object is replaced."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import blake3
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mirrorlake.core.errors import UsageError
from mirrorlake.library.asset_uploads import NAME_BYTES, safe_name, store_in_bucket, store_in_folder, takes_json
from mirrorlake.mirror.run import store_config
from mirrorlake.model.label_sidecars import LabelSidecars, SidecarFormat
from mirrorlake.model.sources import Access, Datasource, MirrorSettings
from mirrorlake.storage.providers.folder.provider import folder_location
from mirrorlake.storage.writable import check_key


@given(st.text(max_size=300), st.booleans())
def test_any_name_becomes_one_that_is_safe_everywhere(name: str, plain: bool):  # noqa: FBT001
    try:
        key = safe_name(name + ".png", plain=plain)
    except UsageError:
        return
    assert len(key.encode()) <= NAME_BYTES
    assert key.endswith(".png")
    assert not key.startswith(".")
    assert not set(key) & set('/\\<>:"|?*%\0\n\r\t')
    assert safe_name(key, plain=plain) == key
    if plain:
        check_key(key)


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("photo.jpg", "photo.jpg"),
        ("Ernte 2026 (rot).JPG", "Ernte 2026 (rot).JPG"),
        ("../../etc/passwd.png", "passwd.png"),
        ("C:\\Users\\me\\a.png", "a.png"),
        ("...a.png", "a.png"),
        ("a\0b\n.png", "a_b_.png"),
        ("e\u0301.png", "\u00e9.png"),
        ("x" * 500 + ".png", "x" * (NAME_BYTES - 4) + ".png"),
    ],
)
def test_a_name_is_kept_as_far_as_it_is_safe(name: str, key: str):
    assert safe_name(name) == key


@pytest.mark.parametrize("name", ["", ".", "..", "a", ".png", "a.exe", "a.png/", "a.json", "a.JSON", "\ud800"])
def test_what_is_no_file_of_a_format_is_refused(name: str):
    with pytest.raises(UsageError):
        safe_name(name)


def test_a_json_file_is_named_like_any_other_where_it_can_only_be_an_asset():
    assert (safe_name("a b.JSON", json=True), safe_name("a b.json", json=True, plain=True)) == ("a b.JSON", "a_b.json")
    with pytest.raises(UsageError):
        safe_name(".json", json=True)
    plain = MirrorSettings(base_name_sidecars=False)
    labels = LabelSidecars(format=SidecarFormat.COCO, ontology="cats")
    assert takes_json(plain)
    for other in (MirrorSettings(), replace(plain, sidecar_suffix=".meta.json"), replace(plain, labels=labels)):
        assert not takes_json(other)


def test_a_name_that_is_taken_gets_a_number_and_nothing_is_replaced(tmp_path: Path):
    made = [store_in_folder(tmp_path / "new", "a.png", io.BytesIO(body)) for body in (b"1", b"2", b"3")]
    assert [one.key for one in made] == ["a.png", "a-2.png", "a-3.png"]
    assert [(tmp_path / "new" / one.key).read_bytes() for one in made] == [b"1", b"2", b"3"]
    assert [one.digest for one in made] == [blake3.blake3(body).digest() for body in (b"1", b"2", b"3")]
    assert len(list((tmp_path / "new").iterdir())) == 3


def test_a_datasource_that_may_be_written_to_gets_new_objects_with_plain_keys(tmp_path: Path):
    location = folder_location(str(tmp_path), str(tmp_path))
    source = Datasource(id=1, name="s", location=location, access=Access(), settings=MirrorSettings())
    files = [("Ernte (rot).png", b"1"), ("Ernte (rot).png", b"2")]
    made = [store_in_bucket(source, store_config(source), name, io.BytesIO(body)) for name, body in files]
    assert [(one.key, one.size, one.digest) for one in made] == [
        ("Ernte__rot_.png", 1, blake3.blake3(b"1").digest()),
        ("Ernte__rot_-2.png", 1, blake3.blake3(b"2").digest()),
    ]
    assert [(tmp_path / one.key).read_bytes() for one in made] == [b"1", b"2"]
