"""Read the settings of label sidecars from JSON, and write them. Pure."""

from __future__ import annotations

from mirrorlake.core.errors import SettingsError
from mirrorlake.model.label_sidecars import NAMINGS, LabelSidecars, LabelStrategy, Naming, SidecarFormat
from mirrorlake.select.json_reader import (
    Json,
    is_key,
    join_choices,
    quote,
    read_bool,
    read_choice,
    read_object,
    read_text,
)
from mirrorlake.select.label_patterns import rewrites

SUFFIX_LIMIT = 128  # characters
NUMBER_DIGITS = 9  # of a class number at most
_DEFAULTS = LabelSidecars(format=SidecarFormat.YOLO, ontology="")
_NAMES = (
    "format",
    "ontology",
    "suffix",
    "imagePattern",
    "labelPattern",
    "namespace",
    "classMap",
    "strategy",
    "skipInvalid",
)
_PATTERNS = ("imagePattern", "labelPattern")
_WHERE = "labels."
_CLASS_MAP = "labels.classMap"


def read_labels(value: Json, metadata_suffix: Json = None) -> LabelSidecars | None:
    """The value of the setting `labels`, beside that of `metadataSidecarSuffix`. Raises SettingsError."""
    if value is None:
        return None
    given = read_object(value, "labels")
    for name in given:
        if name not in _NAMES:
            raise SettingsError(f"Unknown setting {quote(_WHERE + name)}.", f"Known ones: {', '.join(_NAMES)}.")
    if "format" not in given:
        raise SettingsError(
            "labels.format is missing.", f"It can be {join_choices([*SidecarFormat])}.", field="labels.format"
        )
    ontology = read_text(given, "ontology", _WHERE)
    if ontology is None:
        raise SettingsError(
            "labels.ontology is missing.",
            "Name the ontology whose classes the annotations get.",
            field="labels.ontology",
        )
    kind = read_choice(given, "format", SidecarFormat, SidecarFormat.YOLO, _WHERE)
    image, label = (read_text(given, name, _WHERE) for name in _PATTERNS)
    labels = LabelSidecars(
        format=kind,
        ontology=ontology,
        suffix=_read_suffix(given, kind, patterns=image is not None or label is not None),
        image_pattern=image,
        label_pattern=label,
        namespace=read_text(given, "namespace", _WHERE),
        class_map=_read_class_map(given.get("classMap"), kind),
        strategy=read_choice(given, "strategy", LabelStrategy, LabelStrategy.BUCKET_WINS, _WHERE),
        skip_invalid=read_bool(given, "skipInvalid", _WHERE) is True,
    )
    _check_patterns(labels)
    if labels.full_suffix and labels.full_suffix == metadata_suffix:
        raise SettingsError(
            f"metadataSidecarSuffix and labels.suffix are both {quote(metadata_suffix)}.",
            "Give each kind of file its own.",
            field="labels.suffix",
        )
    return labels


def labels_to_json(labels: LabelSidecars) -> dict[str, Json]:
    """The setting as `read_labels` takes it; values that are the default are omitted."""
    choices: dict[str, tuple[Json, Json]] = {
        "suffix": (labels.suffix, None),
        "imagePattern": (labels.image_pattern, None),
        "labelPattern": (labels.label_pattern, None),
        "namespace": (labels.namespace, None),
        "classMap": (dict(labels.class_map), {}),
        "strategy": (labels.strategy.value, _DEFAULTS.strategy.value),
        "skipInvalid": (labels.skip_invalid, False),
    }
    kept = {name: value for name, (value, default) in choices.items() if value != default}
    return {"format": labels.format.value, "ontology": labels.ontology, **kept}


def check_label_change(before: LabelSidecars | None, after: LabelSidecars | None) -> None:
    """Raise SettingsError for a change of the format, which is fixed once label sidecars are enabled."""
    if before is None or (after is not None and after.format is before.format):
        return
    raise SettingsError(
        f"The format of label sidecars cannot be changed once they are enabled; here it is {before.format.value}.",
        "Keep the format, or create another datasource for files of another format.",
        field="labels.format",
    )


def _check_patterns(labels: LabelSidecars) -> None:
    if labels.naming is Naming.PATTERNS:
        if NAMINGS[labels.format].naming is Naming.FOLDER:
            raise SettingsError(
                "labels.imagePattern is set, but a COCO file is about all images of its folder.",
                "Remove the patterns; labels.suffix is the name of the file.",
                field="labels.imagePattern",
            )
        if labels.image_pattern is None or labels.label_pattern is None:
            missing = "imagePattern" if labels.image_pattern is None else "labelPattern"
            raise SettingsError(
                f"labels.{missing} is missing: the format {labels.format.value} needs both patterns.",
                'Write both, such as "images/{name**}.{ext}" and "labels/{name**}.txt".',
                field=f"labels.{missing}",
            )
    elif labels.label_pattern is not None:
        raise SettingsError(
            "labels.labelPattern is set without labels.imagePattern.", "Set both, or none.", field="labels.imagePattern"
        )
    rewrites(labels)


def _read_suffix(given: dict[str, Json], kind: SidecarFormat, *, patterns: bool) -> str | None:
    suffix = given.get("suffix")
    if suffix is None:
        return None
    if patterns or NAMINGS[kind].naming is Naming.PATTERNS:
        raise SettingsError(
            "labels.suffix is set beside patterns, which already name the files.", "Remove it.", field="labels.suffix"
        )
    if not isinstance(suffix, str) or not 0 < len(suffix) <= SUFFIX_LIMIT or not is_key(suffix) or "/" in suffix:
        raise SettingsError(
            f"labels.suffix is {quote(suffix)}.",
            f"It can be a text of 1 to {SUFFIX_LIMIT} characters without slashes, such as"
            f" {quote(NAMINGS[kind].suffix)}.",
            field="labels.suffix",
        )
    return suffix


def _read_class_map(value: Json, kind: SidecarFormat) -> dict[str, str]:
    if value is None:
        return {}
    given = read_object(value, "labels.classMap")
    found: dict[str, str] = {}
    for name, target in given.items():
        if not isinstance(target, str):
            raise SettingsError(
                f"labels.classMap maps {quote(name)} to {quote(target)}.",
                "Map it to the name of a class, or to an empty text.",
                field=_CLASS_MAP,
            )
        number = name
        if kind is SidecarFormat.YOLO:
            if not (name.isascii() and name.isdigit() and len(name) <= NUMBER_DIGITS):
                raise SettingsError(
                    f"labels.classMap has the class {quote(name)}.",
                    "Classes of YOLO are whole numbers from 0.",
                    field=_CLASS_MAP,
                )
            number = str(int(name))
        if number in found:
            raise SettingsError(
                f"labels.classMap has the class {quote(name)} twice.", "Keep one of the two.", field=_CLASS_MAP
            )
        found[number] = target
    return found
