"""Pages copied from Hugging Face: three layouts, and pages on which something is missing or foreign."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kg import readers, resolve
from kg.model import Paper, ReadError, title_key
from kg.readers import Reading
from kg.readers.hf_listing import READER

SAMPLES = Path(__file__).parent / "samples"
SHARED = Path(__file__).parents[1].parent / "shared"
PAGE = (SAMPLES / "hf-listing.txt").read_text(encoding="utf-8").splitlines()
PLAIN = (SAMPLES / "hf-listing-plain.txt").read_text(encoding="utf-8").splitlines()
CLEAR = PAGE[: PAGE.index("May 27")] + PAGE[PAGE.index("May 27") + 4 :]  # without the title that looks like a date
LONG = "We study a matter at length and with care, and find what we had hoped to find. " * 8
needs_shared = pytest.mark.skipif(not SHARED.is_dir(), reason="the real pages lie in ../shared, which is not here")


def page(*lines: str) -> Reading:
    reading = READER.read(enumerate(lines, start=1), "page.txt")
    assert reading.used + len(reading.skipped) == reading.lines == len(lines)
    return reading


def seen(paper: Paper) -> tuple[str, str, str, int]:
    return (paper.title, paper.abstract, paper.date, paper.author_count)


def lost_and_new(before: Sequence[str], after: Sequence[str]) -> tuple[int, int]:
    old, new = (Counter(map(seen, page(*lines).papers)) for lines in (before, after))
    return (old - new).total(), (new - old).total()


# --- the layouts ----------------------------------------------------------------------------------------------------


def test_dates_and_author_counts_are_read_where_the_page_has_them() -> None:
    assert [(p.title.split(":")[0], p.date, p.year, p.author_count) for p in page(*PAGE).papers] == [
        ("SquirrelCache", "2025-03-05", 2025, 4),
        ("Teapot-QA", "2024-09-17", 2024, 1),
        ("Slow and Steady", "2024-12-05", 2024, 0),
        ("May 27", "", None, 0),
        ("On Being Brief", "2025-05-27", 2025, 12),
    ]


@pytest.mark.parametrize("name", ["hf-listing-plain.txt", "hf-listing-glued.txt"])
def test_the_other_layouts_tell_the_same_papers(name: str) -> None:
    reading = readers.read(SAMPLES / name)
    assert [(p.title, p.abstract) for p in reading.papers] == [(p.title, p.abstract) for p in page(*PAGE).papers][:3]
    assert {p.date for p in reading.papers} == {""}
    assert reading.skipped == ()


@needs_shared
@pytest.mark.parametrize(("number", "entries", "dated", "counted"), [
    (0, 87, 0, 0), (1, 117, 113, 110), (2, 216, 0, 0), (3, 121, 0, 0),
])  # fmt: skip
def test_the_real_pages_are_understood_to_the_last_line(number: int, entries: int, dated: int, counted: int) -> None:
    reading = readers.read(SHARED / "listings" / f"listing-{number}.txt")
    assert len(reading.papers) == entries
    assert sum(bool(p.date) for p in reading.papers) == dated
    assert sum(bool(p.author_count) for p in reading.papers) == counted
    assert reading.skipped == ()
    assert reading.used == reading.lines


@needs_shared
def test_the_real_pages_hold_the_466_papers_of_the_gold_standard() -> None:
    records = readers.read(SHARED / "listings").papers
    abstracts: dict[str, set[str]] = {}
    for paper in records:
        abstracts.setdefault(title_key(paper.title), set()).add(paper.abstract)
    gold = [json.loads(line) for line in (SHARED / "gold" / "listing-papers.jsonl").read_text("utf-8").splitlines()]
    assert len(resolve.works(records)) == len(gold) == 466
    assert {title_key(g["title"]) for g in gold} == set(abstracts)
    assert all(g["abstract"] in abstracts[title_key(g["title"])] for g in gold)
    assert sum(len(a) > 1 for a in abstracts.values()) == 2  # two abstracts differ between the pages


@needs_shared
def test_every_date_without_a_year_gets_the_year_after_the_newest_one_stated() -> None:
    papers = readers.read(SHARED / "listings" / "listing-1.txt").papers
    assert Counter(p.year for p in papers) == {2025: 42, 2024: 49, 2023: 22, None: 4}


# --- dates ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "date", "count"),
    [
        ("Sep 17, 2024", "2024-09-17", 0),
        ("Sep 17, 2024 12", "2024-09-17", 0),
        ("September 7, 2024", "2024-09-07", 0),
        ("May 27 2", "", 0),
        ("  • 3 authors · May 2, 2023", "2023-05-02", 3),
        ("  • 1 author", "", 1),
        ("Feb 29, 2024", "2024-02-29", 0),
    ],
)
def test_the_line_below_an_abstract(line: str, date: str, count: int) -> None:
    (paper,) = page("A Title of Some Length", LONG, line).papers
    assert (paper.date, paper.author_count) == (date, count)


def test_the_year_at_the_top_of_the_page_counts_for_every_date_without_one() -> None:
    reading = page(
        "new", "Nov 3, 2024", "A Title of Some Length", LONG, "May 2", "Another Title Like It", LONG, "Jun 1, 2019"
    )
    assert [p.date for p in reading.papers] == ["2024-05-02", "2019-06-01"]


def test_a_day_that_its_year_does_not_have_leaves_the_date_empty() -> None:
    reading = page("A Title of Some Length", LONG, "Feb 29", "Another Title Like It", LONG, "Jun 1, 2024")
    assert [p.date for p in reading.papers] == ["", "2024-06-01"]


# --- in and out of step ---------------------------------------------------------------------------------------------


def test_a_missing_abstract_costs_one_paper_and_is_reported() -> None:
    reading = page(
        "A First Title of Some Length", LONG, "A Title That Lost Its Abstract", "A Third Title of Some Length", LONG
    )
    assert [p.title for p in reading.papers] == ["A First Title of Some Length", "A Third Title of Some Length"]
    assert [(s.line, s.text) for s in reading.skipped] == [(3, "A Title That Lost Its Abstract")]


def test_a_missing_title_costs_one_paper_and_its_lines_are_reported() -> None:
    reading = page("A First Title", LONG, "·", "May 2", LONG, "  • 3 authors", "·", "May 1", "A Third Title Here", LONG)
    assert [p.title for p in reading.papers] == ["A First Title", "A Third Title Here"]
    assert [(s.line, s.reason) for s in reading.skipped] == [(n, "no title before it") for n in (5, 6, 7, 8)]


def test_a_title_with_authors_and_no_abstract_is_a_paper_without_abstract() -> None:
    reading = page(
        "A First Title", LONG, "  • 3 authors", "·", "May 2", "A Second Title Here", "  • 2 authors", "·", "May 1"
    )
    assert [(p.title, bool(p.abstract), p.author_count) for p in reading.papers] == [
        ("A First Title", True, 3), ("A Second Title Here", False, 2),
    ]  # fmt: skip


def test_a_date_is_not_given_to_the_paper_before() -> None:
    reading = page("A First Title", LONG, "A Title That Lost Its Abstract", "  • 3 authors", "·", "May 2, 2024",
                   "A Third Title Here", LONG)  # fmt: skip
    assert {(p.title, p.date) for p in reading.papers if p.abstract} == {
        ("A First Title", ""),
        ("A Third Title Here", ""),
    }


def test_a_last_title_without_abstract_is_reported() -> None:
    reading = page("A First Title", LONG, "A Title at the End of the Page")
    assert [(s.line, s.text) for s in reading.skipped] == [(3, "A Title at the End of the Page")]


def test_what_stands_before_and_after_the_page_is_reported() -> None:
    menu, foot = ("Models", "Datasets", "Pricing", "Log In"), ("Company", "TOS", "Privacy")
    reading = page(*menu, *PAGE, *foot)
    assert reading.papers == page(*PAGE).papers
    assert [s.text for s in reading.skipped] == [*menu, *foot]


def test_a_foreign_paragraph_between_two_entries_is_reported() -> None:
    reading = page("A First Title", LONG, "·", "May 2, 2024", LONG, "A Second Title Here", LONG)
    assert [p.title for p in reading.papers] == ["A First Title", "A Second Title Here"]
    assert [s.line for s in reading.skipped] == [5]


def test_two_pages_in_one_file_are_read_like_one() -> None:
    reading = page(*PAGE, *PLAIN)
    assert [p.title for p in reading.papers] == [p.title for lines in (PAGE, PLAIN) for p in page(*lines).papers]
    assert reading.skipped == ()


def test_an_author_line_that_stands_twice_is_reported() -> None:
    reading = page("A First Title", LONG, "  • 3 authors", "  • 9 authors", "·", "May 2, 2024")
    assert [(p.author_count, p.date) for p in reading.papers] in ([(3, "2024-05-02")], [(9, "2024-05-02")])
    assert len(reading.skipped) == 1


@pytest.mark.parametrize("line", range(len(CLEAR)))
def test_losing_any_line_changes_at_most_one_paper(line: int) -> None:
    lost, new = lost_and_new(CLEAR, CLEAR[:line] + CLEAR[line + 1 :])
    assert lost <= 1
    assert new <= 1


@pytest.mark.parametrize("foreign", ["Upvote", "12", "Sign in", "View all comments", "https://example.org/ad"])
@pytest.mark.parametrize("line", range(0, len(CLEAR), 3))
def test_a_foreign_line_anywhere_changes_at_most_one_paper_and_is_reported(foreign: str, line: int) -> None:
    lines = [*CLEAR[:line], foreign, *CLEAR[line:]]
    lost, new = lost_and_new(CLEAR, lines)
    assert lost <= 1
    assert new <= 1
    assert page(*lines).skipped


def test_tabs_and_controls_do_not_disturb_the_labels() -> None:
    reading = page("\tA  First\x0bTitle ", f"  {LONG}", "\u00a0• 2\u00a0authors", "·", "May\u00a02,  2024")
    assert [seen(p) for p in reading.papers] == [("A First Title", LONG.strip(), "2024-05-02", 2)]


def test_spaces_inside_an_abstract_are_kept() -> None:
    (paper,) = page("A First Title", "Two  spaces.\tA tab. " + LONG).papers
    assert paper.abstract.startswith("Two  spaces.\tA tab. ")


@pytest.mark.parametrize("lines", [["new", "Subscribe", "Nov 3"], ["word"], ["A Title of Some Length"], [LONG]])
def test_a_page_without_a_paper_is_refused(lines: list[str]) -> None:
    with pytest.raises(ReadError, match="page.txt: a page with no paper"):
        page(*lines)


@settings(max_examples=80, deadline=None)
@given(st.lists(st.sampled_from([
    "new", "Subscribe", "Get trending papers in your email inbox!", "SubscribeGlued Title", "Nov 3", "May 2, 2023 4",
    "·", "  • 3 authors", "somelab Some Lab", "", "A Title of Some Length", "Why?", "We study bees.", LONG, "\ufeff",
    "\x00",
]) | st.text(max_size=40), max_size=30))  # fmt: skip
def test_every_line_of_any_page_is_used_or_reported(lines: list[str]) -> None:
    try:
        reading = page(*lines)
    except ReadError:
        return
    assert len({s.line for s in reading.skipped}) == len(reading.skipped)
    titles = {title_key(line) for line in lines} | {title_key(line.removeprefix("Subscribe")) for line in lines}
    assert all(title_key(p.title) in titles for p in reading.papers)
