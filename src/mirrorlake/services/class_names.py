"""Find the files of class names beside the label files of a source, such as data.yaml."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial

from mirrorlake.catalog import datasources, ontologies
from mirrorlake.core.errors import AccessDenied, NotFound, ObjectGone, ObjectTooLarge, UsageError
from mirrorlake.labels.class_map import map_names
from mirrorlake.labels.formats.yolo import NAME_FILE_BYTES, NAME_FILES
from mirrorlake.labels.sidecars import read_class_names
from mirrorlake.model.label_sidecars import FoundClassNames, LabelSidecars
from mirrorlake.model.labels import LabelClass
from mirrorlake.model.sources import Datasource
from mirrorlake.postgres.pool import Catalog
from mirrorlake.processing.store_factory import StoreFactory
from mirrorlake.select.json_reader import is_key
from mirrorlake.select.label_patterns import folders_of
from mirrorlake.storage.base import Store

_SUFFIXES = (".yaml", ".yml", ".txt", ".names", ".labels")
_THREADS = 8


def find_class_names(
    catalog: Catalog,
    name: str,
    store_factory: Callable[[Datasource], StoreFactory],
    *,
    key: str | None,
    ontology: str | None,
) -> list[FoundClassNames]:
    """The class names in the file `key`, or in those that are found in the source; errors as in `Datasources`."""
    source = datasources.named(catalog, name)
    labels = source.settings.labels
    classes = _classes(catalog, ontology or (labels and labels.ontology), asked=ontology is not None)
    keys = _candidates(source.location.prefix, labels) if key is None else [_checked(key, source.location.prefix)]
    with closing(store_factory(source).open()) as store, ThreadPoolExecutor(_THREADS) as threads:
        found = list(threads.map(partial(_read, store), keys))
    # S3 denies keys that do not exist, unless listing is allowed: of several keys, one that is not denied is enough.
    if isinstance(found[0], Exception) and (key is not None or all(isinstance(each, AccessDenied) for each in found)):
        raise found[0]
    made = [
        FoundClassNames(
            key=each, names={str(number): one for number, one in names.items()}, class_map=map_names(names, classes)
        )
        for each, data in zip(keys, found, strict=True)
        if isinstance(data, bytes) and (names := read_class_names(each.rpartition("/")[2], data))
    ]
    if key is not None and not made:
        raise UsageError(f"{key} has no class names.", "Name a data.yaml with `names`, or a classes.txt.")
    return made


def _candidates(prefix: str, labels: LabelSidecars | None) -> list[str]:
    """The keys that such files usually have: beside the label files, beside the images, and above both."""
    patterns = [""] if labels is None else [labels.label_pattern or "", labels.image_pattern or ""]
    folders = sorted({folder for pattern in patterns for folder in folders_of(pattern)})
    return [prefix + folder + base for folder in folders for base in NAME_FILES]


def _checked(key: str, prefix: str) -> str:
    if not key.startswith(prefix) or not key.lower().endswith(_SUFFIXES) or not is_key(key):
        raise UsageError(
            f"{key!r} is not the key of a file of class names in this datasource.",
            f"Name one that begins with {prefix!r} and ends with {', '.join(_SUFFIXES)}.",
        )
    return key


def _read(store: Store, key: str) -> bytes | AccessDenied | ObjectGone | UsageError:
    """The bytes of a file; why there are none, for the reasons that concern this key only."""
    try:
        return store.get(key, token=None, limit=NAME_FILE_BYTES).data
    except (AccessDenied, ObjectGone) as error:
        return error
    except ObjectTooLarge:
        return UsageError(f"{key} has more than {NAME_FILE_BYTES:,} bytes.", "Name a smaller file.")


def _classes(catalog: Catalog, name: str | None, *, asked: bool) -> Sequence[LabelClass]:
    if name is None:
        return ()
    try:
        return ontologies.by_name(catalog, name).classes
    except NotFound:
        if asked:
            raise
        return ()
