"""Compile a query into SQL over the `asset` table: its condition, its order, and what an index can find of it. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from mirrorlake.core.errors import UsageError
from mirrorlake.search.conditions import compile_node
from mirrorlake.search.digests import members_sql
from mirrorlake.search.filters import filters_of, folder_of
from mirrorlake.search.nodes import And, HasDigest, HasTag, HasText, InProject, Node, Query, SortColumn, names_trash
from mirrorlake.search.order_sql import SortKey, order_sql, sort_key
from mirrorlake.search.picture_texts import one_by_one, texts_sql
from mirrorlake.search.splits import bind_splits
from mirrorlake.search.sql import Sql, join
from mirrorlake.search.times_sql import candidates


@dataclass(frozen=True, slots=True, kw_only=True)
class CompiledQuery:
    """A condition and an order over the table `asset`.

    Run it in a session whose time zone is UTC: metadata times without a zone are read as UTC.
    `order` ends with the id, so that pages never overlap.
    """

    where: Sql
    by_row: Sql  # `where` for assets that are checked one after the other
    checked: Sql  # `by_row` beside a filter, where it need not find names by an index
    order: Sql
    filters: tuple[Sql, ...] = ()  # one of them holds if `where` does; an index answers each
    nothing: bool = False  # no asset matches
    most: int | None = None  # how many assets match at most; None: unknown
    # Holds if `where` does, and costs less where there is an index on the texts of this key.
    candidates: tuple[str, Sql] | None = None
    folder: tuple[Sql, Sql] | None = None  # a range of keys in which all matches are, and what holds of them
    members: tuple[Sql, ...] = ()  # each selects ids, in which all that match are, from an index in their order
    texts: tuple[Sql, ...] = ()  # each selects texts in pictures, one of which each asset that matches has
    only_texts: bool = False  # of the conditions, only those on texts have an index that selects
    trash: bool = False  # whether the query names the trash or any state
    keys: tuple[SortKey, ...] = ()  # what `order` consists of, the id apart
    id_descending: bool = True


def compile_query(query: Query) -> CompiledQuery:
    """Compile a query. Assets in the trash are excluded unless the query names the trash or any state.

    Raises UsageError for a likeness: it ranks assets, and is no condition.
    """
    if query.likeness is not None:
        raise UsageError(
            "A likeness (like: or like-image:) ranks the result of a search. It selects nothing on its own.",
            "Search with it, and name the assets by their ids, or tag them.",
        )
    where = compile_node(bind_splits(query.where))
    trash = names_trash(query.where)
    if not trash:
        where = join(" AND ", [Sql("asset.state <> {asset.trash}"), where])
    by_id = next((place for place, sort in enumerate(query.sorts, 1) if sort.by is SortColumn.ID), None)
    sorts = query.sorts[:by_id]  # ids differ, so nothing sorts after them
    keys = tuple(sort_key(sort) for sort in sorts)
    id_descending = sorts[-1].descending if sorts else True  # newest first if nothing was asked
    by_row = one_by_one(where)
    return CompiledQuery(
        where=where,
        by_row=by_row,
        # The filter has the part of a name that few share. All of it would read the lists of what all names share.
        checked=Sql(by_row.text.replace("asset.name ILIKE", "(asset.name || '') ILIKE"), where.params),
        order=order_sql(keys, id_descending=id_descending),
        filters=filters_of(query.where),
        candidates=candidates(query.where),
        folder=_folder(query.where),
        members=tuple(_members(query.where)),
        texts=tuple(_texts(query.where)),
        only_texts=_only_texts(query.where),
        trash=trash,
        keys=keys,
        id_descending=id_descending,
    )


def _folder(node: Node) -> tuple[Sql, Sql] | None:
    found = folder_of(node)
    if found is None:
        return None
    keys, whole = found
    return keys, keys if whole else join(" AND ", [keys, compile_node(node)])


def _members(node: Node) -> Iterator[Sql]:
    match node:
        case And(terms):
            for term in terms:
                yield from _members(term)
        case HasDigest(digest):
            yield members_sql(digest)
        case HasTag(str(value)):
            yield Sql("SELECT asset_id FROM asset_tag WHERE tag = %s", (value,))
        case InProject(str(value)):
            yield Sql(
                "SELECT asset_id FROM project_asset WHERE project_id = (SELECT id FROM project WHERE name = %s)",
                (value,),
            )
        case _:
            return


def _only_texts(node: Node) -> bool:
    """Whether all that match have words in their pictures, and no other condition has the index on filters."""
    match node:
        case And(terms):
            texts = [_only_texts(term) for term in terms]
            others = (term for term, is_text in zip(terms, texts, strict=True) if not is_text)
            return any(texts) and not any(filters_of(term) for term in others)
        case HasText():
            return True
        case _:
            return False


def _texts(node: Node) -> Iterator[Sql]:
    match node:
        case And(terms):
            for term in terms:
                yield from _texts(term)
        case HasText(words, prefix):
            yield from texts_sql(words, prefix=prefix)
        case _:
            return
