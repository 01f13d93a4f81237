"""Names for stored values: SQL contains `{known.missing}`, which is replaced by the number.

The groups are enums of `model/`; a group's set of members (`{known.standing}`) becomes a list for `IN (...)`. A rule is
a condition on the table `asset`, or a column of the table `datasource`, that several statements share.
No other SQL contains a brace followed by a lower-case name and a dot, so nothing else is replaced.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from enum import IntEnum

from mirrorlake.model.assets import STATE_NUMBERS
from mirrorlake.model.objects import RELEASED_STATES, STANDING_STATES, USED_STATES, VANISHED_STATES, KnownState
from mirrorlake.model.outcomes import Op, OutcomeKind, ResultKind

_NAME = re.compile(r"\{([a-z_]+)\.([a-z_]+)\}")


def _members(enum: type[IntEnum]) -> dict[str, str]:
    return {member.name.lower(): str(int(member)) for member in enum}


def _list(members: Iterable[IntEnum]) -> str:
    return ", ".join(str(int(member)) for member in members)


# Users have edited the asset, tagged it, labelled it, put it into a project, or moved it to the trash.
_WORKED_ON = (
    "(asset.edited OR asset.state = {asset.trash}"
    " OR EXISTS (SELECT FROM asset_tag WHERE asset_tag.asset_id = asset.id)"
    " OR EXISTS (SELECT FROM project_asset WHERE project_asset.asset_id = asset.id)"
    " OR EXISTS (SELECT FROM annotation WHERE annotation.asset_id = asset.id"
    " AND annotation.source <> 'bucket')"
    " OR EXISTS (SELECT FROM label_edit WHERE label_edit.asset_id = asset.id))"  # also a label that a user deleted
)
_CONNECTION_NAME = (
    "(SELECT connection.name FROM connection WHERE connection.id = datasource.connection_id) AS connected"
)

_VALUES: Mapping[str, Mapping[str, str]] = {
    "asset": {state.value: str(number) for state, number in STATE_NUMBERS.items()},  # asset.state
    "known": {  # object.state
        **_members(KnownState),
        "standing": _list(STANDING_STATES),
        "used": _list(USED_STATES),
        "vanished": _list(VANISHED_STATES),
        "released": _list(RELEASED_STATES),
    },
    "op": _members(Op),  # staged.op
    "result": _members(ResultKind),  # staged.result
    "rule": {"worked_on": _WORKED_ON, "connection_name": _CONNECTION_NAME},
    "outcome": {kind.value: f"'{kind.value}'" for kind in OutcomeKind},  # outcome.kind, a text
}


def replace_names(sql: str) -> str:
    """`sql` with each `{group.name}` replaced by its stored value. Raises ValueError for an unknown name."""

    def value(found: re.Match[str]) -> str:
        try:
            return _NAME.sub(value, _VALUES[found[1]][found[2]])  # a rule contains names too
        except KeyError:
            raise ValueError(f"{found[0]} is not a name that SQL can use; see catalog/sql_names.py") from None

    return _NAME.sub(value, sql)
