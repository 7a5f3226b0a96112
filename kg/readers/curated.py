"""Curated facts: YAML that a person writes and reads.

    papers:
    - title: A Title of One's Own
      date: 2024-09-17
      introduces: {Technique: [first name, second name]}

Every key is bibliographic or a relation of the ontology; under a relation stand types, under a type names.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from kg import ontology
from kg.model import Fact, Paper, ReadError, name_key
from kg.ontology import Ontology
from kg.readers import clean, facts
from kg.readers.reading import Lines, Reader, Reading
from kg.yamltree import Node, parse

_MAX_CHARACTERS = 4_000_000
_TOP = "papers"
_TEXTS = ("id", "title", "date", "year", "venue", "url", "arxiv", "doi")
_LISTS = ("authors", "keywords")
_MARK = re.compile(rf"^{_TOP}:(?= |$)", re.MULTILINE)


def _recognises(head: str) -> bool:
    return bool(_MARK.search(head)) and not head.lstrip().startswith("{")


def _read(lines: Lines, place: str) -> Reading:
    """Read a file of curated facts, whole or not at all: a person wrote it and can mend it."""
    parts: list[str] = []
    size = 0
    for _, text in lines:
        parts.append(text)
        size += len(text) + 1
        if size > _MAX_CHARACTERS:
            raise ReadError(f"more than {_MAX_CHARACTERS} characters of curated facts", where=place, hint="split it")
    tree = parse(clean.text("\n".join(parts)), place)
    papers = tuple(_File(place=place, ontology=ontology.load()).papers(tree))
    if not papers:
        raise ReadError("a file with no paper", where=place, hint="papers: [{title: ...}]")
    return Reading(papers=papers, skipped=(), lines=len(parts), used=len(parts))


@dataclass(frozen=True, slots=True, kw_only=True)
class _File:
    """What all errors of one file need to know."""

    place: str
    ontology: Ontology

    def papers(self, tree: Node | None) -> Iterator[Paper]:
        """Yield the papers of the tree; raise ReadError at the line of the first thing wrong."""
        if tree is None or tree.pairs is None:
            raise self._error(tree, "expected a mapping", f"{_TOP}: [{{title: ...}}]")
        for _, key, value in self._pairs(tree, (_TOP,)):
            if value.items is None:
                raise self._error(value, f"{key} must be a list", "- title: ...")
            for entry in value.items:
                yield self._paper(entry)

    def _paper(self, entry: Node) -> Paper:
        relations = facts.relations(self.ontology)
        texts: dict[str, str] = {}
        lists: dict[str, tuple[str, ...]] = {}
        found: list[Fact] = []
        for _, key, value in self._pairs(entry, (*_TEXTS, *_LISTS, *relations)):
            if key in _TEXTS:
                texts[key] = self._checked(key, self._text(value), value)
            elif key in _LISTS:
                lists[key] = tuple(self._text(item) for item in self._items(value))
            else:
                found.extend(self._facts(key, value, found))
        if not texts.get("title"):
            raise self._error(entry, "a paper without a title", "title: ...")
        date = texts.get("date", "")
        year = texts.get("year") or date[:4]
        paper = Paper(
            id=texts.get("id", ""),
            title=texts["title"],
            year=int(year) if year else None,
            date=date,
            venue=texts.get("venue", ""),
            authors=lists.get("authors", ()),
            author_count=len(lists.get("authors", ())),
            url=texts.get("url", ""),
            keywords=lists.get("keywords", ()),
            arxiv=texts.get("arxiv", ""),
            doi=texts.get("doi", ""),
            facts=tuple(found),
            source=Path(self.place).name,
        )
        return paper if paper.id else replace(paper, id=paper.key())

    def _facts(self, relation: str, node: Node, before: list[Fact]) -> list[Fact]:
        types = self.ontology.relation(relation).range
        known = {(fact.type, name_key(fact.name)) for fact in before}
        found = []
        for key_node, type_name, names in self._pairs(node, None, f"{{{types[0]}: [name, ...]}}"):
            place, items = key_node, self._items(names)
            try:
                facts.check(relation, type_name, ontology=self.ontology)
                for place in items:
                    fact = facts.fact(relation, type_name, self._text(place), ontology=self.ontology)
                    if (fact.type, name_key(fact.name)) in known:
                        raise facts.UnsoundError(f"{fact.type} {fact.name!r} stands twice", "one relation each")
                    known.add((fact.type, name_key(fact.name)))
                    found.append(fact)
            except facts.UnsoundError as error:
                raise self._error(place, error.what, error.hint) from None
        return found

    def _checked(self, key: str, value: str, node: Node) -> str:
        if key == "date" and clean.iso_date(value) != value:
            raise self._error(node, f"{value!r} is no date", "YYYY-MM-DD, YYYY-MM or YYYY")
        if key == "year" and not re.fullmatch("[0-9]{4}", value):
            raise self._error(node, f"{value!r} is no year", "YYYY")
        if key == "arxiv" and not clean.arxiv(value):
            raise self._error(node, f"{value!r} is no arXiv id", "2401.00001")
        if key == "doi" and not clean.doi(value):
            raise self._error(node, f"{value!r} is no DOI", "10.1000/182")
        return {"arxiv": clean.arxiv, "doi": clean.doi}.get(key, str)(value)

    def _pairs(
        self, node: Node, keys: tuple[str, ...] | None, shape: str = "key: value"
    ) -> Iterator[tuple[Node, str, Node]]:
        """Yield each key of a mapping, its text and its value; a key that is unknown or stands twice is an error."""
        if node.pairs is None:
            raise self._error(node, "expected a mapping", shape)
        seen: set[str] = set()
        for key_node, value in node.pairs:
            key = self._text(key_node)
            if keys is not None and key not in keys:
                raise self._error(key_node, f"unknown key or relation {key!r}", "one of " + ", ".join(keys))
            if key in seen:
                raise self._error(key_node, f"{key!r} stands twice", "put the values together")
            seen.add(key)
            yield key_node, key, value

    def _items(self, node: Node) -> tuple[Node, ...]:
        if not node.items:
            raise self._error(node, "expected a list", "[first name, second name]")
        return node.items

    def _text(self, node: Node) -> str:
        if node.text is None:
            raise self._error(node, "expected a single value", "quote what has commas or colons")
        return clean.line(node.text)

    def _error(self, node: Node | None, what: str, hint: str) -> ReadError:
        return ReadError(what, where=f"{self.place}:{node.line if node else 1}", hint=hint)


READER = Reader(name="curated", suffixes=(".yaml", ".yml"), recognises=_recognises, read=_read)
