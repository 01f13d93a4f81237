"""The fingerprint of an asset's companions: one text for all roles, so that comparing costs the same for any number.

One line for each companion, in the order of the roles' names: `metadata=712:0f343b0931126a20f133d67c2b018a3b`, which is
the role, the size in bytes and the change token. Null where there is no companion. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mirrorlake.core.columnar import BoolMask, Column, column, joined_text, mask_of, nulls, present, texts, where
from mirrorlake.model.companions import ROLES, CompanionRole

UNREAD = ""  # the token of a companion that is known to be there and was never read

_pc: Any = pc
_IN_ORDER = sorted(ROLES, key=lambda role: role.name)


def fingerprints(rows: pa.RecordBatch) -> Column:
    """The fingerprint of each row of a batch that has the columns of all roles."""
    found, *others = (_entry(role, column(rows, role.token), column(rows, role.size)) for role in _IN_ORDER)
    for entry in others:
        found = _pc.coalesce(joined_text([found, entry], "\n"), found, entry)
    return found


def tokens_and_sizes(companions: Column) -> Mapping[CompanionRole, tuple[Column, Column]]:
    """What fingerprints say of each role: the tokens and the sizes, null where there is no such companion."""
    if companions.null_count == len(companions):
        none = nulls(len(companions), pa.string()), nulls(len(companions), pa.int64())
        return dict.fromkeys(ROLES, none)
    return {role: _parsed(role, companions) for role in ROLES}


def any_differs(changes: pa.RecordBatch) -> BoolMask:
    """Which CHANGES rows have a companion, of any role, that is another than the remembered one."""
    return np.any([mask_of(column(changes, role.differs)) for role in ROLES], axis=0)


def _entry(role: CompanionRole, tokens: Column, sizes: Column) -> Column:
    return joined_text([f"{role.name}=", texts(sizes), ":", tokens], "")


def _parsed(role: CompanionRole, companions: Column) -> tuple[Column, Column]:
    found: Any = _pc.extract_regex(companions, rf"(?:^|\n){role.name}=(?P<size>[0-9]+):(?P<token>[^\n]*)")
    here = present(found)
    token = where(here, found.field("token"), nulls(len(companions), pa.string()))
    size = where(here, found.field("size"), nulls(len(companions), pa.string()))
    return token, size.cast(pa.int64())
