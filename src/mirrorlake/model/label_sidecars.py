"""The settings of label sidecars: label files of a bucket that are kept in step with the annotations of its images."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from mirrorlake.model.public import public_noun

LABEL_FILE_BYTES = 300_000_000  # a larger label file is not read


class SidecarFormat(StrEnum):
    """The formats of label sidecars."""

    ENCORD = "encord"
    YOLO = "yolo"
    DATALOOP = "dataloop"
    COCO = "coco"
    VOC = "voc"
    LABELME = "labelme"


class Naming(StrEnum):
    """How a label file is found by the key of its image."""

    FULL_NAME = "full name"  # the whole key plus the suffix
    BASE_NAME = "base name"  # the key without its suffix plus the suffix of label files
    FOLDER = "folder"  # one file for all images of a folder; the suffix is its whole name
    PATTERNS = "patterns"  # a pattern for images and one for label files, with the same placeholders


@dataclass(frozen=True, slots=True, kw_only=True)
class SidecarNaming:
    """How the label files of a format are named unless the settings have patterns."""

    naming: Naming
    suffix: str = ""  # the default; empty for patterns


NAMINGS: Mapping[SidecarFormat, SidecarNaming] = {
    SidecarFormat.ENCORD: SidecarNaming(naming=Naming.FULL_NAME, suffix=".encord.json"),
    SidecarFormat.YOLO: SidecarNaming(naming=Naming.PATTERNS),
    SidecarFormat.DATALOOP: SidecarNaming(naming=Naming.BASE_NAME, suffix=".json"),
    SidecarFormat.COCO: SidecarNaming(naming=Naming.FOLDER, suffix="_annotations.coco.json"),
    SidecarFormat.VOC: SidecarNaming(naming=Naming.BASE_NAME, suffix=".xml"),
    SidecarFormat.LABELME: SidecarNaming(naming=Naming.BASE_NAME, suffix=".json"),
}


class LabelStrategy(StrEnum):
    """What a changed label file does to annotations that users edited. The class plays the part of a metadata key."""

    BUCKET_WINS = "bucketWins"  # the file replaces all annotations of its classes; users' other classes stay
    USER_WINS = "userWins"  # classes that a user edited on an asset stay as they are there
    UNTIL_FIRST_CHANGE = "untilFirstChange"  # the file alone, unless a user ever edited the asset's annotations


@public_noun
class LabelSidecars:
    """The label files of a datasource. The format cannot be changed once it is set."""

    format: SidecarFormat
    ontology: str
    """Name of the ontology whose classes the annotations get."""
    suffix: str | None = None
    """What the key of a label file ends with; null: the default of the format."""
    image_pattern: str | None = None
    """Keys of images, with placeholders such as {name}; set together with `label_pattern`."""
    label_pattern: str | None = None
    """Keys of label files, with the same placeholders."""
    namespace: str | None = None
    """External ids that name the classes in label files; null: that of the format, else the first alphabetically."""
    class_map: Mapping[str, str] = field(default_factory=dict[str, str])
    """Classes by their names or numbers in label files, before external ids; an empty name leaves a class out."""
    strategy: LabelStrategy = LabelStrategy.BUCKET_WINS
    skip_invalid: bool = False
    """Take the valid labels of a file with invalid ones; false: such a file changes nothing."""

    @property
    def naming(self) -> Naming:
        """How label files are found."""
        return NAMINGS[self.format].naming if self.image_pattern is None else Naming.PATTERNS

    @property
    def full_suffix(self) -> str:
        """The suffix that is in force; empty for patterns."""
        return NAMINGS[self.format].suffix if self.suffix is None else self.suffix


@public_noun
class FoundClassNames:
    """Class names in a file of a source, such as data.yaml, and the class map that they make."""

    key: str
    """Complete key of the file."""
    names: Mapping[str, str]
    """Names of classes by their numbers in label files."""
    class_map: Mapping[str, str]
    """For the setting `labels.classMap`: the classes of these names in the ontology; empty where it has none."""
