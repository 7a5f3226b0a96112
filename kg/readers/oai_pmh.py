"""OAI-PMH answers with Dublin Core, or arXiv's own `arXiv` and `arXivRaw` formats."""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree.ElementTree import Element

from kg.model import Paper
from kg.readers import clean, xmlrecords
from kg.readers.reading import Lines, Reader, Reading
from kg.readers.records import UnreadableError, collected, paper, person
from kg.readers.xmlrecords import child, children, content


def _recognises(head: str) -> bool:
    told = "OAI-PMH" in head or "openarchives.org/OAI" in head
    return told and xmlrecords.opens(head, "OAI-PMH", "ListRecords", "GetRecord", "record", "records")


def _read(lines: Lines, place: str) -> Reading:
    found = xmlrecords.records(lines, ("record",), place)
    return collected(found, place, lambda record: _papers(record, place), hint="records with metadata")


def _papers(record: Element, place: str) -> Iterator[Paper]:
    """Yield the paper of a record; a deleted one has none."""
    header = record.find("header")
    if header is not None and header.get("status") == "deleted":
        return
    own = record.find("metadata/arXiv")
    raw = record.find("metadata/arXivRaw")
    core = record.find("metadata/dc")
    if own is not None:
        yield _arxiv(own, [_name(a) for a in own.findall("authors/author")], child(own, "created"), place)
    elif raw is not None:
        names = [person(n) for n in child(raw, "authors").replace(" and ", ", ").split(", ")]
        yield _arxiv(raw, names, child(raw, "version/date").partition(", ")[2], place)
    elif core is not None:
        yield _dublin(core, child(record, "header/identifier"), place)
    else:
        raise UnreadableError("no metadata in oai_dc, arXiv or arXivRaw")


def _arxiv(own: Element, authors: list[str], date: str, place: str) -> Paper:
    number = child(own, "id")
    return paper(
        place,
        id=number,
        title=child(own, "title"),
        abstract=child(own, "abstract"),
        date=date,
        venue=child(own, "journal-ref"),
        authors=authors,
        keywords=child(own, "categories").split(),
        arxiv=number,
        doi=child(own, "doi"),
        url=f"https://arxiv.org/abs/{number}" if clean.arxiv(number) else "",
    )


def _name(author: Element) -> str:
    return " ".join(filter(None, (child(author, "forenames"), child(author, "keyname"), child(author, "suffix"))))


def _dublin(core: Element, identifier: str, place: str) -> Paper:
    ids = children(core, "identifier")
    addresses = [i for i in ids if i.startswith("http")]
    texts = [content(d) for d in core.findall("description") if not content(d).startswith("Comment:")]
    return paper(
        place,
        id=identifier.rpartition(":")[2],
        title=child(core, "title"),
        abstract=max(texts, key=len, default=""),
        date=min(filter(None, children(core, "date")), default=""),
        venue=child(core, "source"),
        authors=[person(name) for name in children(core, "creator")],
        keywords=children(core, "subject"),
        arxiv=next((i for i in ids if "arxiv" in i.lower()), ""),
        doi=next((i for i in ids if i.startswith(("doi:", "10.")) or "doi.org/" in i), ""),
        url=next(iter(addresses), ""),
    )


READER = Reader(name="oai-pmh", suffixes=(), recognises=_recognises, read=_read, pieces=True)
