"""The thumbnails of a datasource under test: their files, and commands on them."""

from __future__ import annotations

import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from tests.support.passes import Mirrored

from mirrorlake.catalog import assets
from mirrorlake.library.audit import check
from mirrorlake.library.cleanup import clean
from mirrorlake.library.rebuild import make
from mirrorlake.model.thumbnails import Cleaning, Making, ThumbnailCheck, Unmade
from mirrorlake.processing.store_factory import OpenedStore
from mirrorlake.processing.thumbnails import thumbnail_key
from mirrorlake.storage.base import Store


def root(mirrored: Mirrored) -> Path:
    return mirrored.folder / "thumbnails"


def place(mirrored: Mirrored, key: str) -> Path:
    """Where the thumbnail of an asset belongs, whatever its state."""
    digest = bytes.fromhex(assets.get_asset_detail(mirrored.catalog, mirrored.assets("state:any")[key].id).digest)
    return root(mirrored) / thumbnail_key(digest)


def contents(folder: Path) -> dict[Path, bytes]:
    """Every file."""
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def into_old_folder(path: Path) -> Path:
    """Move a thumbnail to where an earlier layout had it."""
    nested = path.parent / path.name[2:4] / path.name
    nested.parent.mkdir(exist_ok=True)
    return path.rename(nested)


def checked(mirrored: Mirrored) -> ThumbnailCheck:
    """What a check counts; it leaves every file as it was."""
    before = contents(root(mirrored))
    with scratch(mirrored) as workdir:
        result = check(mirrored.catalog, mirrored.library(), workdir, noop_callback)
    assert contents(root(mirrored)) == before
    return result


def made(mirrored: Mirrored, store: Store | None = None) -> tuple[Making, list[Unmade]]:
    """Rebuild missing thumbnails, from another store if one is given."""
    unmade: list[Unmade] = []
    store_factory = OpenedStore(store or mirrored.store)
    with scratch(mirrored) as workdir:
        making = make(
            mirrored.catalog,
            mirrored.library(),
            workdir,
            noop_callback,
            on_unmade=unmade.append,
            processes=0,
            store_factory=lambda _source: store_factory,
        )
    return making, unmade


@contextmanager
def scratch(mirrored: Mirrored) -> Generator[Path]:
    with tempfile.TemporaryDirectory(dir=mirrored.folder) as folder:
        yield Path(folder)


def noop_callback(_doing: str, _done: int, _total: int) -> None:
    pass


def cleaned(mirrored: Mirrored, *, hours: int = 0, acknowledged: int | None = None) -> Cleaning:
    """Delete orphaned thumbnails."""
    with scratch(mirrored) as workdir:
        library = mirrored.library()
        return clean(mirrored.catalog, library, workdir, noop_callback, hours=hours, acknowledged=acknowledged)
