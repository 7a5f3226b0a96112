"""Coined names: what a paper names for the first time, told by the text around it.

Which phrases introduce something, and which nouns tell a type, is data: the cues of ontology/*.yaml.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from kg.model import Paper, Span, fold, singular
from kg.ontology import Ontology
from kg.phrases import plain
from kg.recognise import acronyms, lists, shaped, shapes
from kg.recognise.candidate import Candidate
from kg.recognise.known import Matcher
from kg.recognise.table import HEAD, NEW, PART, RESULT, Table, table
from kg.recognise.words import CLASSES, STOP

_TITLE = re.compile(r"(?P<name>[^:?!]{1,60}?)(?:\s*:\s+|\s+[-–—]+\s+)(?P<rest>\S.*)", re.S)
_SYSTEM_IN_TITLE = re.compile(r"\bmodel\b", re.I)  # "X: A Model of ...", but not "X: Taming Language Models"
_BODY_END = re.compile(
    r"[,.;:(!?](?=\s|$|[A-Z(])|\(\w|\s(?:that|which|where|to|for|in|on|with|by|via|using|based on|from|called|named"
    r"|dubbed|termed|whose|as|is|are)\s"
)
_DETERMINER = re.compile(
    r"[\s*_\"“‘']*(?:(?:both|also|then|further|simply|and|here|it|the|an?|two|three|our|new|novel)\s+)*[*_\"“‘'$]*"
)
_CAPITALS = re.compile(r"[A-Z][\w+.^-]*(?:(?:\s(?:of|and|for|the|in|on|with|to)){0,2}[\s-][A-Z][\w+.-]*)*")
_APPOSITION = re.compile(r"[*_\"”’'$]*\s*(?:\([^)]*\))?,?\s+(?:which is )?(?:an?|the(?: first)?|our)\s")
_ARTICLE = re.compile(r"\s*(?:(?:the|both|our)\s+)?")
_DEFINED = re.compile(r"\s?\(\s*([A-Z][\w^+-]*|[a-z]+[A-Z][\w^+-]*)\s*[),;]")
_WORDS = re.compile(r"[\w-]+")
_WINDOW = 160  # characters that an introduction may take
_SHORTEST, _LONGEST = 3, 5  # words of a description


def vote(paper: Paper, *, names: Matcher, ontology: Ontology) -> Iterator[Candidate]:
    """Vote for names that the text coins, defines, lists or shapes."""
    known = table(ontology)
    yield from _title(paper, known)
    for field in ("title", "abstract"):
        text = paper.text(field)
        if text:
            yield from _definitions(text, field, known)
            yield from shaped.vote(text, field, known)
            yield from _cued(text, field, known)


def _title(paper: Paper, table: Table) -> Iterator[Candidate]:
    """`Name: what it is`: the name is new, and the subtitle may tell its type."""
    match = _TITLE.match(paper.title)
    if match is None:
        return
    name, start = shapes.trimmed(match["name"].strip(), match.start("name"))
    words = name.split()
    if not words or len(words) > 4 or shapes.is_generic(name) or shapes.is_size(name) or shapes.is_common(name):
        return
    made = len(words) == 1 or any(shapes.is_name(w) for w in words)
    grammar = any(shapes.is_common(w) and w[0].islower() and w not in ("of", "the") for w in words)
    if grammar or not (made or name in paper.abstract):
        return
    told = table.head(match["rest"])
    if told == table.problem or (told == table.system and not _SYSTEM_IN_TITLE.search(match["rest"])):
        told = ""
    yield Candidate(
        span=Span(field="title", start=start, end=start + len(name)),
        name=name,
        type=told or table.procedure,
        rule="title",
        score=0.9 if made else 0.7,
        told=0.5 if told else 0.2,
        everywhere=True,
        new=True,
    )


def _definitions(text: str, field: str, table: Table) -> Iterator[Candidate]:
    """`Full Form (ACRONYM)`: one entity with two spellings; in lower case and without a telling noun often no name."""
    for start, end, short, short_end in acronyms.definitions(text):
        full, acronym = text[start:end].replace("*", ""), text[short:short_end]
        if shapes.is_generic(full) or shapes.is_generic(acronym):
            continue
        type_name = table.noun(full.split()[-1].rsplit("-", 1)[-1])
        titled = full[0].isupper() and any(w[0].isupper() for w in full.replace("-", " ").split()[1:])
        for a, b in ((start, end), (short, short_end)):
            yield Candidate(
                span=Span(field=field, start=a, end=b),
                name=full,
                type=type_name or table.procedure,
                rule="definition",
                score=0.6 if type_name else 0.45 if titled else 0.1,
                told=0.45 if type_name and type_name != table.system else 0.25,
                everywhere=True,
            )


def _cued(text: str, field: str, table: Table) -> Iterator[Candidate]:
    for start, end, which in table.phrases.find(plain(text)):
        kind, type_name = table.signals[which]
        if kind == PART:
            yield from _phrase(text, field, start, end, type_name)
        elif kind == NEW:
            yield from _introduced(text, field, end, table)
        elif kind == RESULT:
            article = _ARTICLE.match(text, end)
            items = lists.names_from(text, article.end() if article else end)
            yield from _listed(text, field, items, type_name, "result", 0.35)
        elif kind == HEAD and field != "title":
            yield from _headed(text, field, start, end, type_name, table)


def _introduced(text: str, field: str, end: int, table: Table) -> Iterator[Candidate]:
    """`we propose X`, `called X`: the capitalised or name-shaped words that follow are new, and so is their acronym."""
    opening = _DETERMINER.match(text, end)
    begin = opening.end() if opening else end
    close = _BODY_END.search(text, begin, begin + _WINDOW)
    stop = close.start() if close else min(len(text), begin + _WINDOW)
    if stop <= begin:
        return
    capitals = _CAPITALS.match(text, begin, stop)
    direct = begin - end <= 3  # no article: "we propose Parrot"
    if capitals and (direct or " " in capitals.group() or "-" in capitals.group()):
        name, start = shapes.trimmed(capitals.group(), capitals.start())
        rule, score = "introduced", 0.85
    elif inside := shapes.names(text, begin, stop):
        start = inside[0][0]
        name, rule, score = text[start : inside[0][1]], "introduced:inside", 0.5
    else:
        name, start, rule, score = "", begin, "introduced:acronym", 0.7
    acronym = _DEFINED.match(text, stop)
    if not name and acronym is not None:
        name, start = acronym.group(1), acronym.start(1)
    if not name:
        yield from _described(text, field, begin, stop, table)
        return
    if shapes.is_generic(name) or shapes.is_common(name):
        return
    told = _apposition(text, start + len(name), table)
    head = told or table.head(text[begin:stop])
    yield Candidate(
        span=Span(field=field, start=start, end=start + len(name)),
        name=name,
        type=head or table.procedure,
        rule=rule,
        score=score,
        told=0.85 if told else 0.6 if head else 0.2,
        everywhere=True,
        new=True,
    )


def _described(text: str, field: str, begin: int, stop: int, table: Table) -> Iterator[Candidate]:
    """`we propose an adaptive token routing mechanism`: what is only described, in two words and its noun."""
    words = list(_WORDS.finditer(text, begin, stop))
    while words and shapes.is_common(words[0].group()):
        words.pop(0)
    if not words or table.noun(words[-1].group()) != table.procedure:
        return
    start, end = words[0].start(), words[-1].end()
    plain_words = text[start:end].count(" ") == len(words) - 1
    if not plain_words or any(shapes.is_common(w.group()) for w in words[:-1]):
        return
    if _SHORTEST <= len(words) <= _LONGEST:
        yield Candidate(
            span=Span(field=field, start=start, end=end),
            name=_common(text[start:end]),
            type=table.procedure,
            rule="described",
            score=0.45,
            told=0.4,
            new=True,
        )


def _apposition(text: str, end: int, table: Table) -> str:
    """Return the type that an apposition tells: "X, a benchmark of ..."."""
    match = _APPOSITION.match(text, end)
    if match is None:
        return ""
    close = _BODY_END.search(text, match.end(), match.end() + _WINDOW)
    return table.head(text[match.end() : close.start() if close else match.end() + _WINDOW])


def _headed(text: str, field: str, start: int, end: int, type_name: str, table: Table) -> Iterator[Candidate]:
    """`datasets such as A and B`, `the A, B and C benchmarks`: the noun tells the type of the whole list."""
    opened = lists.opening(text, end)
    if opened is not None:
        begin, least = opened
        items = lists.names_from(text, begin)
        if len(items) >= least:
            kind = table.measure if type_name == table.problem else type_name  # "tasks (GSM8K, MMLU)"
            yield from _listed(text, field, items, kind, "list", 0.5)
        elif not items and type_name in (table.problem, table.procedure):
            yield from _listed(text, field, lists.nouns_from(text, begin), type_name, "list:nouns", 0.25)
    if text[end - 1] == "s":
        makers = type_name == table.device
        items = lists.names_before(text, start, makers=makers)
        if len(items) > 1 and makers:
            yield from _shared(text, field, items, start, end, type_name)
        elif len(items) > 1:
            yield from _listed(text, field, items, type_name, "list", 0.5)


def _shared(
    text: str, field: str, items: Sequence[tuple[int, int]], start: int, end: int, type_name: str
) -> Iterator[Candidate]:
    """`NVIDIA and AMD GPUs`: every item shares the noun; its evidence runs from the item to the noun."""
    noun = text[start:end].removesuffix("s")
    for first, last in items:
        yield Candidate(
            span=Span(field=field, start=first, end=end),
            name=f"{text[first:last]} {noun}",
            type=type_name,
            rule="shared",
            score=0.6,
            told=0.6,
        )


def _listed(
    text: str, field: str, items: Sequence[tuple[int, int]], type_name: str, rule: str, score: float
) -> Iterator[Candidate]:
    for start, end in items:
        span = Span(field=field, start=start, end=end)
        yield Candidate(span=span, name=text[start:end], type=type_name, rule=rule, score=score, told=score)


def _phrase(text: str, field: str, start: int, end: int, type_name: str) -> Iterator[Candidate]:
    """`multimodal knowledge distillation`: up to three words before a noun that is itself part of names."""
    begin = start
    if text[start - 1 : start] == " ":
        for word in reversed(text[max(0, start - 80) : start - 1].rsplit(" ", 3)[-3:]):
            if word.lower() in STOP or not word.replace("-", "").isalpha():
                break
            begin -= len(word) + 1
    if begin == start or fold(text[begin:end]) in CLASSES:
        return
    title = field == "title"
    yield Candidate(
        span=Span(field=field, start=begin, end=end),
        name=_common(text[begin:end]),
        type=type_name,
        rule="phrase:title" if title else "phrase",
        score=0.45 if title or text.endswith((" novel ", " new "), 0, begin) else 0.3,
        told=0.4,
    )


def _common(phrase: str) -> str:
    """Return a common noun as the field writes it: in lower case and singular; words with capitals inside stay."""
    words = [w.lower() if w[1:].islower() or len(w) == 1 else w for w in phrase.split(" ")]
    words[-1] = singular(words[-1])
    return " ".join(words)
