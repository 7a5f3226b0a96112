"""An Obsidian vault in a zip file: one Markdown note a node, wiki-links for edges, properties in the front matter.

Note names are unique in the whole vault, whatever the case, for a link with a folder in it would be another node to
some tools. Texts of papers are escaped, so that they cannot become links, tags, HTML or properties.
"""

from __future__ import annotations

import io
import json
import re
import unicodedata
import zipfile
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from kg.model import Edge, Node, digest
from kg.ontology import Ontology
from kg.rdf import LICENCE, clean, web_address
from kg.view import View, year

_LANDING = "Map"
_BEST = 10
_LONGEST = 120
_UNSAFE = re.compile(r'[\x00-\x1f\x7f\u2028-\u202e\u2066-\u2069#^\[\]|\\/:*?"<>%{}]')
_DEVICES = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])", re.IGNORECASE)
_MARKUP = re.compile(r"([\\`*_{}\[\]<>#|~$%=!&-])")


def write(graph: View) -> bytes:
    """Return the vault; unzip it and open the folder in Obsidian."""
    names = _names(graph.nodes)
    folders = {t.name: _capital(t.plural) for t in graph.ontology.types}
    files = {f"{folders[n.type]}/{names[n.id]}.md": _note(n, graph, names) for n in graph.nodes}
    files[f"{_LANDING}.md"] = _landing(graph, names)
    files[".obsidian/graph.json"] = _colours(graph.ontology)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "x", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(files):
            entry = zipfile.ZipInfo(path, date_time=(1980, 1, 1, 0, 0, 0))
            entry.external_attr = 0o644 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, files[path].encode())
    return out.getvalue()


def _names(nodes: Iterable[Node]) -> dict[str, str]:
    """Return a note name for each node: its own where that is free, else with its type, else with a digest."""
    wanted: dict[str, list[tuple[str, Node]]] = defaultdict(list)
    for node in nodes:
        wanted[_key(_safe(node.name))].append((_safe(node.name), node))
    names: dict[str, str] = {}
    taken = {_key(_LANDING), *(key for key, several in wanted.items() if len(several) > 1)}
    for several in wanted.values():
        for name, node in several:
            tries = (name, f"{name} ({node.type.casefold()})", f"{name} ({digest(node.id)})")
            chosen = next(t for t in tries if _key(t) not in taken)
            taken.add(_key(chosen))
            names[node.id] = chosen
    return names


def _key(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()


def _safe(name: str) -> str:
    text = " ".join(_UNSAFE.sub(" ", unicodedata.normalize("NFC", clean(name))).split())
    text = text.encode()[:_LONGEST].decode(errors="ignore").strip(" .")
    return f"{text}_" if _DEVICES.fullmatch(text) else text or "unnamed"


def _note(node: Node, graph: View, names: Mapping[str, str]) -> str:
    edges: dict[str, list[Edge]] = defaultdict(list)
    for edge in graph.outgoing.get(node.id, ()):
        edges[edge.relation].append(edge)
    lines = ["---", *_properties(node, edges, names), "---", f"# {_plain(node.name)}", ""]
    for relation in graph.ontology.relations:
        if found := edges.get(relation.name):
            lines += [f"## {relation.label}", ""]
            for edge in sorted(found, key=lambda e: (-e.support, -e.confidence, names[e.target])):
                papers = "1 paper" if edge.support == 1 else f"{edge.support} papers"
                derived = ", derived" if edge.derived else ""
                lines.append(f"- [[{names[edge.target]}]] ({papers}, confidence {edge.confidence}{derived})")
                lines.append(f"    - {_plain(edge.evidence[0].text)}")
            lines.append("")
    return "\n".join(lines).rstrip() + "\n"


def _properties(node: Node, edges: Mapping[str, list[Edge]], names: Mapping[str, str]) -> Iterator[str]:
    """Yield the front matter: JSON's strings are YAML's, so that nothing in them is read as markup."""
    aliases = [clean(text) for text in dict.fromkeys((node.name, *node.aliases)) if clean(text) != names[node.id]]
    yield f"id: {_json(node.id)}"
    if aliases:
        yield f"aliases: {_json(aliases)}"
    yield f"tags: {_json([node.type.casefold()])}"
    yield f"support: {node.support}"
    if paper := node.paper:
        if known := year(paper):
            yield f"year: {known}"
        for key, text in (("date", paper.date), ("venue", paper.venue), ("arxiv", paper.arxiv), ("doi", paper.doi)):
            if text:
                yield f"{key}: {_json(clean(text))}"
        if url := web_address(paper.url):
            yield f"url: {_json(url)}"
        if paper.authors:
            yield f"authors: {_json(list(map(clean, paper.authors)))}"
    for relation, found in edges.items():
        yield f"{relation}: {_json([f'[[{names[e.target]}]]' for e in found])}"


def _landing(graph: View, names: Mapping[str, str]) -> str:
    lines = [
        f"# {_LANDING}",
        "",
        f"{len(graph.nodes)} notes, {len(graph.edges)} links between them. Licence: {LICENCE}",
    ]
    for node_type in graph.ontology.types:
        nodes = sorted((n for n in graph.nodes if n.type == node_type.name), key=lambda n: (-n.support, names[n.id]))
        if nodes:
            lines += ["", f"## {_capital(node_type.plural)} ({len(nodes)})", ""]
            lines += [f"- [[{names[n.id]}]]" for n in nodes[:_BEST]]
    return "\n".join(lines) + "\n"


def _colours(ontology: Ontology) -> str:
    groups = [
        {"query": f"tag:#{t.name.casefold()}", "color": {"a": 1, "rgb": int(t.colour.removeprefix("#"), 16)}}
        for t in ontology.types
    ]
    return json.dumps({"colorGroups": groups, "hideUnresolved": True, "showArrow": True}, indent=1) + "\n"


def _plain(text: str) -> str:
    """Return text that Markdown shows as it is, on one line."""
    return _MARKUP.sub(r"\\\1", " ".join(clean(text).split()))


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _json(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")  # line breaks to YAML
