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
from mirrorlake.model.splits import SPLIT_NUMBERS
from mirrorlake.select.edits import MAX_TAG_CHARS

_NAME = re.compile(r"\{([a-z_]+)\.([a-z_]+)\}")


def _members(enum: type[IntEnum]) -> dict[str, str]:
    return {member.name.lower(): str(int(member)) for member in enum}


def _list(members: Iterable[IntEnum]) -> str:
    return ", ".join(str(int(member)) for member in members)


# Users have labelled the asset; also if they deleted the label again.
_LABELLED = (
    "(EXISTS (SELECT FROM annotation WHERE annotation.asset_id = asset.id AND annotation.source <> 'bucket')"
    " OR EXISTS (SELECT FROM label_edit WHERE label_edit.asset_id = asset.id))"
)
# Users have tagged the asset.
_TAGGED = "EXISTS (SELECT FROM asset_tag WHERE asset_tag.asset_id = asset.id AND NOT asset_tag.from_keywords)"
# The asset has what users made and no bucket has: it is never removed with its object, but goes to the trash.
_USER_WORK = "(asset.edited OR {rule.tagged} OR {rule.labelled})"
# Users have edited the asset, tagged it, labelled it, put it into a project, or moved it to the trash.
_WORKED_ON = (
    "({rule.user_work} OR asset.state = {asset.trash}"
    " OR EXISTS (SELECT FROM project_asset WHERE project_asset.asset_id = asset.id))"
)
# An edit changes the metadata of the asset: a key gets another value, or becomes the user's, or is removed.
_METADATA_CHANGES = (
    "(NOT (asset.metadata @> %(values)s::jsonb AND NOT EXISTS (SELECT FROM unnest(%(set)s::text[]) AS key"
    " WHERE asset.provenance -> key ->> 0 IS DISTINCT FROM 'user'))"
    " OR asset.metadata ?| %(removed)s::text[])"
)
# What a batch of a bulk edit changed of the asset %(id)s; null: nothing.
_BATCH_CHANGES = (
    "(SELECT jsonb_agg(jsonb_build_object('kind', kind, 'name', name,"
    " 'before', edit_change.before -> (array_position(ids, %(id)s::bigint) - 1),"
    " 'set', CASE WHEN edit_change.after IS NOT NULL THEN jsonb_build_object('metadata',"
    " edit_change.after -> (array_position(ids, %(id)s::bigint) - 1), 'remove_metadata', '[]'::jsonb)"
    " WHEN kind = 'metadata' THEN bulk_edit.parts -> batch.part -> 'edit' END))"
    " FROM edit_change WHERE edit_change.edit_id = batch.edit_id AND edit_change.number = batch.number"
    " AND kind <> 'claim' AND %(id)s::bigint = ANY(ids))"
)
# Of `object`: an asset of its datasource still has the bytes for which the object was left out as a duplicate. One in
# the trash counts only if the object is `linked` to it.
_HAS_FIRST = (
    "EXISTS (SELECT FROM asset JOIN object AS first ON first.asset_id = asset.id"
    " WHERE asset.digest = object.duplicate AND first.datasource_id = object.datasource_id"
    " AND first.state = {known.present} AND (%(linked)s OR asset.state = {asset.present}))"
)
# Of `object`: the token that a pass compares. What other policies rejected has none that a listing could contain, and
# neither has a duplicate of what is gone.
_COMPARED_TOKEN = (
    "(CASE WHEN object.policies <> %(policies)s OR object.duplicate IS NOT NULL AND NOT "
    + _HAS_FIRST
    + " THEN E'\\x01' ELSE object.token END)"
)
# Of `asset`: its keywords as a list. Those of an older library are one text until `catalog.backfills` has come to the
# asset.
_KEYWORDS = (
    "(CASE jsonb_typeof(asset.facts -> 'keywords') WHEN 'array' THEN asset.facts -> 'keywords'"
    " WHEN 'string' THEN to_jsonb(string_to_array(asset.facts ->> 'keywords', '; ')) ELSE '[]' END)"
)


def _is_on(setting: str, datasource: str) -> str:
    """The datasource with this id has a setting that is on."""
    return (
        f"EXISTS (SELECT FROM datasource WHERE datasource.id = {datasource} AND settings @> '{{\"{setting}\": true}}')"
    )


def _file_tags(datasource: str) -> str:
    """Of `asset`: the tags that its file gives it by the settings of the datasource with this id, as a list."""
    return (
        f"(CASE WHEN {_is_on('keywordTags', datasource)} THEN {{rule.keywords}} ELSE '[]' END"
        f" || CASE WHEN char_length(asset.facts ->> 'caption') <= {MAX_TAG_CHARS}"
        f" AND {_is_on('captionTags', datasource)} THEN jsonb_build_array(asset.facts ->> 'caption') ELSE '[]' END)"
    )


# Of `asset`: the digest that names its thumbnail.
_THUMBNAIL_NAME = "coalesce(asset.digest, asset.sample_digest)"
# The state that a pass compares.
_COMPARED_STATE = (
    "(CASE WHEN object.depth > %(depth)s AND object.state = {known.present}"
    " THEN {known.outdated} ELSE object.state END)::smallint"
)
_CONNECTION_NAME = (
    "(SELECT connection.name FROM connection WHERE connection.id = datasource.connection_id) AS connected"
)

# Of `access.workspace`: the workspace whose schema the session uses.
_OWN_WORKSPACE = (
    "(CASE WHEN current_schema() ~ '^workspace_[0-9]+$' THEN current_schema() = 'workspace_' || workspace.id"
    " ELSE workspace.name = 'default' END)"
)

_VALUES: Mapping[str, Mapping[str, str]] = {
    "asset": {state.value: str(number) for state, number in STATE_NUMBERS.items()},  # asset.state
    "split": {split.value: str(number) for split, number in SPLIT_NUMBERS.items()},  # project_asset.split
    "known": {  # object.state
        **_members(KnownState),
        "standing": _list(STANDING_STATES),
        "used": _list(USED_STATES),
        "vanished": _list(VANISHED_STATES),
        "released": _list(RELEASED_STATES),
    },
    "op": _members(Op),  # staged.op
    "result": _members(ResultKind),  # staged.result
    "rule": {
        "labelled": _LABELLED,
        "tagged": _TAGGED,
        "user_work": _USER_WORK,
        "worked_on": _WORKED_ON,
        "metadata_changes": _METADATA_CHANGES,
        "batch_changes": _BATCH_CHANGES,
        "connection_name": _CONNECTION_NAME,
        "thumbnail_name": _THUMBNAIL_NAME,
        "keywords": _KEYWORDS,
        "gives_tags": f"({_is_on('keywordTags', '$1')} OR {_is_on('captionTags', '$1')})",
        "caption_tags": _is_on("captionTags", "$1"),
        "longest_tag": str(MAX_TAG_CHARS),
        "file_tags": _file_tags("$1"),
        "file_gives": f"({_file_tags('asset.datasource_id')} @> to_jsonb(%(name)s::text))",
        "compared_state": _COMPARED_STATE,
        "compared_token": _COMPARED_TOKEN,
        "own_workspace": _OWN_WORKSPACE,
    },
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
