"""Ask for companions that a listing leaves out, before anything that was read of them is taken back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import cast

import pyarrow as pa

from mirrorlake.catalog.objects import remembered_companions
from mirrorlake.core.columnar import column, joined, keep, mask_of, no_rows
from mirrorlake.mirror.existence import KeyChecker, Proof
from mirrorlake.model.companions import ROLES
from mirrorlake.plan.missing_sidecars import (
    NO_UNLISTED_SIDECARS,
    REMEMBERED,
    UnlistedSidecars,
    is_inconclusive,
    keys_to_check,
)
from mirrorlake.postgres.pool import Catalog


def find_unlisted_sidecars(
    changes: Iterable[pa.RecordBatch], suffixes: Mapping[str, str], catalog: Catalog, known_id: int | None
) -> UnlistedSidecars:
    """The remembered companions that the listing behind these CHANGES does not name. One statement a batch and role."""
    if known_id is None:
        return NO_UNLISTED_SIDECARS
    rows = [no_rows(REMEMBERED)]
    for batch in changes:
        for role in ROLES:
            keys = cast("list[str]", keys_to_check(batch, role, suffixes).to_pylist())
            if keys:
                remembered = remembered_companions(catalog, known_id, keys)
                rows.append(keep(remembered, is_inconclusive(remembered, batch, role, suffixes)))
    return UnlistedSidecars(joined(rows))


def keep_unproven(unlisted: UnlistedSidecars, checker: KeyChecker) -> UnlistedSidecars:
    """Those of them that are not proven gone, each asked for by its key."""
    companions = cast("list[str]", column(unlisted.rows, "companion_key").to_pylist())
    asked = list(dict.fromkeys(companions))  # one may serve several assets
    gone = {key for key, proof in zip(asked, checker.prove(asked), strict=True) if proof is Proof.GONE}
    return UnlistedSidecars(keep(unlisted.rows, mask_of(pa.array([key not in gone for key in companions], pa.bool_()))))
