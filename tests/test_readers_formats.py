"""What is particular to single formats: odd records, guesses, refusals. Shared behaviour is in tests/contracts."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

from kg import readers
from kg.model import Paper, ReadError
from kg.readers import Reading

LONG = "Garden robots must decide where to water, and they decide by reading the soil with a small policy. "


def read(tmp_path: Path, text: str | list[Any], name: str = "papers", format_: str | None = None) -> Reading:
    path = tmp_path / name
    path.write_text(text if isinstance(text, str) else json.dumps(text), encoding="utf-8")
    return readers.read(path, format=format_)


def reasons(reading: Reading) -> list[str]:
    return [skipped.reason for skipped in reading.skipped]


@pytest.mark.parametrize(
    ("format_", "record", "reason"),
    [
        ("hf-api", {"paper": {"id": "1"}}, "no title"),
        ("hf-api", {"paper": {"id": "1", "title": {"a": 1}}}, "title is no text"),
        ("semantic-scholar", {"corpusid": 1, "abstract": "x"}, "an abstract without its title: join it"),
        ("semantic-scholar", {"corpusid": 1, "content": {"text": "x", "annotations": {"title": "["}}}, "Expecting"),
        ("openalex", {"title": "T", "abstract_inverted_index": [1]}, "abstract_inverted_index is no object"),
        ("openalex", {"title": "T", "abstract_inverted_index": {"a": ["b"]}}, "abstract_inverted_index: a position"),
        ("openalex", {"title": "T", "abstract_inverted_index": {"a": [1] * 200_001}}, "abstract_inverted_index is too"),
        ("openalex", {"title": "T", "authorships": 7}, "not a record of this format"),
        ("csl-json", {"title": "T", "abstract": "x" * 200_001}, "an abstract of 200001 characters"),
        ("json", {"title": ["T"]}, "not a paper: "),
        ("json", {"abstract": "x"}, "no title"),
        ("papers-with-code", {"task": "x", "datasets": [{"sota": {"rows": [{"paper_title": ""}]}}]}, "no title"),
    ],
)
def test_an_odd_record_is_reported_with_its_reason(
    format_: str, record: dict[str, Any], reason: str, tmp_path: Path
) -> None:
    good = {"title": "On Things", "paper_url": "x", "abstract": "y"}
    reading = read(tmp_path, [good, record, good], format_=format_)
    assert len(reading.papers) == 2
    (told,) = reasons(reading)
    assert told.startswith(reason)
    assert reading.skipped[0].record == 2
    assert reading.used + 1 == reading.lines


@pytest.mark.parametrize(
    ("format_", "record"),
    [
        ("openreview", {"id": "r", "forum": "f", "content": {"title": "Review"}}),
        ("openreview", {"id": "r", "replyto": "f", "content": {}}),
        ("zotero-json", {"data": {"itemType": "note", "note": "x"}}),
        ("conference-list", {"title": "Gone", "status": "Withdrawn"}),
        ("papers-with-code", {"name": "X", "full_name": "X", "paper": None}),
    ],
)
def test_a_record_that_is_known_to_be_no_paper_is_used_in_silence(
    format_: str, record: dict[str, Any], tmp_path: Path
) -> None:
    good = {"title": "On Things", "content": {"title": "On Things"}, "paper_url": "x", "abstract": "y"}
    reading = read(tmp_path, [good, record], format_=format_)
    assert (len(reading.papers), reading.skipped, reading.lines) == (1, (), 2)


def test_papers_with_code_tables_nested_too_deeply_are_reported(tmp_path: Path) -> None:
    row = {"paper_title": "On Things", "paper_url": "https://arxiv.org/abs/2401.00001"}
    task: dict[str, Any] = {"task": "leaf", "datasets": [], "subtasks": []}
    for i in range(60):
        task = {"task": f"t{i}", "datasets": [{"dataset": "D", "sota": {"rows": [row]}}], "subtasks": [task]}
    reading = read(tmp_path, [task], format_="papers-with-code")
    assert reasons(reading) == ["tasks nested too deeply"]
    assert reading.used + 1 == reading.lines


def test_the_venue_of_a_list_is_read_off_its_file_name(tmp_path: Path) -> None:
    record = {"title": "On Things", "track": "main", "status": "Poster", "abstract": "x"}
    (paper,) = read(tmp_path, [record], "iclr2024.json").papers
    assert (paper.venue, paper.year) == ("ICLR 2024", 2024)


def test_arxiv_dois_and_addresses_name_the_preprint(tmp_path: Path) -> None:
    records = [
        {"type": "article", "title": "On Things", "DOI": "10.48550/arXiv.2401.00001"},
        {"type": "article", "title": "On Bees", "URL": "https://arxiv.org/pdf/2401.00002v3"},
        {"type": "article", "title": "On Ants", "note": "see arXiv:2401.00003 for more"},
    ]
    assert [(p.arxiv, p.doi) for p in read(tmp_path, records, format_="csl-json").papers] == [
        ("2401.00001", ""),
        ("2401.00002", ""),
        ("2401.00003", ""),
    ]


def test_an_id_that_stands_twice_for_different_papers_is_replaced(tmp_path: Path) -> None:
    text = "@misc{k, title={On Ants}}\n@misc{k, title={On Bees}, title={x}}\n@misc{k, title={On Ants}}\n"
    papers = read(tmp_path, text, "x.bib").papers
    assert [p.title for p in papers] == ["On Ants", "On Bees", "On Ants"]
    assert [p.id == "k" for p in papers] == [True, False, True]


# --- JSON -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "titles", "broken"),
    [
        ('[{"title": "A B", "x": NaN}, {"title": "C D"}]', ["C D"], 1),
        ('[{"title": "A B", "x": "\n"}, {"title": "C D"}]', ["C D"], 1),
        ('[{"title": "A B", "x": }}}, {"title": "C D"}]', ["C D"], 1),
        ('[{"title": "A B", "x": "}, {"title": "C D"}, {"title": "E F"}]', ["C D", "E F"], 1),
        ('[{"title": "A B"}, 7, "x", {"title": "C D"}]', ["A B", "C D"], 2),
        ('[{"title": "A B"}, {"title": "C', ["A B"], 2),
        ('[{"title": "A B"}', ["A B"], 1),
        ('{"results": [{"title": "A B"}], "x": [', ["A B"], 1),
        ('{"title": "A B"}\nnonsense\n{"title": \n{"title": "C D"}', ["A B", "C D"], 2),
        ('{"title": "A B"}\n{"title": ' + "[" * 100_000 + '\n{"title": "C D"}', ["A B", "C D"], 1),
        ('{\n"title": "A B"\n}\n{\n"title": "C D"\n}', ["A B", "C D"], 0),
        ('{"title": "A B"}{"title": "C D"} 12', ["A B", "C D"], 1),
        ('{"title": "A B"}\n{"title": "C D", "x": 1', ["A B"], 1),
        ('{"title": "A \\ud800"}', ["A \ufffd"], 0),
    ],
)
def test_broken_json_is_passed_over(text: str, titles: list[str], broken: int, tmp_path: Path) -> None:
    reading = read(tmp_path, text, format_="json")
    assert [p.title for p in reading.papers] == titles
    assert len(reading.skipped) == broken
    assert reading.used + broken == reading.lines


@pytest.mark.parametrize("text", ["", "7", '"x"', "{}", "[[1]]", "nonsense", "[" * 3000])
def test_what_holds_no_record_is_refused(text: str, tmp_path: Path) -> None:
    with pytest.raises(ReadError):
        read(tmp_path, text, format_="json")


# --- XML and HTML ---------------------------------------------------------------------------------------------------

ENTRY = "<entry><id>http://arxiv.org/abs/2401.00001</id><title>On Things</title><summary>x</summary></entry>"
LAUGHS = '<!DOCTYPE feed [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>'


@pytest.mark.parametrize("name", ["arxiv-atom", "oai-pmh", "acl-xml", "zotero-rdf"])
@pytest.mark.parametrize(
    "doctype",
    [LAUGHS, '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>', '<!DOCTYPE x SYSTEM "http://localhost/x.dtd">'],
)
def test_document_types_and_entities_are_refused_at_once(name: str, doctype: str, tmp_path: Path) -> None:
    sample = next((Path(__file__).parent / "samples").glob(f"{name}.*")).read_text(encoding="utf-8")
    declaration, _, rest = sample.partition("?>")
    started = time.perf_counter()
    with pytest.raises(ReadError, match="a document type in XML is refused"):
        read(tmp_path, f"{declaration}?>{doctype}{rest}", format_=name)
    with pytest.raises(ReadError, match="a document type in XML is refused"):
        read(tmp_path, f"{declaration}?>{doctype}<x/>", format_=name)
    assert time.perf_counter() - started < 1


def test_an_entity_inside_a_record_costs_that_record_only(tmp_path: Path) -> None:
    bad = ENTRY.replace("x</summary>", '<!DOCTYPE a [<!ENTITY b "c">]>&b;</summary>')
    odd = ENTRY.replace("x</summary>", "a\x01b &amp; &#233;</summary>").replace("00001", "00002")
    reading = read(tmp_path, f"<feed>arxiv.org{bad}{odd}<entry/>{ENTRY[:-8]}</feed>", format_="arxiv-atom")
    assert [p.abstract for p in reading.papers] == ["a b & é"]
    assert reasons(reading) == ["invalid XML: not well-formed (invalid token)", "no title", "<entry> is not closed"]


def test_an_error_of_the_service_is_told(tmp_path: Path) -> None:
    text = "<feed><entry><id>http://arxiv.org/api/errors#x</id><title>E</title><summary>bad id</summary></entry></feed>"
    with pytest.raises(ReadError, match="arXiv answered: bad id"):
        read(tmp_path, text)


def test_an_oai_record_in_an_unknown_format_is_reported(tmp_path: Path) -> None:
    text = "<OAI-PMH><record><metadata><marc/></metadata></record></OAI-PMH>"
    with pytest.raises(ReadError, match="no metadata in oai_dc, arXiv or arXivRaw"):
        read(tmp_path, text)


def test_xml_with_a_comment_before_its_root_is_recognised(tmp_path: Path) -> None:
    text = f'<?xml version="1.0"?>\n<!-- saved -->\n<feed xmlns="http://www.w3.org/2005/Atom">{ENTRY}</feed>'
    assert [p.id for p in read(tmp_path, text).papers] == ["2401.00001"]


def test_a_page_that_is_no_html_or_has_no_paper_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for text in ("<html><p>Hello</p></html>", "<html><article><h3>x</h3></article></html>"):
        with pytest.raises(ReadError, match="no paper found"):
            read(tmp_path, text)
    monkeypatch.setattr("kg.readers.html_page._MAX_CHARACTERS", 10)
    with pytest.raises(ReadError, match="a page of more than 0 MiB"):
        read(tmp_path, "<html><p>Hello</p></html>")


# --- text -----------------------------------------------------------------------------------------------------------


def test_bibtex_without_its_library_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "bibtexparser.entrypoint", None)
    with pytest.raises(ReadError, match=r"pip install 'paperatlas\[bibtex\]'"):
        read(tmp_path, "@misc{a, title={T}}")


def test_bibtex_in_batches_keeps_strings_and_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kg.readers.bibtex._BATCH", 10)
    text = (
        '@string{acl = "ACL"}\n@misc{a, title={On Ants},\n booktitle=acl}\n\n'
        '@misc{b, title={On Bees}, booktitle = acl # " 2"}\n@misc{c, year = 2020}\n@misc{d, title = {open\n'
    )
    reading = read(tmp_path, text)
    assert [(p.title, p.venue) for p in reading.papers] == [("On Ants", "ACL"), ("On Bees", "ACL 2")]
    assert [(s.line, s.reason) for s in reading.skipped] == [
        (6, "no title"),
        (7, "an entry that does not end, or no BibTeX"),
    ]


@pytest.mark.parametrize(
    ("title", "plain"),
    [
        (r"{\'E}tude na{\"i}ve", "Étude naïve"),
        (r"50\% of A \& B, C_1 and 10$", "50% of A & B, C_1 and 10$"),
        (r"$\ell_1$-norms: \textbf{bold} {\ss}", r"$\ell_1$-norms: bold ß"),
        (r"A~B --- C--D", "A B — C–D"),
    ],
)
def test_latex_becomes_text(title: str, plain: str, tmp_path: Path) -> None:
    assert [p.title for p in read(tmp_path, f"@misc{{a, title = {{{title}}}}}").papers] == [plain]


def test_ris_tells_of_lines_outside_and_takes_a_reference_without_an_end(tmp_path: Path) -> None:
    reading = read(tmp_path, "stray\nTY  - JOUR\nTI  - On Ants\nPY  - 1999\nTY  - JOUR\nTI  - On Bees\n")
    assert [(p.title, p.year) for p in reading.papers] == [("On Ants", 1999), ("On Bees", None)]
    assert reasons(reading) == ["outside of a reference"]


def test_columns_without_names_are_guessed_by_their_content_and_told(tmp_path: Path) -> None:
    rows = [f'{i},On the Number {i},"{LONG * 3}"' for i in range(3)]
    reading = read(tmp_path, "\n".join(rows), "x.csv")
    assert [p.title for p in reading.papers] == ["On the Number 0", "On the Number 1", "On the Number 2"]
    assert reading.papers[0].abstract == (LONG * 3).strip()
    (note,) = reading.notes
    assert note.endswith("x.csv: columns taken: title = 'column 2', abstract = 'column 3'; left: 'column 1'")


@pytest.mark.parametrize(("text", "error"), [("a,b\n1,2\n", "a table without a column of titles"), ("x\n", "a table")])
def test_a_table_without_titles_is_refused(text: str, error: str, tmp_path: Path) -> None:
    with pytest.raises(ReadError, match=error):
        read(tmp_path, text, format_="csv")


def test_rows_that_do_not_fit_are_reported(tmp_path: Path) -> None:
    text = "title;year;author\nOn Ants;1999;Doe, Jane\nOn Bees;2000;x;y\n;2000;x\nOn Cats;2001;A B, C D\n"
    text += f'On Dogs;2000;"{"x" * 140_000}"\n'
    reading = read(tmp_path, text)
    assert [(p.title, p.authors) for p in reading.papers] == [("On Ants", ("Jane Doe",)), ("On Cats", ("A B", "C D"))]
    assert reasons(reading)[:2] == ["4 cells where the header has 3", "no title"]
    assert reasons(reading)[2].startswith("no row of a table: field larger")
    assert [s.line for s in reading.skipped] == [3, 4, 6]


def test_headings_without_text_and_text_without_heading_are_reported(tmp_path: Path) -> None:
    text = f"intro\n\n# List\n## On Ants\n{LONG}\n## On Bees\n\n## On Cats\n*DOI*: 10.1000/cat\n"
    reading = read(tmp_path, text, "x.md")
    assert [(p.title, p.doi) for p in reading.papers] == [("On Ants", ""), ("On Cats", "10.1000/cat")]
    assert [(s.line, s.reason) for s in reading.skipped] == [(1, "not understood"), (6, "a title without an abstract")]


def test_a_note_takes_its_abstract_from_its_front_matter(tmp_path: Path) -> None:
    text = "---\ntitle: On Ants\nabstract: Ants are small.\nauthors: A B, C D\nx: {y: z}\n---\nMore.\n"
    assert read(tmp_path, text).papers == (
        Paper(
            id=Paper(id="", title="On Ants").key(),
            title="On Ants",
            abstract="Ants are small.",
            authors=("A B", "C D"),
            author_count=2,
            source="papers",
        ),
    )


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("---\nabstract: x\n---\n", "front matter without a title"),
        ("---\n- title:\n---\n", "front matter without a title"),
        ("---\ntitle: a\nx: *y\n---\n", r"x.md:3: .*alias"),
        ("---\ntitle: On Ants\n---\n", "a text with no paper"),
    ],
)
def test_a_note_that_is_no_paper_is_refused(text: str, error: str, tmp_path: Path) -> None:
    with pytest.raises(ReadError, match=error):
        read(tmp_path, text, "x.md", format_="markdown")


def test_plain_text_reports_titles_without_an_abstract(tmp_path: Path) -> None:
    text = (
        f"On Ants\n{LONG}\n\nOn Bees\nYear: 1999\nAbstract: {LONG}\n\nOn Cats\nURL: https://example.org/c\n\nOn Dogs\n"
    )
    reading = read(tmp_path, text)
    assert [(p.title, p.year, p.url) for p in reading.papers] == [
        ("On Ants", None, ""),
        ("On Bees", 1999, ""),
        ("On Cats", None, "https://example.org/c"),
    ]
    assert [(s.line, s.reason) for s in reading.skipped] == [(11, "a title without an abstract")]


def test_a_million_openings_do_not_take_long(tmp_path: Path) -> None:
    for format_, text in (
        ("arxiv-atom", "<entry" * 100_000),
        ("json", "[{" * 100_000),
        ("html", "<html>" + "<a" * 20_000),
        ("bibtex", "@a{" * 20_000),
        ("csv", '"title,' * 50_000),
        ("ris", "TY  - " * 50_000),
    ):
        started = time.perf_counter()
        with pytest.raises(ReadError):
            read(tmp_path, text, format_=format_)
        assert time.perf_counter() - started < 5, format_
