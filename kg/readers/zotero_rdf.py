"""Zotero's RDF export: items with people, journals inside or referred to, subjects, and an abstract in DC terms."""

from __future__ import annotations

import re
from collections.abc import Iterator
from xml.etree.ElementTree import Element

from kg.model import Paper
from kg.readers import xmlrecords
from kg.readers.reading import Lines, Reader, Reading
from kg.readers.records import collected, paper, unmarked
from kg.readers.xmlrecords import child, children, content

_ITEMS = (
    "Article", "Book", "BookSection", "ConferencePaper", "ConferenceProceedings", "Description", "Document", "Journal",
    "Manuscript", "Proceedings", "Report", "Series", "Thesis",
)  # fmt: skip
_HOLDERS = frozenset({"Journal", "Proceedings", "ConferenceProceedings", "Series"})
_ARXIV = re.compile(r"(?i)arxiv(?:\.org/abs/|:\s*)(\S+)")


def _recognises(head: str) -> bool:
    return xmlrecords.opens(head, "RDF") and ("zotero.org" in head or "bibo" in head or "net-zotero" in head)


def _read(lines: Lines, place: str) -> Reading:
    """Read all items first: a paper may refer to a journal that comes after it."""
    found = list(xmlrecords.records(lines, _ITEMS, place))
    holders = {record.value.get("about", ""): record.value for record in found if record.tag in _HOLDERS}
    return collected(
        found, place, lambda item: _papers(item, holders, place), hint="items as Zotero exports them", unique=True
    )


def _papers(item: Element, holders: dict[str, Element], place: str) -> Iterator[Paper]:
    """Yield the paper of an item; journals, files and notes are none."""
    if item.tag in _HOLDERS or child(item, "itemType") in ("attachment", "note"):
        return
    link = item.find("isPartOf")
    inside = next(iter(link), None) if link is not None else None
    holder = inside if inside is not None else holders.get(link.get("resource", "") if link is not None else "")
    ids = children(item, "identifier") + (children(holder, "identifier") if holder is not None else [])
    addresses = [content(v) for v in item.findall("identifier/URI/value")]
    about = item.get("about", "")
    extra = " ".join([about, *addresses, *children(item, "description")])
    eprint = _ARXIV.search(extra)
    yield paper(
        place,
        id=child(item, "citationKey") or about,
        title=unmarked(child(item, "title")),
        abstract=unmarked(child(item, "abstract")),
        date=child(item, "date"),
        venue=(child(holder, "title") if holder is not None else "") or child(item, "presentedAt/Conference/title"),
        authors=[_name(person) for person in item.findall("authors/Seq/li/Person")],
        keywords=[content(s) for s in item.findall("subject")],
        arxiv=eprint[1] if eprint else "",
        doi=next((i for i in ids if i.upper().startswith("DOI")), "") or (about if "doi.org/" in about else ""),
        url=next(iter(addresses), "") or (about if about.startswith("http") else ""),
    )


def _name(person: Element) -> str:
    given = next(filter(None, (child(person, tag) for tag in ("givenName", "givenname", "firstName"))), "")
    return f"{given} {child(person, 'surname')}"


READER = Reader(name="zotero-rdf", suffixes=(), recognises=_recognises, read=_read, pieces=True)
