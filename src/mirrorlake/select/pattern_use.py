"""Find patterns of a datasource that select nothing, while a listing goes by. Pure, columns only."""

from __future__ import annotations

import pyarrow as pa

from mirrorlake.core.columnar import as_binary, column, cut, equal_to, keep
from mirrorlake.model.explanations import Origin
from mirrorlake.select.globs import Globs, compile_globs
from mirrorlake.select.rules import Rules

MAX_WATCHED = 8  # patterns of one config: one that never matches is tested against every key that the config selects

UnusedPattern = tuple[int, str]  # the index of its config, and the pattern as written


class PatternUse:
    """The patterns that have not selected anything yet. A pattern is no longer tested once it has."""

    def __init__(self, rules: Rules) -> None:
        self._prefix_bytes = len(rules.prefix.encode())
        self._unused: dict[int, dict[str, Globs]] = {}
        for place, rule in enumerate(rules.rules):
            patterns = (*rule.written[Origin.GLOBS], *rule.written[Origin.GLOB_FILE])
            if 0 < len(patterns) <= MAX_WATCHED:
                self._unused[place] = {pattern: compile_globs((pattern,)) for pattern in patterns}

    def observe(self, taken: pa.RecordBatch) -> None:
        """Note which patterns select an object of this batch (TAKEN)."""
        if not taken.num_rows:
            return
        for place, patterns in list(self._unused.items()):
            selected = keep(taken, equal_to(column(taken, "config"), place))
            if not selected.num_rows:
                continue
            keys = cut(as_binary(column(selected, "key")), self._prefix_bytes)
            remaining = {pattern: globs for pattern, globs in patterns.items() if not globs.match(keys).any()}
            if remaining:
                self._unused[place] = remaining
            else:
                del self._unused[place]

    @property
    def unused(self) -> frozenset[UnusedPattern]:
        """The patterns that have selected nothing so far."""
        return frozenset((place, pattern) for place, patterns in self._unused.items() for pattern in patterns)
