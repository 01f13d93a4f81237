"""Explain why a query finds nothing, or too much: names in it that the library does not know. Pure.

A query with a misspelled metadata key is valid, and so is a word such as `metdata.site:x`, which is searched in names.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Collection, Iterator

from mirrorlake.catalog.known_names import KnownNames, NameKind
from mirrorlake.core.text import count_noun
from mirrorlake.search.nodes import (
    And,
    HasClass,
    HasTag,
    InDatasource,
    InProject,
    LikeText,
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
from mirrorlake.search.printer import print_likeness
from mirrorlake.select.glob_advice import explain_glob

# A word that looks like a comparison of a metadata key: `capture.temperature>20`, `metdata.site:x`.
_COMPARISON = re.compile(r"(?P<key>[^\W\d][\w-]*(?:\.[\w-]+)+)(?P<rest>(?:[:=<>]|!=).+)", re.DOTALL)
_BARE = re.compile(r"(?:metadata|facts)\.[A-Za-z0-9_][A-Za-z0-9_.]*")  # `metadata.site`: no comparison follows
_PLAIN = re.compile(r"[^\W\d_]+(?:['\u2019-][^\W\d_]+)*")  # a word of a language, and hardly the name of a file
_SIMILAR = 0.7  # of difflib, from 0 to 1
_SHORTEST = 4  # characters of a last part: shorter ones are alike by chance
_LONGEST = 100  # characters of a name that is compared with others: the cost grows with the square

_KINDS = {Values.METADATA: NameKind.METADATA_KEY, Values.FACTS: NameKind.FACT}
_PREFIXES = {NameKind.METADATA_KEY: "metadata.", NameKind.FACT: "facts."}

Lookup = Callable[[NameKind, Collection[str]], KnownNames]


def hides_unknown(query: Query) -> bool:
    """Whether a query may find assets although a name in it is unknown: if it negates, has alternatives, or sorts."""
    return any(isinstance(sort.by, MetadataColumn) for sort in query.sorts) or _hides(query.where)


def _hides(node: Node) -> bool:
    match node:
        case And(terms):
            return any(_hides(term) for term in terms)
        case Or() | Not():
            return any(_named(leaf) is not None for leaf in _leaves(node))
        case _:
            return False


def explain_nothing(query: Query, lookup: Lookup, *, words_too: bool = True) -> tuple[str, ...]:
    """Sentences about what in this query cannot match; `lookup` is asked once for each kind of name that it uses.

    With `words_too`, also about words that look like comparisons: of a query that finds something, they are names.
    """
    nodes = list(_leaves(query.where))
    words = [found for node in nodes if words_too and (found := _comparison_in_names(node)) is not None]
    notes = [_explain_word(word, key, rest) for word, key, rest in words]
    notes += [_explain_bare(word) for node in nodes if words_too and (word := _bare_key(node)) is not None]
    names = [found for node in nodes if (found := _named(node)) is not None]
    names += [(_KINDS[sort.by.values], sort.by.key) for sort in query.sorts if isinstance(sort.by, MetadataColumn)]
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


def explain_words(query: Query) -> tuple[str, ...]:
    """A note on plain words, which are searched in names only: they may describe what pictures show."""
    if query.likeness is not None or query.sorts:
        return ()
    terms = query.where.terms if isinstance(query.where, And) else (query.where,)
    words = " ".join(term.text for term in terms if isinstance(term, NameContains))
    if not words or not all(map(_PLAIN.fullmatch, words.split())):
        return ()
    meant = print_likeness(LikeText(words))
    return (f"`{words}` was searched in names. To search by what pictures show, write `{meant}`.",)


def nearest(name: str, known: Collection[str]) -> str | None:
    """The known name that is most similar to `name`: the same in another case, with other parts before it, or alike.

    Names with dots are also compared by their last parts: `tempreature` is near `capture.temperature`.
    """
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
    if close:
        return folded[close[0]]
    last = wanted.rpartition(".")[2]
    by_last = {one.rpartition(".")[2]: spelled for one, spelled in folded.items()}
    close = difflib.get_close_matches(last, by_last, n=1, cutoff=_SIMILAR) if len(last) >= _SHORTEST else []
    return by_last[close[0]] if close else None


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
            return _KINDS[values], key
        case HasTag(str(tag)):
            return NameKind.TAG, tag
        case HasClass(str(name)):
            return NameKind.CLASS, name
        case InProject(str(name)):
            return NameKind.PROJECT, name
        case InDatasource(str(name)):
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


def _bare_key(node: Node) -> str | None:
    """A key with neither a comparison nor a value after it."""
    if isinstance(node, NameContains) and not node.quoted and _BARE.fullmatch(node.text):
        return node.text
    return None


def _explain_bare(word: str) -> str:
    space = Values(word.partition(".")[0])
    return f"`{word}` was searched in names. To find assets that have this {space.key}, write `has:{word}`."


def _explain_unknown(kind: NameKind, name: str, known: KnownNames) -> str:
    match kind:
        case NameKind.METADATA_KEY | NameKind.FACT if known.pending:
            missing = (
                f"No counted asset has the {kind.value} `{name}`; {count_noun(known.pending, 'changed asset')}"
                f" {'is' if known.pending == 1 else 'are'} not counted yet."
            )
        case NameKind.METADATA_KEY | NameKind.FACT | NameKind.TAG:
            missing = f"No asset has the {kind.value} `{name}`."
        case NameKind.PROJECT | NameKind.DATASOURCE | NameKind.CLASS:
            missing = f"No {kind.value} is named `{name}`."
    similar = nearest(name, known.some)
    if similar is None:
        return missing
    return f"{missing} Did you mean `{_PREFIXES.get(kind, f'{kind.value}:')}{_as_written(kind, similar)}`?"


def _as_written(kind: NameKind, name: str) -> str:
    """A name as a query contains it."""
    if kind in _PREFIXES or re.fullmatch(r"[^\s\"()*<>=!]+", name):
        return name
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
