"""Which label file belongs to which image, by their keys alone. Pure, columns only.

Both directions are one regular expression and one template (`label_patterns`), so a pair may be far apart in key order.
A label file may serve several images: `a.jpg` and `a.png`, or all images of a folder. An image has one label file.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mirrorlake.core.columnar import (
    BoolMask,
    Column,
    as_binary,
    chosen,
    ends_with,
    joined_text,
    mask_of,
    matches_regex,
    nulls,
    present,
)
from mirrorlake.formats.registry import suffixes_of
from mirrorlake.model.label_sidecars import LabelSidecars
from mirrorlake.model.media import MediaKind
from mirrorlake.select.label_patterns import Reach, Rewrite, rewrites
from mirrorlake.select.suffix_match import SuffixMatcher

_pc: Any = pc


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelNames:
    """The names of the label files of a datasource. Create it with `compile_label_names`."""

    reach: Reach
    to_image: Rewrite
    to_label: Rewrite

    def claims(self, keys: Column) -> BoolMask:
        """Which keys are label files, and so never assets or metadata files."""
        ending = mask_of(ends_with(as_binary(keys), self.to_image.tail))
        if not ending.any():
            return ending
        found = np.zeros(len(keys), dtype=np.bool_)
        found[ending] = mask_of(matches_regex(as_binary(chosen(keys, ending)), self.to_image.regex))
        return found

    def images(self, keys: Column) -> Column:
        """The key, the stem or the folder of the image of each label file (`reach`); null for other keys."""
        return _rewritten(keys, self.to_image)

    def labels(self, keys: Column) -> Column:
        """The key of the label file of each image; null for an image that can have none."""
        return _rewritten(keys, self.to_label)


def compile_label_names(settings: LabelSidecars, prefix: str = "") -> LabelNames:
    """How the label files of these settings are named. `prefix` is that of the datasource: patterns follow it.

    Raises SettingsError for invalid patterns.
    """
    found = rewrites(settings, prefix)
    return LabelNames(reach=found.reach, to_image=found.to_image, to_label=found.to_label)


def label_files_of(keys: Sequence[str], names: LabelNames) -> list[str]:
    """The label files among these keys, and those of the images among them; each once."""
    named: Column = pa.array(keys, pa.string())
    claimed = names.claims(named)
    images = chosen(named, ~claimed & SuffixMatcher(named).match_any(suffixes_of(tuple(MediaKind))))
    found = [*chosen(named, claimed).to_pylist(), *names.labels(images).to_pylist()]
    return [str(each) for each in dict.fromkeys(found) if each is not None]


def _rewritten(keys: Column, how: Rewrite) -> Column:
    """The rewritten keys, null for those that do not match."""
    if not len(keys):
        return keys
    groups: Any = _pc.extract_regex(keys, how.regex)
    parts = [part if isinstance(part, str) else groups.field(f"g{part}") for part in how.template]
    return _pc.if_else(pa.array(present(groups)), joined_text(parts, ""), nulls(len(keys), pa.string()))
