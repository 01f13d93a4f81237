"""Notice that every object of a pass fails for the same reason: then the pass is no success, whatever it did."""

from __future__ import annotations

import re

import pyarrow as pa

from mirrorlake.core.columnar import column, equal_to, is_in, keep
from mirrorlake.core.text import count_noun
from mirrorlake.model.outcomes import ResultKind
from mirrorlake.model.runs import Counts

_FAILURES = pa.array([int(ResultKind.FAILED), int(ResultKind.GONE)], pa.int8())
_NUMBER = re.compile(r"\d[\d,.]*")


class CommonFailure:
    """Collects the results of a pass, until one of them is no failure or has another reason."""

    def __init__(self) -> None:
        self._count = 0
        self._reason: str | None = None  # of the first failure
        self._shape: str | None = None  # the same without its key and numbers
        self._all_gone = True  # changed or deleted since they were listed
        self._differs = False

    def add(self, processed: pa.RecordBatch) -> None:
        """Add PROCESSED rows. Reads single rows only as long as everything failed."""
        if self._differs:
            return
        tried = keep(processed, ~equal_to(column(processed, "result"), int(ResultKind.SKIPPED)))
        if not is_in(column(tried, "result"), _FAILURES).all():
            self._differs = True
            return
        for row in tried.select(["key", "result", "reason"]).to_pylist():
            reason = row["reason"] or ""
            shape = _NUMBER.sub("#", reason.replace(row["key"], "#"))
            if self._shape is None:
                self._reason, self._shape = reason, shape
            self._differs |= shape != self._shape
            self._all_gone &= row["result"] == ResultKind.GONE
        self._count += tried.num_rows

    def sentence(self, counts: Counts) -> str | None:
        """The error of the pass, if nothing that it selected and did not skip is in the library; else None.

        `counts` are those of the whole pass. One object that changed or vanished meanwhile is no failure of a pass.
        """
        if self._differs or not self._count or self._count != counts.selected - counts.skipped:
            return None
        if self._count == 1:
            return None if self._all_gone else f"The only selected object could not be read: {self._reason}"
        return f"None of the {count_noun(self._count, 'object')} could be read, for the same reason: {self._reason}"
