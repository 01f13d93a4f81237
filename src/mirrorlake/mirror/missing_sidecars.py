"""Check companions that are missing from a listing before their contents are removed from an asset."""

from __future__ import annotations

from collections.abc import Iterable
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
from mirrorlake.select.rules import Rules


def find_unlisted_sidecars(
    changes: Iterable[pa.RecordBatch], rules: Rules, catalog: Catalog, known_id: int | None
) -> UnlistedSidecars:
    """The known companions that are not in the listing behind these CHANGES. One statement per batch and role.

    Those that are label files by now are none of them: they are listed, but no companions any more.
    """
    if known_id is None:
        return NO_UNLISTED_SIDECARS
    rows = [no_rows(REMEMBERED)]
    for batch in changes:
        for role in ROLES:
            keys = cast("list[str]", keys_to_check(batch, role, rules).to_pylist())
            if keys:
                remembered = remembered_companions(catalog, known_id, keys)
                unclear = is_inconclusive(remembered, batch, role, rules)
                if rules.labels is not None:
                    unclear &= ~rules.labels.claims(column(remembered, "companion_key"))
                rows.append(keep(remembered, unclear))
    return UnlistedSidecars(joined(rows))


def keep_unproven(unlisted: UnlistedSidecars, checker: KeyChecker) -> UnlistedSidecars:
    """The unlisted companions that are not proven gone, each checked by its key."""
    companions = cast("list[str]", column(unlisted.rows, "companion_key").to_pylist())
    asked = list(dict.fromkeys(companions))  # one companion may belong to several assets
    gone = {key for key, proof in zip(asked, checker.prove(asked), strict=True) if proof is Proof.GONE}
    return UnlistedSidecars(keep(unlisted.rows, mask_of(pa.array([key not in gone for key in companions], pa.bool_()))))
