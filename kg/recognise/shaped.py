"""Names by their shape: capitals and digits, with the sizes, versions and qualifiers that follow them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kg.model import Span, fold, singular
from kg.recognise import shapes
from kg.recognise.candidate import Candidate
from kg.recognise.table import Table
from kg.recognise.words import STOP

_SEPARATOR = r"(?:\s*(?:,|/|\band\b|\bor\b|&))+\s*"
_UNIT = r"\d+(?:\.\d+)?\s?[BbMm](?![\w-])"
_SIZES = re.compile(rf"{_UNIT}(?:{_SEPARATOR}{_UNIT})*(?!\s?[-\w]*(?:param|token|sample|image|paper|sentence|pair))")
_ONE_SIZE = re.compile(_UNIT)
_SIZED = re.compile(r"(?<![\w.-])([A-Za-z]*[A-Z][\w.+-]*(?:\s\d(?:\.\d)?)?)(?:-|\s|\s\()\Z")
_PAIR = r"[A-Z][a-z]\s?(?:-|–|→|->|↔)\s?[A-Z][a-z]\b"
_PAIRS = re.compile(rf"{_PAIR}(?:{_SEPARATOR}{_PAIR})*")
_ONE_PAIR = re.compile(_PAIR)
_PAIRED = re.compile(r"(?<!\w)([A-Z]{2,}[\w'’-]*)\s\Z")
_VERSION = re.compile(
    r"(?:[ -](?:v\d+(?:\.\d+)*|\d\.\d+|Verified|Lite|Pro|Plus|Hard|Extra|Ultra|Mini|Turbo|Instruct|Chat|Large|Base"
    r"|Small|XL|XXL|Sonnet|Opus|Haiku|Flash|Vision|Challenge|Easy|Redux|Live|Max|Nano))+(?![\w.]*\w)(?!\s?[%×x])"
)
_DECIMAL = re.compile(r"\d\.\d")
_NEXT_WORDS = re.compile(r"[\s*_\"”’']*([A-Za-z][\w-]*)(?:\s+([a-z][\w-]*))?")


def vote(text: str, field: str, table: Table) -> Iterator[Candidate]:
    """Vote for the names of a text by their shape; a size, a noun behind them or nothing tells the type."""
    for start, end in shapes.names(text):
        version = _VERSION.match(text, end)
        if version is not None:
            end = version.end()
        yield _one(text, field, start, end, table)
    yield from _several(text, field, _SIZES, _SIZED, _ONE_SIZE, table.system)
    yield from _several(text, field, _PAIRS, _PAIRED, _ONE_PAIR, table.measure)


def _one(text: str, field: str, start: int, end: int, table: Table) -> Candidate:
    name = text[start:end]
    told = noun_behind(text, end, table)
    if _ONE_SIZE.search(name) and "-" in name:
        type_name, rule, score, weight = table.system, "shape:size", 0.6, 0.6
    elif told:
        type_name, rule, score, weight = told, "shape:noun", 0.6, 0.6
    elif _DECIMAL.search(name):
        type_name, rule, score, weight = table.system, "shape:version", 0.45, 0.3
    else:
        type_name, rule, score, weight = table.procedure, "shape", 0.3, 0.1
    span = Span(field=field, start=start, end=end)
    return Candidate(span=span, name=name, type=type_name, rule=rule, score=score, told=weight)


def _several(
    text: str, field: str, lists: re.Pattern[str], named: re.Pattern[str], one: re.Pattern[str], type_name: str
) -> Iterator[Candidate]:
    """`LLaMA 7B and 13B`, `WMT'14 En-De and En-Fr`: one name each; its evidence runs from the name to its part."""
    joint = "-" if one is _ONE_SIZE else " "
    for match in lists.finditer(text):
        before = named.search(text, max(0, match.start() - 40), match.start())
        if before is None or shapes.is_common(before.group(1)) or shapes.is_generic(before.group(1)):
            continue
        for part in one.finditer(text, match.start(), match.end()):
            yield Candidate(
                span=Span(field=field, start=before.start(1), end=part.end()),
                name=f"{before.group(1)}{joint}{part.group().replace(' ', '')}",
                type=type_name,
                rule="sizes",
                score=0.7,
                told=0.6,
            )


def noun_behind(text: str, end: int, table: Table) -> str:
    """Return the type that the noun after a name tells, or '': "the X dataset", "the X question dataset"."""
    match = _NEXT_WORDS.match(text, end)
    if match is None:
        return ""
    first, second = match.group(1), match.group(2)
    if second and (both := table.heads.get(fold(f"{first} {second}"))):
        return both
    if one := table.heads.get(singular(first.lower())):
        return one
    return table.heads.get(singular(second), "") if second and first.lower() not in STOP else ""
