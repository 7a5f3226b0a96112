"""Selection -> the data block of the page: names, edges and quotes as compact tables, bounded in size.

Everything in it is shown as text and nothing else; papers and quotes are stored once and referred to by number.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from kg.explorer.quotes import NAME, link, plain, quotes
from kg.explorer.selection import Selection
from kg.model import Edge, Evidence
from kg.view import View, year

_QUOTES_PER_EDGE = 3
_STATEMENTS_PER_NODE = 12
_TITLE, _ALIAS, _ALIASES = 300, 60, 8
_TEXT_BUDGET = 900_000  # bytes of names and quotes in a page: vis-network itself takes 470,000
_ESCAPES = {ord("<"): "\\u003c", ord(">"): "\\u003e", ord("&"): "\\u0026", 0x2028: "\\u2028", 0x2029: "\\u2029"}


def encode(data: object) -> str:
    r"""Return JSON that cannot end the element it stands in, nor a line of a script.

    >>> encode({"a": "</script>"})
    '{"a":"\\u003c/script\\u003e"}'
    """
    return json.dumps(data, ensure_ascii=False, separators=(",", ":")).translate(_ESCAPES)


def payload(graph: View, selection: Selection) -> dict[str, Any]:
    """Return what the page's script reads.

    Of every drawn edge and of every statement of a paper that is not drawn, quotes are kept as long as the budget
    lasts, those of most papers first; what is left out is counted, never dropped in silence.
    """
    number = {node.id: i for i, node in enumerate(selection.nodes)}
    types = {t.name: i for i, t in enumerate(graph.ontology.types)}
    relations = {r.name: i for i, r in enumerate(graph.ontology.relations)}
    tables = _Tables(graph)
    nodes = [
        [types[n.type], tables.name(n.name), tables.aliases(n.aliases), n.support, tables.own(n.id)]
        for n in selection.nodes
    ]
    edges = []
    for edge in sorted(selection.edges, key=lambda e: (-e.support, e.key)):
        kept = tables.quoted(edge.evidence)
        more = edge.support - len({tables.paper_of(q) for q in kept})
        edges.append(
            [number[edge.source], relations[edge.relation], number[edge.target], int(edge.derived), kept, more]
        )
    statements: list[list[Any]] = []
    told, unseen = [0] * len(selection.nodes), [0] * len(selection.nodes)
    for edge in _statements(graph, selection):
        target = number[edge.target]
        kept = tables.quoted(edge.evidence) if told[target] < _STATEMENTS_PER_NODE else []
        if kept:
            told[target] += 1
            statements.append([tables.paper(edge.source), relations[edge.relation], target, kept])
        else:
            unseen[target] += 1
    return {
        "types": [[plain(t.name), plain(t.plural), t.colour] for t in graph.ontology.types],
        "relations": [[plain(r.label), r.colour] for r in graph.ontology.relations],
        "nodes": nodes,
        "edges": edges,
        "statements": statements,
        "unseen": unseen,
        "papers": tables.papers,
        "quotes": tables.rows,
        "focus": [number[i] for i in selection.focus],
    }


def _statements(graph: View, selection: Selection) -> list[Edge]:
    """Return what papers outside the drawing say of its nodes, unless a drawn edge already shows it.

    One statement of every node comes before the second of any, so that the budget is shared fairly.
    """
    shown = {n.id for n in selection.nodes}
    document = graph.ontology.type_as("document").name
    drawn = {r.name: r.priority for r in graph.ontology.relations if r.drawn}
    covered = {(paper, e.relation, e.target) for e in selection.edges for paper in e.papers}
    turn: Counter[str] = Counter()
    queue: list[tuple[int, int, Edge]] = []
    place = {n.id: i for i, n in enumerate(selection.nodes)}
    by_target: Mapping[str, list[Edge]] = defaultdict(list)
    for edge in graph.edges:
        outside = edge.source not in shown and graph.by_id[edge.source].type == document
        if edge.target in shown and outside and edge.relation in drawn and edge.key not in covered:
            by_target[edge.target].append(edge)
    for target, edges in by_target.items():
        for edge in sorted(edges, key=lambda e: (drawn[e.relation], -e.confidence, e.key)):
            queue.append((turn[target], place[target], edge))
            turn[target] += 1
    return [edge for _, _, edge in sorted(queue, key=lambda q: (q[0], q[1], q[2].key))]


class _Tables:
    """Papers and quotes by number, filled in the order in which they are asked for."""

    def __init__(self, graph: View) -> None:
        self._graph = graph
        self._paper_number: dict[str, int] = {}
        self._quote_number: dict[tuple[Any, ...], int] = {}
        self._budget = _TEXT_BUDGET
        self.papers: list[list[Any]] = []
        self.rows: list[list[Any]] = []

    def _afford(self, text: str) -> bool:
        """Take what a text costs from the budget; False when the budget was spent before."""
        left = self._budget > 0
        self._budget -= len(encode(text).encode("utf-8")) + 40
        return left

    def name(self, name: str) -> str:
        """Return a name as it is shown; names are never left out."""
        shown = plain(name, NAME)
        self._afford(shown)
        return shown

    def aliases(self, aliases: Iterable[str]) -> list[str]:
        """Return the first aliases that there is room for."""
        return [shown for shown in (plain(a, _ALIAS) for a in list(aliases)[:_ALIASES]) if self._afford(shown)]

    def paper(self, node_id: str) -> int:
        """Return the number of a paper: its title, address and year are stored once."""
        if node_id not in self._paper_number:
            self._paper_number[node_id] = len(self.papers)
            node = self._graph.by_id.get(node_id)
            record = node.paper if node else None
            title = plain(node.name if node else node_id, _TITLE)
            self.papers.append([title, link(record) if record else "", year(record) or 0])
            self._afford(title)
        return self._paper_number[node_id]

    def own(self, node_id: str) -> int:
        """Return the number of the paper that a node itself is, or -1."""
        node = self._graph.by_id[node_id]
        return self.paper(node_id) if node.paper else -1

    def quoted(self, evidence: Iterable[Evidence]) -> list[int]:
        """Return the numbers of the first few quotes, one of every paper before the second of any."""
        found = quotes(self._graph, evidence)
        seen: Counter[str] = Counter()
        order = []
        for i, quote in enumerate(found):
            order.append((seen[quote.paper], i, quote))
            seen[quote.paper] += 1
        kept = []
        for _, _, quote in sorted(order, key=lambda o: o[:2])[:_QUOTES_PER_EDGE]:
            key = (quote.paper, quote.field, quote.text, quote.marks)
            if key not in self._quote_number:
                if not self._afford(quote.text):
                    continue
                self._quote_number[key] = len(self.rows)
                marks = [position for mark in quote.marks for position in mark]
                self.rows.append([self.paper(quote.paper), int(quote.field == "curated"), quote.text, marks])
            kept.append(self._quote_number[key])
        return kept

    def paper_of(self, quote: int) -> int:
        """Return the number of the paper that a quote comes from."""
        return int(self.rows[quote][0])
