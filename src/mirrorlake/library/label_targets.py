"""Where an export of labels goes: a new file, folder or zip file of this machine, or a new object in a bucket."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Generator
from contextlib import closing, contextmanager, nullcontext
from pathlib import Path
from typing import BinaryIO

from mirrorlake.core.errors import UsageError
from mirrorlake.labels.records import LabelOutput
from mirrorlake.library.export_store import check_kept
from mirrorlake.library.export_targets import SpooledTarget, check_absent, check_name, put_new
from mirrorlake.library.label_files import FileOutput, FolderOutput, ZipOutput
from mirrorlake.library.label_sources import address_of, is_address, label_store
from mirrorlake.mirror.source_stores import SourceStores
from mirrorlake.model.labels import LabelExportOptions
from mirrorlake.postgres.pool import Catalog
from mirrorlake.storage.providers.registry import provider_of

ZIP = ".zip"


class _LimitedZip(ZipOutput):
    """A zip file that ends once it is larger than what is kept: copied images would fill the disk before."""

    @contextmanager
    def open(self, name: str) -> Generator[BinaryIO]:
        """A new member. Raises as `ZipOutput.open`, and UsageError."""
        with super().open(name) as file:
            yield file
        check_kept(self.size)


@contextmanager
def keep_for_download(kept: SpooledTarget, name: str, *, several: bool, workdir: Path) -> Generator[LabelOutput]:
    """Write an export to one file that is kept for a download: `several` files in a zip file, or one."""
    file = workdir / "export"
    with _LimitedZip(file) if several else nullcontext(FileOutput(file)) as output:
        yield output
    kept.take(f"labels{ZIP}" if several else name, file)


@contextmanager
def open_target(
    options: LabelExportOptions, *, several: bool, catalog: Catalog, stores: SourceStores, workdir: Path
) -> Generator[LabelOutput]:
    """Where an export with a path writes its files, `several` or one.

    It appears when it is complete; nothing is replaced. Raises UsageError if there is something already, or if one
    object cannot hold the files.
    """
    if options.path is None:
        raise UsageError("An export needs a path.", "Name a new file or folder.")
    if is_address(options.path):
        with _open_bucket(
            options, options.path, several=several, catalog=catalog, stores=stores, workdir=workdir
        ) as output:
            yield output
    else:
        with _open_path(Path(options.path), several=several) as output:
            yield output


@contextmanager
def _open_path(path: Path, *, several: bool) -> Generator[LabelOutput]:
    zipped = path.suffix.lower() == ZIP
    if path.exists() and (zipped or not several or not path.is_dir() or any(path.iterdir())):
        raise UsageError(f"{path} exists.", "Choose a new path, or an empty folder for formats with many files.")
    part = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}")
    try:
        part.parent.mkdir(parents=True, exist_ok=True)
        if zipped:
            with ZipOutput(part) as output:
                yield output
        elif several:
            part.mkdir()
            yield FolderOutput(part)
        else:
            yield FileOutput(part)
        part.rename(path)
    finally:
        if part.is_dir():
            shutil.rmtree(part)
        else:
            part.unlink(missing_ok=True)


@contextmanager
def _open_bucket(
    options: LabelExportOptions, path: str, *, several: bool, catalog: Catalog, stores: SourceStores, workdir: Path
) -> Generator[LabelOutput]:
    location, key = address_of(path)
    zipped = key.lower().endswith(ZIP)
    if not key or (several and not zipped):
        what = "a name that ends with .zip" if several else "the name of a new object, such as s3://bucket/labels.json"
        raise UsageError(f"{path} cannot hold this export.", f"Choose {what}.")
    name = key.rpartition("/")[2]
    check_name(name)
    config = label_store(location, options.connection, catalog, stores).with_resolved()
    provider = provider_of(location.provider)
    with closing(provider.open_writable(location, config.access, resolved=config.resolved)) as store:
        taken = UsageError(f"{path} exists.", "Choose the name of a new object.")
        check_absent(store, name, taken)
        file = workdir / "export"
        if zipped:
            with ZipOutput(file) as output:
                yield output
        else:
            yield FileOutput(file)
        put_new(store, name, file, taken)
