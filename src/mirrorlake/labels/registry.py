"""The registry of label formats: one row for each. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from mirrorlake.labels.box_batch import BatchReader
from mirrorlake.labels.formats import coco, createml, csv, dataloop, encord, label_studio, labelme, vi, voc, yolo
from mirrorlake.labels.losses import PLAIN, Abilities
from mirrorlake.labels.records import Reader, Writer
from mirrorlake.model.labels import Shape


class Layout(StrEnum):
    """What a format writes."""

    FILE = "file"  # one file for all images
    FOLDER = "folder"  # a file for each image


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelFormat:
    """One label format."""

    name: str
    title: str
    layout: Layout
    shapes: tuple[Shape, ...]  # that it can write, in the order in which others are converted
    read: Reader
    write: Writer
    suffix: str = ".json"  # of the one file of Layout.FILE
    images: str = "images/"  # where copied images go
    abilities: Abilities = PLAIN
    lists_splits: bool = False  # whether it writes which images are in which split
    by_stem: bool = False  # whether a label file belongs to its image by nothing but equal names
    read_batches: BatchReader | None = None  # quicker, if it has one
    namespace: str | None = None  # of external ids, if it has numbers instead of names


FORMATS: Final[Mapping[str, LabelFormat]] = {
    one.name: one
    for one in (
        LabelFormat(
            name="yolo",
            title="YOLO detection and segmentation",
            layout=Layout.FOLDER,
            shapes=yolo.SHAPES,
            read=yolo.read,
            write=yolo.write,
            lists_splits=True,
            by_stem=True,
            read_batches=yolo.read_batches,
            namespace=yolo.NAMESPACE,
        ),
        LabelFormat(
            name="yolo-obb",
            title="YOLO oriented boxes",
            layout=Layout.FOLDER,
            shapes=yolo.OBB_SHAPES,
            read=yolo.read_obb,
            write=yolo.write,
            lists_splits=True,
            by_stem=True,
            namespace=yolo.NAMESPACE,
        ),
        LabelFormat(
            name="coco",
            title="COCO JSON",
            layout=Layout.FILE,
            shapes=coco.SHAPES,
            read=coco.read,
            write=coco.write,
            abilities=coco.ABILITIES,
            namespace=coco.NAMESPACE,
        ),
        LabelFormat(
            name="voc",
            title="Pascal VOC XML",
            layout=Layout.FOLDER,
            shapes=voc.SHAPES,
            read=voc.read,
            write=voc.write,
            abilities=voc.ABILITIES,
            images="",  # next to their label files
        ),
        LabelFormat(
            name="labelme",
            title="LabelMe JSON",
            layout=Layout.FOLDER,
            shapes=labelme.SHAPES,
            read=labelme.read,
            write=labelme.write,
            abilities=labelme.ABILITIES,
            images="",  # next to their label files
        ),
        LabelFormat(
            name="encord",
            title="Encord label rows",
            layout=Layout.FILE,
            shapes=encord.SHAPES,
            read=encord.read,
            write=encord.write,
            abilities=encord.ABILITIES,
        ),
        LabelFormat(
            name="label-studio",
            title="Label Studio tasks",
            layout=Layout.FILE,
            shapes=label_studio.SHAPES,
            read=label_studio.read,
            write=label_studio.write,
            abilities=label_studio.ABILITIES,
        ),
        LabelFormat(
            name="dataloop",
            title="Dataloop items",
            layout=Layout.FOLDER,
            shapes=dataloop.SHAPES,
            read=dataloop.read,
            write=dataloop.write,
            abilities=dataloop.ABILITIES,
            images="",  # next to their label files
        ),
        LabelFormat(
            name="createml",
            title="Create ML JSON",
            layout=Layout.FILE,
            shapes=createml.SHAPES,
            read=createml.read,
            write=createml.write,
        ),
        LabelFormat(
            name="vi",
            title="Datature Vi JSONL",
            layout=Layout.FILE,
            shapes=vi.SHAPES,
            read=vi.read,
            write=vi.write,
            suffix=".jsonl",
        ),
        LabelFormat(
            name="csv",
            title="CSV of boxes",
            layout=Layout.FILE,
            shapes=csv.SHAPES,
            read=csv.read,
            write=csv.write,
            suffix=".csv",
        ),
    )
}
