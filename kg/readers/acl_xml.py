"""The ACL Anthology's XML: volumes of papers, with tags inside titles and abstracts."""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree.ElementTree import Element

from kg.model import Paper
from kg.readers import xmlrecords
from kg.readers.reading import Lines, Reader, Reading
from kg.readers.records import collected, paper
from kg.readers.xmlrecords import child


def _recognises(head: str) -> bool:
    return xmlrecords.opens(head, "collection", "volume") and "<paper" in head


def _read(lines: Lines, place: str) -> Reading:
    found = xmlrecords.records(lines, ("meta", "paper"), place)
    volume = _Volume(place)
    return collected(found, place, volume.papers, hint="a collection of volumes with papers")


class _Volume:
    """The volume that is being read: its title and year stand before its papers."""

    def __init__(self, place: str) -> None:
        self.place, self.venue, self.date, self.year = place, "", "", ""

    def papers(self, element: Element) -> Iterator[Paper]:
        """Yield a paper, or keep what the volume says."""
        if element.tag == "meta":
            self.venue = child(element, "booktitle") or child(element, "shortbooktitle")
            self.year = child(element, "year")
            self.date = f"{child(element, 'month')} {self.year}"
            return
        address = child(element, "url")
        internal = address if address and "://" not in address else ""
        yield paper(
            self.place,
            id=internal or child(element, "bibkey"),
            title=child(element, "title"),
            abstract=child(element, "abstract"),
            date=self.date,
            year=self.year or child(element, "year"),
            venue=self.venue,
            authors=[f"{child(a, 'first')} {child(a, 'last')}" for a in element.findall("author")],
            doi=child(element, "doi"),
            url=f"https://aclanthology.org/{internal}" if internal else address,
        )


READER = Reader(name="acl-xml", suffixes=(), recognises=_recognises, read=_read, pieces=True)
