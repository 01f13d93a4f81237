"""Note the label files of a pass that were not used, and notice that all of them failed for the same reason."""

from __future__ import annotations

import re
from collections.abc import Callable

from mirrorlake.core.text import count_noun

_SEVERAL = 2  # a single file that is wrong is no failure of a pass that brings images
_NUMBER = re.compile(r"\d[\d,.]*")


class LabelProblems:
    """The problems of the label files of one pass."""

    def __init__(self) -> None:
        self.waiting = 0  # label files without an image, which were not read
        self._count = 0
        self._unused = 0
        self._reason = ""  # of the first file that was not used
        self._shape: str | None = None  # the same without its key and numbers
        self._differs = False  # whether a file was used, or another one failed for another reason

    def add(self, key: str, reason: str | None, *, used: bool) -> None:
        """Add a label file that was tried, with its problem if it has one."""
        self._count += reason is not None
        if used or reason is None:
            self._differs = True
        if self._differs or reason is None:
            return
        self._unused += 1
        shape = _NUMBER.sub("#", reason.replace(key, "#"))
        if self._shape is None:
            self._reason, self._shape = reason, shape
        self._differs = shape != self._shape

    def note(self, run_id: int) -> str | None:
        """The sentence for users about these files; None if there are none."""
        if not self._count:
            return None
        return (
            f"{count_noun(self._count, 'label file has a problem', 'label files have problems')}."
            f" To list them with reasons: mirrorlake runs outcomes {run_id} --outcome failed"
        )

    def failure(self, count_known: Callable[[], int]) -> str | None:
        """The error of the pass, if none of several label files of the datasource could be used; else None."""
        if self._differs or self._unused < _SEVERAL or self._unused + self.waiting != count_known():
            return None
        return f"None of the {self._unused:,} label files could be used, for the same reason: {self._reason}"
