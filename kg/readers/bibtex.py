"""BibTeX and BibLaTeX, the ACL Anthology's too: nested braces, @string, LaTeX accents; needs the extra `bibtex`."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import cache, lru_cache
from typing import Any

from kg.model import Paper, ReadError
from kg.readers import clean
from kg.readers.reading import Lines, Reader, Reading
from kg.readers.records import Record, collected, paper, person

_ENTRY = re.compile(
    r"^[ \t]*@[ \t]*(?:string[ \t]*\{|[A-Za-z]+[ \t]*[{][ \t]*[^\s,{}()\"]+[ \t]*,)", re.MULTILINE | re.IGNORECASE
)
_BATCH = 1 << 20  # characters parsed at once
_SIGN = re.compile(r"\\?[&%_#]|\\\$")  # letters of text, escaped or not, that mean something to TeX
_HIDDEN = {sign: chr(0xE000 + i) for i, sign in enumerate("&%_#$")}
_SHOWN = {ord(hidden): sign for sign, hidden in _HIDDEN.items()}
_PART = re.compile(r'"([^"]*)"|\{([^{}]*)\}|([^\s#"{}]+)')
_EPRINT = re.compile(r"(?i)arxiv(?:\.org/(?:abs|pdf)/|:)\s*([\w.-]+(?:/\d{7})?)")
_VENUES = ("booktitle", "journal", "journaltitle", "school", "institution", "publisher")
_TEX = (
    re.compile(  # a command with what it takes, so that plain words need no parser: {\\"o}, \\'e, \\textbf{...}, \\ss
        r"""\{?\\(?:[a-zA-Z]+\s*|[^a-zA-Z\s]\s*)(?:\{(?:[^{}]|\{[^{}]*\})*\}|(?<=["'`^~=.])\\?[a-zA-Z])?\}?"""
    )
)
_MATHS = re.compile(r"(\$[^$]*\$)")


def _recognises(head: str) -> bool:
    return bool(_ENTRY.search(head)) and not head.lstrip().startswith(("{", "[", "<"))


def _read(lines: Lines, place: str) -> Reading:
    """Read all entries; what BibTeX itself passes over (comments, text between entries) is no record."""
    hint = "@article{key, title = {...}, ...}"
    return collected(_records(lines, place), place, lambda entry: _papers(entry, place), hint=hint, unique=True)


def _records(lines: Lines, place: str) -> Iterator[Record]:
    """Yield the entries of batches that end before an entry; strings defined in one hold in the next."""
    strings, defined = "", dict[str, str]()
    for start, text in _batches(lines):
        before = strings.count("\n")
        for block in _parsed(strings + text, place):
            kind = type(block).__name__
            line = start + (block.start_line or 0) - before
            raw = (block.raw or "")[:500]
            inner: Any = getattr(block, "ignore_error_block", None)  # an entry whose key or field stands twice
            if kind == "String" and line >= start:
                strings += " ".join((block.raw or "").split()) + "\n"
                defined[str(getattr(block, "key", "")).lower()] = str(getattr(block, "value", ""))
            elif hasattr(block, "fields") or hasattr(inner, "fields"):
                entry: Any = block if hasattr(block, "fields") else inner
                fields: dict[str, str] = {"": entry.key}
                for field in entry.fields:
                    fields.setdefault(field.key.lower(), _joined(str(field.value), defined))
                yield Record(line=line, text=raw, value=fields)
            elif kind.endswith("FailedBlock") or inner is not None:
                yield Record(line=line, text=raw, error="an entry that does not end, or no BibTeX")


def _batches(lines: Lines) -> Iterator[tuple[int, str]]:
    parts: list[str] = []
    start, size = 1, 0
    for number, text in lines:
        if size > _BATCH and text.lstrip().startswith("@"):
            yield start, "\n".join(parts)
            parts, size, start = [], 0, number
        parts.append(text)
        size += len(text) + 1
    yield start, "\n".join(parts)


def _parsed(text: str, place: str) -> list[Any]:
    try:
        from bibtexparser.entrypoint import parse_string
    except ImportError:
        raise ReadError("a BibTeX file", where=place, hint="pip install 'paperatlas[bibtex]'") from None
    with _silent("bibtexparser"):
        return list(parse_string(text).blocks)


@contextmanager
def _silent(name: str) -> Iterator[None]:
    """Keep a library from writing to standard error what we report ourselves."""
    loggers = [logging.getLogger(n) for n in (name, *sorted(logging.Logger.manager.loggerDict)) if n.startswith(name)]
    before = [logger.disabled for logger in loggers]
    for logger in loggers:
        logger.disabled = True
    try:
        yield
    finally:
        for logger, state in zip(loggers, before, strict=True):
            logger.disabled = state


def _papers(fields: Mapping[str, str], place: str) -> Iterator[Paper]:
    def field(name: str) -> str:
        return plain(fields[name]) if fields.get(name) else ""

    url = clean.line(fields.get("url", ""))
    kind = f"{fields.get('archiveprefix', '')}{fields.get('eprinttype', '')}".lower()
    eprint = fields.get("eprint", "") if kind in ("", "arxiv") else ""
    told = _EPRINT.search(" ".join(fields.get(key, "") for key in ("journal", "note", "howpublished", "url")))
    date = field("date") or " ".join(filter(None, (field("month"), field("year"))))
    yield paper(
        place,
        id=fields[""],
        title=field("title"),
        abstract=clean.line(field("abstract")),
        date=date,
        year=field("year"),
        venue=next((field(key) for key in _VENUES if fields.get(key)), ""),
        authors=[person(plain(name)) for name in _names(fields.get("author", ""))],
        keywords=re.split(r"\s*[;,]\s*", field("keywords")),
        arxiv=clean.arxiv(eprint) or (told[1] if told else ""),
        doi=clean.line(fields.get("doi", "")).replace("\\_", "_"),
        url=url.replace("\\_", "_"),
    )


def _joined(value: str, defined: Mapping[str, str]) -> str:
    """Return `acl # " 2020"` as one text, where the library leaves it as it stands."""
    if " # " not in value:
        return value
    parts = _PART.findall(value)
    return "".join(quoted or braced or defined.get(name.lower(), name) for quoted, braced, name in parts)


def _names(value: str) -> list[str]:
    """Return the names between "and"; what stands in braces is one name."""
    names, depth = [""], 0
    for word in value.split():
        if word.lower() == "and" and depth == 0:
            names.append("")
        else:
            names[-1] += f" {word}"
            depth = max(0, depth + word.count("{") - word.count("}"))
    return [name for name in map(str.strip, names) if name and name != "others"]


def plain(value: str) -> str:
    r"""Return LaTeX as text: accents, dashes and simple commands; mathematics stays as it is.

    >>> plain(r"{B}ayesian {\"O}sterreich \& na{\"\i}ve $\alpha$--nets")
    'Bayesian Österreich & naïve $\\alpha$–nets'
    """
    hidden = _SIGN.sub(lambda found: _HIDDEN[found[0].removeprefix("\\")], value)
    text = "".join(part if part.startswith("$") else _words(part) for part in _MATHS.split(hidden))
    return text.translate(_SHOWN)


def _words(value: str) -> str:
    if "\\" in value:
        with suppress(ValueError, IndexError, KeyError, AttributeError, TypeError, RecursionError):
            # what the library stumbles over is better with its backslashes than not at all
            value = _TEX.sub(lambda found: _decoded(found[0]), value)
    return value.replace("{", "").replace("}", "").replace("~", " ").replace("---", "—").replace("--", "–")


@lru_cache(maxsize=1 << 14)
def _decoded(value: str) -> str:
    text: str = _decoder().latex_to_text(value, tolerant_parsing=True)
    return text


@cache
def _decoder() -> Any:
    from pylatexenc.latex2text import LatexNodes2Text

    return LatexNodes2Text(math_mode="verbatim", keep_comments=True)


READER = Reader(name="bibtex", suffixes=(".bib", ".bibtex"), recognises=_recognises, read=_read)
