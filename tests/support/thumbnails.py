"""The thumbnails of a datasource under test: their packs and files, and commands on them."""

from __future__ import annotations

import tempfile
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from pathlib import Path

from tests.support.passes import Mirrored

from mirrorlake.catalog import thumbnail_packs
from mirrorlake.catalog.thumbnail_packs import Place
from mirrorlake.engine.base import LocalEngine
from mirrorlake.library.audit import check
from mirrorlake.library.cleanup import clean
from mirrorlake.library.rebuild import make
from mirrorlake.mirror.thumbnail_writer import ThumbnailWriter
from mirrorlake.mirror.thumbnails import Thumbnails
from mirrorlake.model.thumbnails import Cleaning, Making, ThumbnailCheck, Unmade
from mirrorlake.postgres.pool import Catalog
from mirrorlake.processing.packs import pack_key
from mirrorlake.processing.store_factory import OpenedStore
from mirrorlake.processing.thumbnails import single_key
from mirrorlake.storage.base import Store


def root(mirrored: Mirrored) -> Path:
    return mirrored.folder / "thumbnails"


def contents(folder: Path) -> dict[Path, bytes]:
    """Every file."""
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def packs(folder: Path) -> list[Path]:
    """The files of packs below a folder."""
    return sorted(folder.rglob("*.pack"))


def name_of(mirrored: Mirrored, key: str) -> bytes:
    """The digest that names the thumbnail of an asset, whatever its state."""
    found = thumbnail_packs.place_of_asset(mirrored.catalog, mirrored.assets("state:any")[key].id)
    assert found is not None
    return found[0]


def place(mirrored: Mirrored, key: str) -> Place:
    """Where the thumbnail of an asset is."""
    digest = name_of(mirrored, key)
    return thumbnail_packs.locate(mirrored.catalog, [digest])[digest]


def pack_of(mirrored: Mirrored, key: str) -> Path:
    """The file of the pack with the thumbnail of an asset."""
    return root(mirrored) / pack_key(place(mirrored, key).pack)


def shown(mirrored: Mirrored, key: str) -> bytes | None:
    """The thumbnail of an asset."""
    return Thumbnails(mirrored.catalog, mirrored.library().store).read(name_of(mirrored, key))


def everything_shown(mirrored: Mirrored) -> dict[str, bytes | None]:
    """The thumbnail of each asset, by key."""
    return {key: shown(mirrored, key) for key in mirrored.assets("state:any")}


def damage(mirrored: Mirrored, key: str, data: bytes | None = None) -> None:
    """Overwrite the thumbnail of an asset in its pack, with zeros unless something else is given."""
    found, path = place(mirrored, key).entry, pack_of(mirrored, key)
    content = bytearray(path.read_bytes())
    content[found.start : found.start + found.size] = (data or b"").ljust(found.size, b"\0")[: found.size]
    path.write_bytes(content)


def single(mirrored: Mirrored, key: str) -> Path:
    """Where an earlier version had the thumbnail of an asset."""
    return root(mirrored) / single_key(name_of(mirrored, key))


def as_before(mirrored: Mirrored, keys: Iterable[str]) -> None:
    """Make thumbnails files of their own, as earlier versions stored them."""
    for key in keys:
        data, path = shown(mirrored, key), single(mirrored, key)
        assert data is not None
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        forget(mirrored.catalog, [name_of(mirrored, key)])


def forget(catalog: Catalog, digests: list[bytes]) -> None:
    """Let the catalog not know in which pack thumbnails are."""
    with catalog.write() as connection:
        connection.execute("DELETE FROM thumbnail WHERE digest = ANY(%s)", (digests,))


def into_old_folder(path: Path) -> Path:
    """Move a thumbnail to where an even earlier layout had it."""
    nested = path.parent / path.name[2:4] / path.name
    nested.parent.mkdir(exist_ok=True)
    return path.rename(nested)


def write(mirrored: Mirrored, thumbnails: dict[bytes, bytes]) -> None:
    """Write thumbnails by their digests, as one pack."""
    ThumbnailWriter(mirrored.catalog, mirrored.library().store).add(list(thumbnails.items()))


def checked(mirrored: Mirrored, *, whole: bool = False) -> ThumbnailCheck:
    """What a check counts; it leaves every file as it was."""
    before = contents(root(mirrored))
    with scratch(mirrored) as workdir:
        result = check(mirrored.catalog, mirrored.library(), workdir, noop_callback, whole=whole)
    assert contents(root(mirrored)) == before
    return result


def made(mirrored: Mirrored, store: Store | None = None, *, whole: bool = False) -> tuple[Making, list[Unmade]]:
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
            engine=LocalEngine(0),
            store_factory=lambda _source: store_factory,
            whole=whole,
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
