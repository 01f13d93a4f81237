"""Compile a query into a SELECT of ids, for a larger statement: a bulk edit, an export, a division."""

from __future__ import annotations

from dataclasses import replace

from mirrorlake.catalog.chosen_assets import ChosenAssets
from mirrorlake.catalog.sql_names import replace_names
from mirrorlake.search.compile import compile_query
from mirrorlake.search.grammar import parse
from mirrorlake.search.nodes import And, InProject
from mirrorlake.search.splits import named_project
from mirrorlake.search.sql import Param


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


def choose(query: str, project: str | None = None) -> ChosenAssets:
    """All assets that match, of one project if named, in the order of the query if it has one. Raises QueryError."""
    parsed = parse(query)
    if project is not None:
        parsed = replace(parsed, where=And((InProject(project), parsed.where)))
    compiled = compile_query(parsed)
    where = compiled.where
    if not parsed.sorts:
        text = f"SELECT asset.id FROM asset WHERE {where.text}"  # noqa: S608 - literals, values are bound
        return ChosenAssets(select=replace_names(text).encode(), params=where.params)
    text = f"SELECT asset.id, row_number() OVER (ORDER BY {compiled.order.text}) AS place FROM asset WHERE {where.text}"  # noqa: S608 - as above
    params = (*compiled.order.params, *where.params)
    return ChosenAssets(select=replace_names(text).encode(), params=params, sorted=True)
