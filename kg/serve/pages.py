"""Pages for people: HTML without a script but one of ours, so that nothing a paper says can ever run."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from html import escape
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from kg import lookup, queries, rdf
from kg.explorer.shell import hashed
from kg.model import KGError, Node
from kg.ontology import Relation
from kg.queries.explanations import Quote
from kg.queries.standby import Result
from kg.queries.tables import UNKNOWN
from kg.serve import completion
from kg.serve.results import shown as readable
from kg.view import View
from kg.view.loaded import sets

Examples = tuple[tuple[str, ...], tuple[tuple[str, str], ...]]
Shown = tuple[tuple[str, ...], tuple[tuple[str, str], ...], str]  # with the words that the boxes complete, as JSON

_EDGES = 200  # listed on the page of a node
_COMPLETED = 400  # names that the box offers
_STYLE = """
body{font:16px/1.5 system-ui,sans-serif;max-width:68rem;margin:0 auto;padding:1rem;color:#1b1b1f;background:#fff}
nav a{margin-right:1rem}h1{font-size:1.5rem;overflow-wrap:anywhere}h2{font-size:1.1rem;margin-top:1.6rem}
textarea,input[type=text]{font:inherit;width:100%;box-sizing:border-box;padding:.4rem}textarea{font-family:monospace;display:block}
table{border-collapse:collapse;display:block;overflow-x:auto}
th,td{border-bottom:1px solid #ddd;padding:.25rem .6rem;text-align:left;vertical-align:top;overflow-wrap:anywhere}
.note{background:#fff6d6;padding:.5rem}.error{background:#fde2e1;padding:.5rem}.small{color:#55555f;font-size:.85rem}
a{color:#0b4ea2}pre{background:#f4f4f6;padding:.6rem;overflow-x:auto}dt{font-weight:600}
@media(prefers-color-scheme:dark){body{background:#16161a;color:#e8e8ec}a{color:#8ab8ff}.small{color:#a9a9b3}
pre{background:#222228}.note{background:#4a3d00}.error{background:#5a1513}th,td{border-color:#3a3a42}}
.field{position:relative}[role=listbox]{position:absolute;z-index:1;left:0;right:0;top:100%;margin:0;padding:.2rem;
list-style:none;background:#fff;border:1px solid #767680;box-shadow:0 4px 12px #0004}
[role=option]{padding:.2rem .4rem;cursor:pointer;overflow-wrap:anywhere}
[role=option] span{color:#55555f;font-size:.85rem}
[role=option][aria-selected=true]{background:#0b4ea2;color:#fff}[role=option][aria-selected=true] span{color:#fff}
[role=listbox][hidden]{display:none}.unseen{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
@media(prefers-color-scheme:dark){[role=listbox]{background:#222228}[role=option] span{color:#a9a9b3}}
"""


POLICY = f"default-src 'none'; style-src {hashed(_STYLE)}; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
HOME_POLICY = f"{POLICY}; script-src {hashed(completion.script())}; connect-src 'self'"  # it asks for names


def page(title: str, body: Iterable[str], *, script: str = "") -> str:
    """Return a whole page; the parts of the body are HTML, and the script is ours."""
    module = f'<script type="module">{script}</script>' if script else ""
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{_text(title)}</title>'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<style>{_STYLE}</style></head><body>\n"
        '<nav><a href="/">Questions</a><a href="/explorer">Explorer</a><a href="/.well-known/void">About the data</a>'
        '<a href="/data">All as RDF</a><a href="/openapi.json">API</a></nav>\n<main>' + "\n".join(body) + "\n</main>"
        f"{module}</body></html>\n"
    )


def home(graph: View, result: Sequence[str], shown: Shown, *, question: str = "", sparql: str = "") -> str:
    """Return the page to ask on: boxes for a question and for SPARQL, examples, and the result of what was asked."""
    asked, queried, words = shown
    size = lookup.summary(graph)
    listed = ", ".join(f"{c.count:,} {c.label}" for c in size.types if c.count)
    names = [graph.by_id[i].name for i in foremost(graph, _COMPLETED)]
    options = "".join(f'<option value="{_text(name)}">' for name in names)
    text = sparql or (queried[0][1] if queried else "")
    body = [
        "<h1>Map of machine-learning research</h1>",
        f"<p>{size.nodes:,} nodes ({_text(listed)}), {size.edges:,} edges.</p>",
        '<form action="/query"><div class="field"><label for="question">Question</label>'
        f'<input type="text" id="question" name="question" list="names" maxlength="{lookup.LONGEST}" '
        f'value="{_text(question)}"><datalist id="names">{options}</datalist></div><p><button>Ask</button></p></form>',
        '<ul class="small">' + "".join(_example("question", text, text) for text in asked) + "</ul>",
        '<form action="/query"><div class="field"><label for="sparql">SPARQL</label>'
        f'<textarea id="sparql" name="sparql" rows="7" spellcheck="false">{_text(text)}</textarea></div>'
        "<p><button>Run</button></p></form>",
        f'<p class="small" id="vocabulary" data-words="{_text(words)}" hidden>Both boxes complete what you type, names '
        "of nodes too: <kbd>Ctrl</kbd> + <kbd>Space</kbd> opens the list, arrows choose, <kbd>Enter</kbd> takes, "
        "<kbd>Esc</kbd> closes; <kbd>Ctrl</kbd> + <kbd>Enter</kbd> runs.</p>"
        '<p id="said" class="unseen" role="status"></p>',
        '<ul class="small">' + "".join(_example("sparql", label, text) for label, text in queried) + "</ul>",
    ]
    return page("Map of machine-learning research", [*body, *result], script=completion.script())


def prepared(graph: View) -> Shown:
    """Return what every page to ask on shows of a graph, for it takes a moment to find."""
    return (*examples(graph), json.dumps(completion.vocabulary(graph), ensure_ascii=False, separators=(",", ":")))


def examples(graph: View) -> Examples:
    """Return questions that have an answer in this graph, and queries with what they tell."""
    document = graph.ontology.type_as("document")
    counts = "SELECT ?type (COUNT(?node) AS ?count) {\n  ?node a ?type ; kg:support ?n\n}\n"
    asked = []
    queried = [("how many there are of each type", f"{counts}GROUP BY ?type ORDER BY DESC(?count)")]
    roles = ("means", "result", "platform", "contrast", "goal")
    for relation in (r for role in roles for r in graph.ontology.relations if r.role == role):
        best = _most_linked(graph, relation.name)
        if best is None:
            continue
        question = f'{document.plural} {_asking(relation)} "{best.name}"'
        if '"' not in best.name and _answers(graph, question):
            asked.append(question)
        query = (
            f"SELECT ?name (COUNT(?paper) AS ?papers) {{\n  ?paper a {rdf.own(document.name)} ; "
            f"{rdf.own(relation.name)} ?thing .\n  ?thing rdfs:label ?name\n}}\n"
            "GROUP BY ?thing ?name ORDER BY DESC(?papers) ?name LIMIT 20"
        )
        queried.append((f"what most {document.plural} point at with {relation.label}", query))
    return tuple(asked), tuple(queried)


def _asking(relation: Relation) -> str:
    """Return a relation as it reads behind a plural: "that use" for "uses"."""
    plain = (phrase for phrase in relation.phrases if relation.label in (f"{phrase}s", f"{phrase}es"))
    return next((f"that {phrase}" for phrase in plain), relation.label)


def _most_linked(graph: View, relation: str) -> Node | None:
    return next((n for i in sets(graph).aims(relation) if (n := graph.by_id[i]).paper is None), None)


def foremost(graph: View, limit: int) -> list[str]:
    """Return the ids of the nodes that most papers claim; papers only where there is too little else."""
    document = graph.ontology.type_as("document").name
    found = sets(graph).best([t.name for t in graph.ontology.types if t.name != document], limit)
    return [*found, *sets(graph).best((document,), limit - len(found))]


def _answers(graph: View, question: str) -> bool:
    try:
        return bool(queries.answer(graph, question, limit=1).rows)
    except KGError:
        return False


def answered(graph: View, answer: lookup.Answered) -> list[str]:
    """Return an answer as parts of a page."""
    rows = []
    for index, row in enumerate(answer.rows):
        cells = [_text(UNKNOWN if value is None else str(value)) for value in row]
        if answer.ids:
            cells[0] = link(graph, answer.ids[index], cells[0])
        if answer.evidence:
            cells.append("".join(f'<div class="small">{_text(line)}</div>' for line in answer.evidence[index]))
        rows.append(cells)
    columns = [*answer.columns, "evidence"] if answer.evidence else answer.columns
    notes = [f'<p class="note">{_text(answer.note)}</p>'] if answer.note else []
    return [
        f'<h2>Answer</h2><p class="small">Read as: {_text(answer.reading)}</p>'
        if answer.reading
        else "<h2>Answer</h2>",
        *notes,
        _table(columns, rows),
        f"<details><summary>The same as SPARQL</summary><pre>{_text(answer.sparql)}</pre></details>",
    ]


def queried(graph: View, result: Result, text: str) -> list[str]:
    """Return the result of a query as parts of a page."""
    rows = [[_cell(graph, value) for value in row] for row in result.rows]
    notes = [f'<p class="note">Only the first {len(rows)} rows: there are more.</p>'] if result.truncated else []
    formats = ("turtle", "ntriples", "jsonld") if result.form == "construct" else ("json", "csv", "tsv", "xml")
    links = " ".join(
        f'<a href="/sparql?{_text(urlencode({"query": text, "format": name}))}">{name}</a>' for name in formats
    )
    return [f'<h2>Result</h2><p class="small">{len(rows)} rows · {links}</p>', *notes, _table(result.columns, rows)]


def failed(error: str) -> list[str]:
    """Return a refusal as parts of a page."""
    return [f'<p class="error" role="alert">{_text(error)}</p>']


def entity(graph: View, node: Node) -> str:
    """Return the page of a node: names, record, and its edges with a sentence each."""
    about = lookup.describe(graph, node.id)
    near = lookup.neighbours(graph, node.id, limit=_EDGES)
    facts = [("Type", _text(node.type)), ("Papers behind it", f"{node.support:,}")]
    facts += [("Also called", _text(", ".join(node.aliases)))] if node.aliases else []
    if about.paper is not None:
        facts += [(k, _text(v)) for k, v in (("Date", about.paper.date), ("Venue", about.paper.venue)) if v]
        if about.paper.url:
            address = _text(about.paper.url)
            facts.append(("Address", f'<a href="{address}" rel="noopener noreferrer">{address}</a>'))
    facts += [("IRI", f"<code>{_text(about.node.iri)}</code>")]
    path = iri_path(graph, node.id)
    formats = " ".join(f'<a href="{path}?format={f}">{f}</a>' for f in ("turtle", "jsonld", "ntriples"))
    body = [
        f"<h1><bdi>{_text(node.name)}</bdi></h1>",
        "<dl>" + "".join(f"<dt>{k}</dt><dd>{v}</dd>" for k, v in facts) + "</dl>",
        f'<p class="small">As data: {formats}</p>',
    ]
    if near.truncated:
        body.append(f'<p class="note">The {_EDGES} best supported of {near.total:,} edges.</p>')
    groups: dict[str, list[list[str]]] = {}
    for item in near.links:
        end = link(graph, item.other.id, f"<bdi>{_text(item.other.name)}</bdi>")
        cells = [end, _text(item.other.type), f"{item.support:,}", f"{item.confidence:g}", _quote(item.quote)]
        groups.setdefault(item.label, []).append(cells)
    for label, rows in groups.items():
        body += [f"<h2>{_text(label)}</h2>", _table(("name", "type", "papers", "confidence", "for example"), rows)]
    if about.merges:
        items = "".join(f"<li>{_text(merge)}</li>" for merge in about.merges)
        body.append(f"<h2>Why these names are one</h2><ul>{items}</ul>")
    return page(node.name, body)


def iri_path(graph: View, node_id: str) -> str:
    """Return the path at which a node's page stands: that of its IRI, safe in HTML."""
    return _text(urlsplit(graph.ontology.iri(rdf.node_curie(node_id))).path)


def link(graph: View, node_id: str, html: str) -> str:
    """Return HTML that leads to a node's page."""
    return f'<a href="{iri_path(graph, node_id)}">{html}</a>'


def _quote(quote_: Quote) -> str:
    return f'<span class="small">{_text(quote_.text)} ({_text(quote_.title)})</span>'


def _cell(graph: View, value: Any) -> str:
    text = readable(value)
    base = graph.ontology.iri("kgr:")
    iri = text[1:-1] if text.startswith("<") and text.endswith(">") else text
    if iri.startswith(base) and " " not in iri:
        path = quote(urlsplit(iri).path, safe="/%-._~+")
        return f'<a href="{_text(path)}">{_text(text)}</a>'
    return _text(text)


def _example(name: str, label: str, text: str) -> str:
    return f'<li><a href="/query?{_text(urlencode({name: text}))}">{_text(label)}</a></li>'


def _table(columns: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    head = "".join(f'<th scope="col">{_text(name)}</th>' for name in columns)
    body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _text(text: str) -> str:
    return escape(rdf.clean(text), quote=True)
