"""Compile a query into a SELECT of ids, for a larger statement: a bulk edit, an export, a division."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from mirrorlake.catalog.assets import parse_asset_id
from mirrorlake.catalog.chosen_assets import ChosenAssets
from mirrorlake.catalog.sql_names import replace_names
from mirrorlake.search.compile import compile_query
from mirrorlake.search.grammar import parse
from mirrorlake.search.nodes import And, InProject
from mirrorlake.search.splits import named_project
from mirrorlake.search.sql import Param

_BY_ID = b"SELECT asset.id FROM asset WHERE asset.id = ANY(%s::bigint[])"


def select_chosen(query: str | None, assets: Sequence[str] = ()) -> tuple[bytes, tuple[Param | list[int], ...]]:
    """A SELECT of the ids of what a query finds, or without a query of these assets, in the trash or not.

    Raises QueryError, and NotFound for an id that cannot exist.
    """
    return select_ids(query) if query is not None else (_BY_ID, (_numbers(assets),))


def _numbers(assets: Sequence[str]) -> list[int]:
    return sorted({parse_asset_id(one) for one in assets})


def select_ids(query: str, *, trashed: bool = False) -> tuple[bytes, tuple[Param, ...]]:
    """A SELECT of the ids of all assets that match, with its values, for a larger statement. Raises QueryError.

    If `trashed`, of those in the trash only.
    """
    parsed = parse(query)
    if trashed:
        parsed = replace(parsed, where=And((parse("state:trash").where, parsed.where)))
    compiled = compile_query(parsed)
    text = f"SELECT asset.id FROM asset WHERE {compiled.where.text}"  # noqa: S608 - literals, values are bound
    return replace_names(text).encode(), compiled.where.params


def project_of(query: str) -> str | None:
    """The project whose splits the assets of a query have: the one that `project:` names. Raises QueryError."""
    return named_project(parse(query).where)


def choose(query: str, project: str | None = None, assets: Sequence[str] = ()) -> ChosenAssets:
    """All assets that match, of one project if named, in the order of the query if it has one.

    With `assets`, instead of those of a query these, in the trash or not. Raises as `select_chosen`.
    """
    parsed = parse("state:any" if assets else query)
    if project is not None:
        parsed = replace(parsed, where=And((InProject(project), parsed.where)))
    compiled = compile_query(parsed)
    where = compiled.where
    if assets:
        text = f"SELECT asset.id FROM asset WHERE ({where.text}) AND asset.id = ANY(%s::bigint[])"  # noqa: S608 - as below
        return ChosenAssets(select=replace_names(text).encode(), params=(*where.params, _numbers(assets)))
    if not parsed.sorts:
        text = f"SELECT asset.id FROM asset WHERE {where.text}"  # noqa: S608 - literals, values are bound
        return ChosenAssets(select=replace_names(text).encode(), params=where.params)
    text = f"SELECT asset.id, row_number() OVER (ORDER BY {compiled.order.text}) AS place FROM asset WHERE {where.text}"  # noqa: S608 - as above
    params = (*compiled.order.params, *where.params)
    return ChosenAssets(select=replace_names(text).encode(), params=params, sorted=True)
