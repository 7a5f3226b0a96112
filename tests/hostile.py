"""More than three hundred labels that want to be something else: markup, script, formula, address, or another line.

Written for this project. `tests/samples/hostile.json` has a hundred, for tests with less time; the parts of the others
are in `payloads.json`, by kind.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote

from drawn import HOSTILE

from kg import ontology
from kg.graph import KnowledgeGraph, assemble
from kg.model import Claim, Evidence, Extraction, Fact, Paper

_PARTS: dict[str, list[str]] = json.loads((Path(__file__).parent / "samples" / "payloads.json").read_text())
_CALL = "alert(1)"
_LONG = (
    "A1" * 5_000,
    "ab " * 3_333,
    "<b>" * 3_333,
    "\u202e" * 500 + "x",
    "\U0001f600" * 2_500,
    "</script>" * 1_100,
    "&lt;" * 2_500,
    "x" * 719 + "\U0001f600y",
)


def _markup() -> list[str]:
    tags, events, closers = _PARTS["tags"], _PARTS["events"], _PARTS["closers"]
    found = [f"<{tag} src=x href=x {event}={_CALL}>" for tag, event in zip(tags, events * 2, strict=False)]
    for event in events:
        found += [f'" {event}="{_CALL}" x="', f"' autofocus {event}={_CALL} '"]
    for closer in closers:
        found += [f"{closer}<script>{_CALL}</script>", f"{closer}<img src=x onerror={_CALL}>"]
    found += [f'<a href="{scheme}">x</a>' for scheme in _PARTS["schemes"]]
    found += [f"<svg><{name} onload={_CALL}/></svg>" for name in ("animate", "set", "use", "foreignObject", "image")]
    found += [f"<math><{name} xlink:href='javascript:{_CALL}'>x</{name}></math>" for name in ("mi", "maction", "mtext")]
    return [
        *found,
        "<?php echo 1 ?>",
        "<?xml version='1.0'?>",
        "<!DOCTYPE x [<!ENTITY a 'b'>]>&a;",
        "<",
        ">",
        "&",
        "&#0;",
    ]


def _encoded(text: str) -> list[str]:
    codes = [ord(c) for c in text]
    return [
        quote(text),
        quote(quote(text, safe=""), safe=""),
        "".join(f"&#{c};" for c in codes),
        "".join(f"&#x{c:x}" for c in codes),
        "".join(f"\\u{c:04x}" for c in codes),
        "".join(f"\\x{c:02x}" for c in codes),
        "".join(f"\\{c:o}" for c in codes),
        "".join(chr(c + 0xFEE0) if 0x21 <= c <= 0x7E else chr(c) for c in codes),
        "\x00".join(text),
        f"+ADw-{text[1:-1]}+AD4-",
    ]


def _all() -> list[str]:
    found = [*HOSTILE, *_markup()]
    for kind in ("schemes", "scripts", "styles", "sheets", "writings", "letters"):
        found += _PARTS[kind]
    for text in ("<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "</script><b>", "javascript:alert(1)"):
        found += _encoded(text)
    return [*found, *_LONG]


PAYLOADS: tuple[str, ...] = tuple(dict.fromkeys(_all()))


def graph(payloads: Sequence[str]) -> KnowledgeGraph:
    """Return a graph with each payload in every field that a source can fill."""
    return assemble([_told(i, text) for i, text in enumerate(payloads)], ontology=ontology.load())


def _told(number: int, text: str) -> Extraction:
    fact = Fact(relation="uses", type="Technique", name=text)
    paper = Paper(
        id=text,
        title=f"{text} {number}",
        abstract=f"We use {text} here. And {text}.",
        url=text,
        venue=text,
        authors=(text,),
        year=2000 + number % 20,
        arxiv=f"2401.{number:05}",
        facts=(fact,),
        source=text,
    )

    def claim(relation: str, kind: str, name: str, *fields: str) -> Claim:
        places = []
        for field in fields:
            words = text if field != "curated" else str(fact)
            start = paper.text(field).index(words)
            places.append(Evidence(paper=text, field=field, start=start, end=start + len(words), text=words))
        return Claim(
            name=name,
            type=kind,
            relation=relation,
            confidence=0.9,
            evidence=tuple(places),
            votes=(),
            aliases=(f"{text} alias {name}",),
        )

    return Extraction(
        paper=paper,
        claims=(
            claim("introduces", "Model", f"{text} n{number}", "title"),
            claim("evaluatedOn", "Benchmark", f"{text} b{number % 9}", "abstract"),
            claim("uses", "Technique", f"{text} t{number}", "abstract", "curated"),
            claim("uses", "Technique", "hub", "abstract"),
        ),
    )
