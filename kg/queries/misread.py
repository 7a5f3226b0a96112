"""What to say of a question that is not understood: which words, and what was perhaps meant."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from kg.model import QueryError
from kg.queries import particles
from kg.queries.words import Token, Words, did_you_mean, either


def stuck(words: Words, tokens: Sequence[Token], at: int, types: Collection[str]) -> QueryError:
    """Say why the rest of the question is not understood; `types` are what is asked for."""
    small = particles.CONNECTORS | particles.LINKING | particles.NOT | particles.ARTICLES
    at = particles.after(tokens, at, small)
    thing = words.thing_at(tokens, at)
    if thing is None:
        return unknown(words, tokens, at, phrases=True)
    labels = [r.label for r in words.ontology.relations if r.drawn and (not types or set(types) & set(r.domain))]
    return QueryError(f"no relation stands before {thing.text!r}", hint=f"for example {either(labels)}")


def unknown(
    words: Words,
    tokens: Sequence[Token],
    at: int,
    *,
    wanted: Collection[str] = (),
    over_things: bool = False,
    phrases: bool = False,
) -> QueryError:
    """Say that the stretch that begins here is unknown; with `over_things` it may hold names."""
    if at >= len(tokens):
        return QueryError(f"the question ends after {tokens[-1].text!r}", hint=words.example())
    end = at + 1
    while end < len(tokens) and not _known(words, tokens, end, over_things=over_things):
        end += 1
    text = " ".join(t.text for t in tokens[at:end])
    hint = did_you_mean(text, words, wanted=wanted, phrases=phrases)
    labels = "relations are " + ", ".join(r.label for r in words.ontology.relations)
    return QueryError(f"do not know {text!r}", hint=hint or (labels if phrases else words.example()))


def _known(words: Words, tokens: Sequence[Token], at: int, *, over_things: bool) -> bool:
    """Whether something begins here that ends an unknown stretch."""
    if particles.word(tokens, at) in particles.CONNECTORS | particles.LINKING | particles.NOT:
        return True
    if words.phrase_at(tokens, at) or particles.year(tokens, at) or particles.begins(tokens, at, particles.SHARING):
        return True
    return not over_things and words.thing_at(tokens, at) is not None
