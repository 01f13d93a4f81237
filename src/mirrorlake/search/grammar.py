r"""Parse a query text into nodes. The docstring of each parse method is its grammar rule.

query = or
Keywords are upper-case only, so that a file called "and" can be found by its name.
"""

from __future__ import annotations

import re

from mirrorlake.core.errors import QueryError
from mirrorlake.search.fields import read_field, read_sort
from mirrorlake.search.likeness import read_likeness
from mirrorlake.search.nodes import And, Everything, Likeness, NameContains, Node, Not, Or, Query, Sort
from mirrorlake.search.scanner import Scanner

MAX_LENGTH = 4_096  # characters; a saved query or a URL is far shorter
MAX_DEPTH = 50  # nested brackets and NOTs: limits recursion here and in the compiler
MAX_TERMS = 200  # each becomes a condition that the database must plan

_KEYWORD = re.compile(r'(AND|OR|NOT)(?=[\s()"]|$)')


def parse(text: str) -> Query:
    """Parse a query. Raises QueryError, which points at the character where parsing failed."""
    if len(text) > MAX_LENGTH:
        raise QueryError(
            f"The query is longer than {MAX_LENGTH:,} characters.",
            "Shorten it, or tag the assets and search for the tag.",
            text=text[:MAX_LENGTH],
            position=MAX_LENGTH,
        )
    return _Parser(text).query()


class _Parser:
    def __init__(self, text: str) -> None:
        self._scanner = Scanner(text)
        self._depth = 0
        self._terms = 0
        self._sorts: list[Sort] = []
        self._likeness: Likeness | None = None

    def query(self) -> Query:
        """`query = or`, with `sort:`, or `like:` or `like-image:`, anywhere outside brackets."""
        self._scanner.check_characters()
        where = self._or()
        if self._scanner.next == ")":
            raise self._scanner.error("Unmatched closing bracket.", "Remove it, or put a ( before it.")
        return Query(where, tuple(self._sorts), self._likeness)

    def _or(self) -> Node:
        """`or = and { "OR" and }`; a whole query may be empty, a bracket or a side of OR may not."""
        branches = [self._and()]
        while self._keyword() == "OR":
            if branches[-1] is None:
                raise self._scanner.error("Expected a term before OR.", 'To search for the word itself, write "OR".')
            self._scanner.at += len("OR")
            branch = self._and()
            if branch is None:
                raise self._scanner.error("Expected a term after OR.", 'To search for the word itself, write "OR".')
            branches.append(branch)
        found = [branch for branch in branches if branch is not None]
        if len(found) > 1:
            return Or(tuple(found))
        if found:
            return found[0]
        if self._depth:
            raise self._scanner.error("Expected a term inside the brackets.", 'To search for a bracket, quote it: "(".')
        return Everything()

    def _and(self) -> Node | None:
        """`and = { ["AND"] not | sort }`; None if there is no term."""
        terms: list[Node] = []
        something = False  # whether a term or a sort precedes
        wanting = False  # AND was read, its right side was not
        while True:
            self._scanner.skip_spaces()
            keyword = self._keyword()
            if self._scanner.at_end or self._scanner.next == ")" or keyword == "OR":
                break
            if keyword == "AND":
                if wanting or not something:
                    raise self._scanner.error(
                        "Expected a term before AND.", 'To search for the word itself, write "AND".'
                    )
                self._scanner.at += len("AND")
                wanting = True
                continue
            if not self._ordering():
                terms.append(self._not())
            something, wanting = True, False
        if wanting:
            raise self._scanner.error("Expected a term after AND.", 'To search for the word itself, write "AND".')
        if len(terms) > 1:
            return And(tuple(terms))
        return terms[0] if terms else None

    def _ordering(self) -> bool:
        """`sort = "sort:" ["-"] column [":asc" | ":desc"]`, or a likeness; only outside brackets. False without one."""
        start = self._scanner.at
        sort = read_sort(self._scanner)
        likeness = None if sort is not None else read_likeness(self._scanner)
        if sort is None and likeness is None:
            return False
        if self._depth:
            raise self._scanner.error(
                "A sort orders the whole result. It cannot be negated or placed inside brackets."
                if sort is not None
                else "A likeness orders the whole result. It cannot be negated or placed inside brackets.",
                "Move it to the end of the query.",
                at=start,
            )
        if sort is not None:
            self._sorts.append(sort)
        elif self._likeness is not None:
            raise self._scanner.error("A query has one likeness.", "Remove the other one.", at=start)
        self._likeness = likeness or self._likeness
        if self._likeness is not None and self._sorts:
            raise self._scanner.error(
                "A result with a likeness is in the order of similarity.", "Remove sort: from the query.", at=start
            )
        return True

    def _not(self) -> Node:
        """`not = ("NOT" | "-") not | primary`; a `-` directly precedes the term that it excludes."""
        start = self._scanner.at
        if self._keyword() == "NOT":
            self._scanner.at += len("NOT")
            self._scanner.skip_spaces()
        elif not self._scanner.take("-"):
            return self._primary()
        if self._scanner.at_end or self._scanner.at_space or self._scanner.next == ")":
            raise self._scanner.error(
                "Expected a term directly after the minus sign."
                if self._scanner.source[start] == "-"
                else "Expected a term after NOT.",
                'To search for the text itself, quote it: "-" or "NOT".',
            )
        keyword = self._keyword()
        if keyword in ("AND", "OR"):
            raise self._scanner.error(f"Expected a term, found {keyword}.", f'Quote it to search for it: "{keyword}".')
        self._enter(start)
        self._ordering()  # raises if there is one, because brackets are open
        term = self._not()
        self._depth -= 1
        return Not(term)

    def _primary(self) -> Node:
        """`primary = "(" or ")" | field | quoted | word`."""
        scanner = self._scanner
        start = scanner.at
        if scanner.take("("):
            self._enter(start)
            node = self._or()
            if not scanner.take(")"):
                raise scanner.error("Unclosed bracket.", "Put a ) where the group ends.", at=start)
            self._depth -= 1
            return node
        self._terms += 1
        if self._terms > MAX_TERMS:
            raise scanner.error(f"The query has more than {MAX_TERMS} terms.", "Tag the assets and search for the tag.")
        if scanner.next == '"':
            return NameContains(scanner.read_quoted().text, quoted=True)
        return read_field(scanner) or NameContains(scanner.read_raw().text)

    def _enter(self, start: int) -> None:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise self._scanner.error(
                f"Brackets and NOTs are nested more than {MAX_DEPTH} deep.",
                "Simplify the query.",
                at=start,
            )

    def _keyword(self) -> str | None:
        found = _KEYWORD.match(self._scanner.source, self._scanner.at)
        return found.group(1) if found else None
