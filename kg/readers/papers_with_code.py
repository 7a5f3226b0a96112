"""The dumps of Papers with Code: papers with abstracts, methods, datasets, evaluation tables, links to code.

What their tables say becomes curated facts of the papers they name: a row of a leaderboard, that the paper was measured
on the dataset and works on the task; a method or dataset, that its source paper introduced it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from kg import ontology
from kg.model import Fact, Paper
from kg.ontology import Ontology
from kg.readers import facts, jsonrecords
from kg.readers.reading import Lines, Reader, Reading
from kg.readers.records import Record, collected, mapping, paper, text, texts

_MAX_DEPTH = 50  # of tasks inside tasks


def _recognises(head: str) -> bool:
    return jsonrecords.kind(head) == READER.name


def _read(lines: Lines, place: str) -> Reading:
    """Read a dump; each row of an evaluation table counts as a record."""
    dump = _Dump(place=place)
    hint = "a dump: papers, methods, datasets, evaluation tables or links"
    return collected(_rows(jsonrecords.records(lines)), place, dump.papers, hint=hint)


def _rows(found: Iterable[Record]) -> Iterator[Record]:
    """Part evaluation tables into their rows; every other record is passed on."""
    for record in found:
        if record.error or not isinstance(record.value.get("datasets"), list) or "task" not in record.value:
            yield record
            continue
        tasks: list[tuple[Any, int]] = [(record.value, 0)]
        empty = True
        while tasks:
            task, depth = tasks.pop()
            if depth > _MAX_DEPTH:
                yield Record(line=record.line, text=record.text, error="tasks nested too deeply")
                continue
            tasks.extend((mapping(sub), depth + 1) for sub in reversed(_items(task.get("subtasks"))))
            for row in _of_datasets(task.get("datasets"), 0):
                empty = False
                shown = f"{row['model_name'] or ''} {row['dataset'] or ''}"
                yield Record(line=record.line, text=shown, value=row | {"of_task": task.get("task")})
        if empty:
            yield Record(line=record.line, text=record.text, value={})


def _of_datasets(datasets: Any, depth: int) -> Iterator[dict[str, Any]]:
    for dataset in map(mapping, _items(datasets)):
        for row in map(mapping, _items(mapping(dataset.get("sota")).get("rows"))):
            yield {
                "dataset": dataset.get("dataset"),
                "model_name": row.get("model_name"),
                "row": row,
            }
        if depth < _MAX_DEPTH:
            yield from _of_datasets(dataset.get("subdatasets"), depth + 1)


def _items(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


@dataclass(frozen=True, slots=True, kw_only=True)
class _Dump:
    """One dump, and the ontology in whose words its facts are told."""

    place: str
    ontology: Ontology = field(default_factory=ontology.load)

    def papers(self, record: dict[str, Any]) -> Iterator[Paper]:
        """Yield the paper that one record tells of, if any."""
        if "row" in record:
            yield self._row(record)
        elif "repo_url" in record:
            yield self._named(record, text(record.get("paper_title")), record.get("paper_url_abs"), ())
        elif "abstract" in record:
            yield self._paper(record)
        elif record:
            yield from self._source(record)

    def _row(self, record: dict[str, Any]) -> Paper:
        row = record["row"]
        told = [("result", "measure", record.get("dataset")), ("goal", "problem", record["of_task"])]
        return self._named({"date": row.get("paper_date")}, text(row.get("paper_title")), row.get("paper_url"), told)

    def _source(self, record: dict[str, Any]) -> Iterator[Paper]:
        """Yield the paper that introduced a method or dataset; many have none."""
        origin = mapping(record.get("paper"))
        title = text(record.get("source_title") or origin.get("title"), "title")
        url = record.get("source_url") or origin.get("url")
        procedure = any(key in record for key in ("introduced_year", "source_title", "source_url", "code_snippet_url"))
        if title:
            told = [("contribution", "procedure" if procedure else "measure", record.get("name"))]
            tasks = [] if procedure else texts(record.get("tasks"), "task")
            told += [("goal", "problem", task) for task in tasks]
            yield self._named({}, title, url, told)

    def _named(self, record: dict[str, Any], title: str, url: Any, told: Iterable[tuple[str, str, Any]]) -> Paper:
        address = text(url or record.get("paper_url"))
        return paper(
            self.place,
            title=title,
            date=text(record.get("date")),
            url=address,
            arxiv=text(record.get("paper_arxiv_id")) or (address if "arxiv.org/" in address else ""),
            facts=self._facts(told),
        )

    def _paper(self, record: dict[str, Any]) -> Paper:
        methods = texts(record.get("methods"), "name")
        told = [("means", "procedure", name) for name in methods]
        told += [("goal", "problem", name) for name in _items(record.get("tasks"))]
        return paper(
            self.place,
            title=text(record.get("title"), "title"),
            abstract=text(record.get("abstract"), "abstract"),
            date=text(record.get("date"), "date"),
            venue=text(record.get("proceeding") or record.get("conference"), "proceeding"),
            authors=texts(record.get("authors"), "name"),
            url=text(record.get("url_abs") or record.get("paper_url"), "url"),
            arxiv=text(record.get("arxiv_id"), "arxiv_id"),
            facts=self._facts(told),
        )

    def _facts(self, told: Iterable[tuple[str, str, Any]]) -> tuple[Fact, ...]:
        made = []
        for relation, type_role, name in told:
            if text(name).strip():
                named = self.ontology.relation_as(relation).name, self.ontology.type_as(type_role).name
                made.append(facts.fact(*named, text(name), ontology=self.ontology))
        return tuple(made)


READER = Reader(name="papers-with-code", suffixes=(), recognises=_recognises, read=_read, pieces=True)
