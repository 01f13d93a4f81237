"""Count objects by a name that each of them has, such as its folder, however many names there are. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from mirrorlake.core.columnar import BoolMask, Column


@dataclass(slots=True)
class Counted:
    """What was counted under one name."""

    objects: int = 0
    bytes: int = 0
    selected: int = 0

    def add(self, objects: int, size: int, selected: int) -> None:
        """Add objects."""
        self.objects += objects
        self.bytes += size
        self.selected += selected


class NameTally:
    """Counts by name. Once there are more than `limit` names, the smaller half of them is counted together.

    A name that comes again after that is counted as a new one. In a listing in byte order, folders do not come again.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self.names: dict[str, Counted] = {}
        self.rest = Counted()
        self.rest_names = 0

    def add(self, names: Column, sizes: Column, selected: BoolMask) -> None:
        """Objects with these names. A null name counts as the empty text."""
        table: Any = pa.table({"name": names, "size": sizes, "selected": selected.astype("int64")})
        grouped = table.group_by("name", use_threads=False).aggregate(
            [("size", "count"), ("size", "sum"), ("selected", "sum")]
        )
        # By name: the columns of a group have no agreed order among versions of pyarrow.
        columns = [grouped.column(name).to_pylist() for name in ("name", "size_count", "size_sum", "selected_sum")]
        last = ""
        for name, *numbers in zip(*columns, strict=True):
            last = _text(name)
            self.names.setdefault(last, Counted()).add(*numbers)
        if len(self.names) > self._limit:
            self._drop_small(keep=last)

    def largest(self) -> list[tuple[str, Counted]]:
        """The names with their counts, those with most objects first."""
        return sorted(self.names.items(), key=lambda item: (-item[1].objects, item[0]))

    def _drop_small(self, keep: str) -> None:
        for name, counted in self.largest()[self._limit // 2 :]:
            if name != keep:  # it may continue in the next batch
                del self.names[name]
                self.rest.add(counted.objects, counted.bytes, counted.selected)
                self.rest_names += 1


def _text(name: str | bytes | None) -> str:
    return name.decode() if isinstance(name, bytes) else name or ""
