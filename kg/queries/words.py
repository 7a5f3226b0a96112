"""The words of a question: tokens, and what the ontology and the graph know them as."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from kg.model import Node, QueryError, fold, name_key
from kg.ontology import Ontology
from kg.view import View
from kg.view.loaded import sets

LINKS = frozenset(
    {"of", "about", "in", "from", "on", "linked to", "related to", "connected to", "shared by", "common to"}
)

_TOKEN = re.compile(r'"([^"]*)"|“([^”]*)”|(?<!\S)\'([^\']+)\'(?=[\s,;?!.]|$)|([^\s"“”]+)|(["“”])')
_JOINED = re.compile(r"[\s\-_]+")
_LONGEST_PHRASE = 6
_LONGEST_NAME = 40
_NEAR, _NEAR_SHORT = 65, 75
_CANDIDATES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """One word of a question, or a quoted name."""

    text: str
    quoted: bool = False

    @property
    def word(self) -> str:
        """The word in lower case; a quoted name is no word of the grammar."""
        return "" if self.quoted else self.text.casefold()


@dataclass(frozen=True, slots=True, kw_only=True)
class Thing:
    """What stands where a noun belongs: a node type (`types`) or the nodes of one name (`ids`). `end` is past it."""

    text: str
    types: tuple[str, ...]
    ids: tuple[str, ...]
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrase:
    """A relation phrase; no `relation` is a link of any kind. `inverse`: the object comes first in the graph."""

    relation: str
    inverse: bool
    end: int


def tokens(question: str) -> tuple[Token, ...]:
    """Split a question into words, quoted names and commas; the final mark does not count.

    >>> [t.text for t in tokens('papers that use "LoRA, again" or QLoRA, GPT-3.5?')]
    ['papers', 'that', 'use', 'LoRA, again', 'or', 'QLoRA', ',', 'GPT-3.5']
    """
    found: list[Token] = []
    for double, curly, single, word, stray in _TOKEN.findall(question.strip().rstrip("?!. ")):
        if stray:
            raise QueryError("a quotation mark is not closed", where="question")
        if quoted := (double or curly or single):
            found.append(Token(text=quoted, quoted=True))
        elif word:
            bare = word.rstrip(",;")
            found += [Token(text=bare)] if bare else []
            found += [Token(text=",")] if bare != word else []
    return tuple(found)


@dataclass(frozen=True, kw_only=True)
class Words:
    """What words mean in one graph. Nothing is known here that the ontology or the graph does not say."""

    graph: View

    @property
    def ontology(self) -> Ontology:
        """The ontology of the graph."""
        return self.graph.ontology

    @cached_property
    def types(self) -> Mapping[str, str]:
        """Node types by every word for them."""
        known: dict[str, str] = {}
        for node_type in self.ontology.types:
            for word in (node_type.name, node_type.plural, *node_type.synonyms):
                known.setdefault(fold(word), node_type.name)
        return known

    @cached_property
    def phrases(self) -> Mapping[str, tuple[str, bool]]:
        """Relations, and whether they are meant the other way round, by every phrase for them."""
        known: dict[str, tuple[str, bool]] = {}
        for relation in self.ontology.relations:
            for phrase in (relation.name, relation.label, *relation.phrases):
                known.setdefault(phrase_key(phrase), (relation.name, False))
            for phrase in relation.inverse:
                known.setdefault(phrase_key(phrase), (relation.name, True))
        return known

    @property
    def written(self) -> tuple[str, ...]:
        """Every relation phrase as the ontology writes it, each once however it is joined."""
        every = [p for r in self.ontology.relations for p in (r.label, *r.phrases, *r.inverse)]
        once = {phrase_key(phrase).replace(" ", ""): phrase for phrase in reversed(every)}
        return tuple(reversed(once.values()))

    def phrase_at(self, words: Sequence[Token], start: int) -> Phrase | None:
        """Return the longest relation phrase that begins here; `used with` is one where both words mean the same."""
        found = self._phrase(words, start)
        while found is not None and found.relation:
            more = self._phrase(words, found.end)
            if more is None or (more.relation, more.inverse) != (found.relation, found.inverse):
                break
            found = more
        return found

    def _phrase(self, words: Sequence[Token], start: int) -> Phrase | None:
        for end in range(min(len(words), start + _LONGEST_PHRASE), start, -1):
            if any(t.quoted for t in words[start:end]):
                continue
            key = phrase_key(" ".join(t.text for t in words[start:end]))
            if key in self.phrases:
                relation, inverse = self.phrases[key]
                return Phrase(relation=relation, inverse=inverse, end=end)
            if key in LINKS:
                return Phrase(relation="", inverse=False, end=end)
        return None

    def thing_at(self, words: Sequence[Token], start: int, wanted: Collection[str] = ()) -> Thing | None:
        """Return the longest type word or name that begins here; names of a `wanted` type come before all others."""
        if start >= len(words):
            return None
        if words[start].quoted:
            ids = self._ids(words[start].text, ())
            return Thing(text=words[start].text, types=(), ids=ids, end=start + 1) if ids else None
        type_word = self._type_at(words, start)
        named = self._name_at(words, start, wanted) or (self._name_at(words, start, ()) if wanted else None)
        if named is not None and (type_word is None or named.end > type_word.end):
            return named
        return type_word

    def _type_at(self, words: Sequence[Token], start: int) -> Thing | None:
        for end in range(_run(words, start, _LONGEST_PHRASE), start, -1):
            text = " ".join(t.text for t in words[start:end])
            if fold(text) in self.types:
                return Thing(text=text, types=(self.types[fold(text)],), ids=(), end=end)
        return None

    def _name_at(self, words: Sequence[Token], start: int, wanted: Collection[str]) -> Thing | None:
        for end in range(_run(words, start, _LONGEST_NAME), start, -1):
            text = " ".join(t.text for t in words[start:end])
            if ids := self._ids(text, wanted):
                return Thing(text=text.replace(" ,", ","), types=(), ids=ids, end=end)
        return None

    def _ids(self, text: str, wanted: Collection[str]) -> tuple[str, ...]:
        return tuple(n.id for n in self.graph.find(text) if not wanted or n.type in wanted)

    def example(self) -> str:
        """Return a question that this ontology can answer."""
        subject = self.ontology.types_as("artefact")[0].plural
        return f'for example "{subject} {self.ontology.relation_as("result").label} NAME"'

    def joins(self, name: str) -> str:
        """Return in words what a relation joins."""
        relation = self.ontology.relation(name)
        return f"{relation.label} goes from {either(relation.domain)} to {either(relation.range)}"


def words_of(text: str) -> frozenset[str]:
    """Return a set of words written as one line."""
    return frozenset(text.split())


def phrase_key(text: str) -> str:
    """Return the form in which relation phrases are compared.

    >>> phrase_key("Evaluated-on") == phrase_key("evaluated  on")
    True
    """
    return _JOINED.sub(" ", text).strip().casefold()


def did_you_mean(
    text: str, words: Words, *, wanted: Collection[str] = (), names: bool = True, phrases: bool = False
) -> str:
    """Return up to three things that were perhaps meant, as a hint; empty when nothing is near.

    Type words always compete; names (those of the `wanted` types first) and relation phrases where they may stand.
    """
    near = [(word, fold(word), 1) for t in words.ontology.types for word in dict.fromkeys((t.plural, *t.synonyms))]
    if phrases:
        near += [(phrase, phrase_key(phrase), 1) for phrase in words.written]
    if names:
        nodes = [n for n in words.graph.nodes if not wanted or n.type in wanted]
        near += [(label, fold(name), n.support) for n in nodes for label, name in _labels(n)]
    found = _nearest(text, near)
    if not found and wanted and names:
        return did_you_mean(text, words, phrases=phrases)
    return "did you mean " + either(found) + "?" if found else ""


def nearest_names(text: str, names: Collection[str]) -> str:
    """Return which of these names were perhaps meant, as a hint."""
    found = _nearest(text, [(name, fold(name), 1) for name in sorted(names)])
    return "did you mean " + either(found) + "?" if found else ""


def _nearest(text: str, near: Sequence[tuple[str, str, int]]) -> list[str]:
    """Rank by spelling; a whole word in common counts nine tenths, so that part of a name finds it."""
    from rapidfuzz import fuzz, process

    wanted, keys = fold(text), [key for _, key, _ in near]
    cutoff = _NEAR if len(wanted) > 3 else _NEAR_SHORT
    spelled = process.extract(wanted, keys, scorer=fuzz.ratio, limit=5 * _CANDIDATES, score_cutoff=cutoff)
    shared = process.extract(
        wanted, keys, scorer=fuzz.token_set_ratio, limit=5 * _CANDIDATES, score_cutoff=cutoff / 0.9
    )
    scores: dict[int, float] = {}
    for share, hits in ((1.0, spelled), (0.9, shared)):
        for _, score, index in hits:
            scores[index] = max(round(share * score, 3), scores.get(index, 0.0))
    ranked = sorted(scores, key=lambda i: (-scores[i], -near[i][2], near[i][0]))
    return list(dict.fromkeys(near[index][0] for index in ranked))[:_CANDIDATES]


def _labels(node: Node) -> list[tuple[str, str]]:
    own = f"{node.name!r} ({node.type})"
    return [(own, node.name), *((f"{alias!r} ({node.type} {node.name})", alias) for alias in node.aliases)]


def either(names: Sequence[str]) -> str:
    """Join names as a person would.

    >>> either(("A", "B", "C"))
    'A, B or C'
    """
    return ", ".join(names[:-1]) + " or " + names[-1] if len(names) > 1 else "".join(names)


def _run(words: Sequence[Token], start: int, longest: int) -> int:
    """Return where an unquoted run that begins here ends at the latest."""
    end = start
    while end < len(words) and end - start < longest and not words[end].quoted:
        end += 1
    return end


def only(nodes: Sequence[Node], text: str) -> Node:
    """Return the one node that a name means; several are a QueryError with the ids that part them."""
    if len(nodes) > 1:
        hint = f"did you mean {either([node.id for node in nodes])}?"
        raise QueryError(f"{text!r} names {len(nodes)} nodes", hint=hint)
    return nodes[0]


def named(graph: View, text: str) -> tuple[Node, ...]:
    """Return the nodes that a person may mean: by name, alias or id, else papers by arXiv id, DOI or source id."""
    found = graph.find(text)
    if found:
        return found
    key = name_key(text.removeprefix("arXiv:").removeprefix("arxiv:").removeprefix("https://doi.org/"))
    return tuple(graph.by_id[paper] for paper in sets(graph).called(key))
