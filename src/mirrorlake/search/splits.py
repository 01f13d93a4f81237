"""The field `split:` of the query language: the part of a project that an asset is in. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import LiteralString

from mirrorlake.model.splits import SPLIT_NUMBERS, Split
from mirrorlake.search.nodes import And, InProject, InSplit, Node, Not, Or, Pattern
from mirrorlake.search.sql import Param, Sql, like_pattern
from mirrorlake.search.term import Term

NONE = "none"


def read_split(term: Term) -> Node:
    """`split = ("split:" | "split=") ("train" | "valid" | "test" | "none")`."""
    text = term.value.text.lower()
    term.require_equals(f"To exclude assets in a split, write -split:{text}.")
    if text == NONE:
        return InSplit(None)
    try:
        return InSplit(Split(text))
    except ValueError:
        term.reject("Unknown split.", f"Splits are {', '.join(Split)} and {NONE}.")


def bind_splits(node: Node, projects: tuple[str | Pattern, ...] = ()) -> Node:
    """The node with the projects that each `split:` is about: those of the `project:` terms that must match with it."""
    match node:
        case And(terms):
            named = tuple(value for term in terms for value in _projects(term)) or projects
            return And(tuple(bind_splits(term, named) for term in terms))
        case Or(terms):
            return Or(tuple(bind_splits(term, projects) for term in terms))
        case Not(term):
            return Not(bind_splits(term, projects))
        case InSplit():
            return replace(node, projects=projects)
        case _:
            return node


def projects_of_splits(node: Node) -> Sql | None:
    """The ids of the projects that the splits of a query are those of; None if it names none: any project counts."""
    projects = _projects(node)
    if isinstance(node, And):
        projects = tuple(value for term in node.terms for value in _projects(term))
    return _named(projects) if projects else None


def named_project(node: Node) -> str | None:
    """The project that all assets of a query are in, if it names only one of them."""
    names = _projects(node)
    if isinstance(node, And):
        names = tuple(value for term in node.terms for value in _projects(term))
    return names[0] if len(set(names)) == 1 and isinstance(names[0], str) else None


def _projects(node: Node) -> tuple[str | Pattern, ...]:
    """The projects of `project:a`, and of `project:a OR project:b`."""
    match node:
        case InProject(value):
            return (value,)
        case Or(terms) if all(isinstance(term, InProject) for term in terms):
            return tuple(value for term in terms for value in _projects(term))
        case _:
            return ()


def split_sql(split: Split | None, projects: tuple[str | Pattern, ...]) -> Sql:
    """Whether the asset is in this split of one of these projects, or of any project without them."""
    rows, params = _MEMBER, list[Param]()
    if split is None:
        rows += " AND project_asset.split IS NULL"
    else:
        rows += " AND project_asset.split = %s"
        params.append(SPLIT_NUMBERS[split])
    if projects:
        named = _named(projects)
        rows += " AND project_asset.project_id IN (" + named.text + ")"
        params += named.params
    return Sql("EXISTS (" + rows + ")", tuple(params))


def _named(projects: tuple[str | Pattern, ...]) -> Sql:
    """The ids of the projects with one of these names."""
    names: list[LiteralString] = []
    params = list[Param]()
    for project in projects:
        names.append("project.name LIKE %s" if isinstance(project, Pattern) else "project.name = %s")
        params.append(like_pattern(project) if isinstance(project, Pattern) else project)
    return Sql("SELECT project.id FROM project WHERE " + " OR ".join(names), tuple(params))  # noqa: S608 - literals


_MEMBER: LiteralString = "SELECT FROM project_asset WHERE project_asset.asset_id = asset.id"
