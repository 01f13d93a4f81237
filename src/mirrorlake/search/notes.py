"""Explain why a query finds nothing: names in it that the library does not know. Pure.

A query with a misspelled metadata key is valid, and so is a word such as `metdata.site:x`, which is searched in names.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Collection, Iterator

from mirrorlake.catalog.known_names import KnownNames, NameKind
from mirrorlake.search.nodes import (
    And,
    HasClass,
    HasTag,
    InDatasource,
    InProject,
    MetadataColumn,
    MetadataCompare,
    MetadataExists,
    MetadataMatches,
    NameContains,
    Node,
    Not,
    Or,
    PathMatches,
    Query,
    Values,
)
from mirrorlake.select.glob_advice import explain_glob

# A word that looks like a comparison of a metadata key: `capture.temperature>20`, `metdata.site:x`.
_COMPARISON = re.compile(r"(?P<key>[^\W\d][\w-]*(?:\.[\w-]+)+)(?P<rest>(?:[:=<>]|!=).+)", re.DOTALL)
_SIMILAR = 0.7  # of difflib, from 0 to 1
_LONGEST = 100  # characters of a name that is compared with others: the cost grows with the square

Lookup = Callable[[NameKind, Collection[str]], KnownNames]


def explain_nothing(query: Query, lookup: Lookup) -> tuple[str, ...]:
    """Sentences about what in this query cannot match; `lookup` is asked once for each kind of name that it uses."""
    nodes = list(_leaves(query.where))
    words = [found for node in nodes if (found := _comparison_in_names(node)) is not None]
    notes = [_explain_word(word, key, rest) for word, key, rest in words]
    names = [found for node in nodes if (found := _named(node)) is not None]
    sorted_by = [sort.by for sort in query.sorts if isinstance(sort.by, MetadataColumn)]
    names += [(NameKind.METADATA_KEY, by.key) for by in sorted_by if by.values is Values.METADATA]
    names += [(NameKind.METADATA_KEY, key) for _, key, _ in words]
    for kind in NameKind:
        wanted = list(dict.fromkeys(name for its_kind, name in names if its_kind is kind))
        if wanted:
            known = lookup(kind, wanted)
            notes += [_explain_unknown(kind, name, known) for name in wanted if name not in known.found]
    for node in nodes:
        if isinstance(node, PathMatches) and not node.literal and (reason := explain_glob(node.glob)) is not None:
            notes.append(f"In `path:{node.glob}`, {reason}.")
    return tuple(dict.fromkeys(notes))


def nearest(name: str, known: Collection[str]) -> str | None:
    """The known name that is most similar to `name`: the same in another case, with other parts before it, or alike."""
    folded = {one.casefold(): one for one in reversed(list(known)) if len(one) <= _LONGEST}
    wanted = name.casefold()
    if wanted in folded:
        return folded[wanted]
    for one, spelled in folded.items():
        if one.endswith(f".{wanted}") or wanted.endswith(f".{one}"):
            return spelled
    if len(name) > _LONGEST:
        return None
    close = difflib.get_close_matches(wanted, folded, n=1, cutoff=_SIMILAR)
    return folded[close[0]] if close else None


def _leaves(node: Node) -> Iterator[Node]:
    match node:
        case And(terms) | Or(terms):
            for term in terms:
                yield from _leaves(term)
        case Not(term):
            yield from _leaves(term)
        case _:
            yield node


def _named(node: Node) -> tuple[NameKind, str] | None:
    """The exact name that a term requires; patterns name nothing."""
    match node:
        case MetadataExists(key, values) | MetadataMatches(key, _, values) | MetadataCompare(key, _, _, values):
            return (NameKind.METADATA_KEY, key) if values is Values.METADATA else None
        case HasTag(str(tag)):
            return NameKind.TAG, tag
        case HasClass(str(name)):
            return NameKind.CLASS, name
        case InProject(str(name)):
            return NameKind.PROJECT, name
        case InDatasource(name):
            return NameKind.DATASOURCE, name
        case _:
            return None


def _comparison_in_names(node: Node) -> tuple[str, str, str] | None:
    """A word that was probably meant as a comparison: the word, the metadata key, and the comparison after it."""
    if not isinstance(node, NameContains) or node.quoted:
        return None
    found = _COMPARISON.fullmatch(node.text)
    if found is None:
        return None
    key = found["key"]
    first, _, others = key.partition(".")
    return node.text, others if nearest(first, ["metadata"]) else key, found["rest"]


def _explain_word(word: str, key: str, rest: str) -> str:
    return f"`{word}` was searched in names. To search metadata, write `metadata.{key}{rest}`."


def _explain_unknown(kind: NameKind, name: str, known: KnownNames) -> str:
    written = "metadata." if kind is NameKind.METADATA_KEY else f"{kind.value}:"
    match kind:
        case NameKind.METADATA_KEY if known.sampled is not None:
            missing = f"None of {known.sampled:,} sampled assets has the metadata key `{name}`."
        case NameKind.METADATA_KEY | NameKind.TAG:
            missing = f"No asset has the {kind.value} `{name}`."
        case NameKind.PROJECT | NameKind.DATASOURCE | NameKind.CLASS:
            missing = f"No {kind.value} is named `{name}`."
    similar = nearest(name, known.some)
    return missing if similar is None else f"{missing} Did you mean `{written}{_as_written(kind, similar)}`?"


def _as_written(kind: NameKind, name: str) -> str:
    """A name as a query contains it."""
    if kind is NameKind.METADATA_KEY or re.fullmatch(r"[^\s\"()*<>=!]+", name):
        return name
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
