"""The small words of English that the grammar knows; all others are the ontology's or the graph's."""

from __future__ import annotations

import re
from collections.abc import Sequence

from kg.queries.words import Token, words_of

LEAD = words_of("what which who show list find give get tell me us name display is are there please all the")
LINKING = words_of("that which who is are was were be been being has have had do does did can also it they")
ARTICLES = words_of("a an the any some all each every most many both")
COMMON = words_of("used common frequent popular important")
CONNECTORS = words_of("and or but ,")
NOT = words_of("not never cannot isn't aren't don't doesn't didn't wasn't weren't")
ORDERED = words_of("sorted ordered ranked")
ROUTES = words_of("path paths route routes connection connections")
JOINED = words_of("connected related linked")
TO = words_of("to and with")
SHARING = (("share",), ("shares",), ("have", "in", "common"), ("has", "in", "common"))
COUNTING = (("how", "many"), ("number", "of"), ("count", "of"), ("count",))
THERE = words_of("are there is exist")
ANYTHING = words_of("its their any anything everything all what is the every")
BELOW = words_of("below narrower under variant variants kind kinds version versions subtype subtypes")
SINCE = {"since": 0, "from": 0, "after": 1}
UNTIL = {"before": -1, "until": 0, "till": 0, "to": 0}
TAIL = words_of("in during between sorted ordered ranked by limit per each every")
YEAR = re.compile(r"(?:19|20)\d\d")
MOST_ROWS = 1_000_000
AUXILIARY = words_of("does do did is are was were")
ANY = words_of("anything something everything")
KINDS = words_of("kinds types forms sorts")
NEWEST = words_of("newest latest recent")
WITHOUT = ("without", "with")
DATED = words_of("published released dated written")
PER_YEAR = (("per", "year"), ("each", "year"), ("every", "year"))
NUMBERS = {"three": "3", "five": "5", "ten": "10", "twenty": "20"}


def word(tokens: Sequence[Token], at: int) -> str:
    """Return the word at a place, '' for quoted names and past the end."""
    return tokens[at].word if at < len(tokens) else ""


def after(tokens: Sequence[Token], at: int, skipped: frozenset[str]) -> int:
    """Return the first place from `at` on that is none of these words."""
    while word(tokens, at) in skipped:
        at += 1
    return at


def begins(tokens: Sequence[Token], at: int, phrases: Sequence[tuple[str, ...]]) -> int:
    """Return where the first of these phrases ends that begins here; 0 when none does."""
    for phrase in phrases:
        if tuple(word(tokens, at + i) for i in range(len(phrase))) == phrase:
            return at + len(phrase)
    return 0


def year(tokens: Sequence[Token], at: int) -> int:
    """Return the year that stands here, or 0."""
    return int(word(tokens, at)) if YEAR.fullmatch(word(tokens, at)) else 0
