"""How a query was understood, as sentences."""

from __future__ import annotations

from mirrorlake.model.public import public_noun


@public_noun
class ExplainedTerm:
    """One line of the tree of a query."""

    depth: int
    """Level of nesting, from 0. A term belongs to the nearest line above it with a smaller depth."""
    text: str
    """What the term matches, or how the deeper lines below it are combined."""
    query: str
    """The term as a query of its own, in its canonical form."""


@public_noun
class ExplainedQuery:
    """How a query was understood."""

    query: str
    """As it was typed."""
    canonical: str
    """The same query in its canonical form: equal queries have equal ones."""
    terms: tuple[ExplainedTerm, ...]
    trash: str
    """Whether assets in the trash are found."""
    order: tuple[str, ...]
    """What the result is ordered by, the most important first."""
    notes: tuple[str, ...] = ()
    """Sentences about names in the query that the library does not know."""
