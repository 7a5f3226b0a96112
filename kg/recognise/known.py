"""Known names: the lexicon's spellings found as whole words, longest first, at exact offsets.

What a word is: letters and digits. Case, and any one sign between words (space, hyphen, slash, dot), do not count, so
that "chain of thought" finds "Chain-of-Thought"; two signs in a row ("machine, translation") part words. Signs that
belong to a name ("C++", "GPT-3.5", "A*") are compared afterwards on the text itself.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from kg.lexicon import Lexicon, Name
from kg.model import Paper, Span, singular
from kg.ontology import Ontology
from kg.phrases import Phrases, plain
from kg.recognise.candidate import Candidate

SURE, ALIAS, UNSURE = 0.8, 0.75, 0.45
_JOINER = re.compile(r"[\s\-\u2010-\u2015\u2212_/]")
_SIGNS = re.compile(r"[^\w\s\-\u2010-\u2015\u2212/]")
_SIGN = "+*#!?.@$&'~^°%()[]{}<>=\\"
_DIGIT_EDGE = re.compile(r"(?<=[A-Za-z])(?=[0-9])")
_SPELLINGS = (  # either way: what some write together, or with other letters
    *(
        ("iz", "is"),
        ("modeling", "modelling"),
        ("labeling", "labelling"),
        ("labeled", "labelled"),
        ("behavior", "behaviour"),
    ),
    *((word.replace(" ", ""), word) for word in ("auto encoder", "pre train", "fine tun", "multi modal", "multi task")),
    *(
        (word.replace(" ", ""), word)
        for word in ("multi lingual", "cross modal", "cross lingual", "co design", "look up")
    ),
)
_PREFIXES = (
    "auto",
    "co",
    "cross",
    "fine",
    "meta",
    "mid",
    "multi",
    "non",
    "post",
    "pre",
    "re",
    "self",
    "semi",
    "sub",
    "zero",
)
_MAX_ACRONYM = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """One spelling of a known name, and what must hold where it is found."""

    name: Name
    text: str
    tight: str  # as written, joiners as spaces
    lead: int  # signs before its first and after its last letter
    trail: int
    signs: bool
    cased: bool  # casing counts: guarded, or an acronym that is also a word


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A stretch of text and the spellings that it matches, of one or more known names."""

    start: int
    end: int
    forms: tuple[Form, ...]


class Matcher:
    """All known names in one automaton, built once and used for any number of papers.

    Equal lexicons make equal matchers; pickling ships the lexicon and builds anew.
    """

    def __init__(self, lexicon: Lexicon) -> None:
        self.lexicon = lexicon
        patterns: dict[bytes, dict[tuple[str, str, str], Form]] = defaultdict(dict)
        for name in lexicon.names:
            for text in name.forms:
                form = _form(name, text)
                for key in _patterns(text):
                    patterns[key].setdefault((name.type, name.name, form.tight), form)
        self._forms = tuple(tuple(forms.values()) for forms in patterns.values())
        self._phrases = Phrases(patterns)

    def __reduce__(self) -> tuple[type[Matcher], tuple[Lexicon]]:
        return (Matcher, (self.lexicon,))

    def find(self, text: str) -> Iterator[Found]:
        """Yield the known names of a text from left to right, the longest where several begin; none overlap."""
        hits = [(start, -end, which) for start, end, which in self._phrases.find(plain(text))]
        hits.sort()
        free = 0
        for start, end, which in hits:
            if start >= free:
                found = _checked(text, start, -end, self._forms[which])
                if found is not None:
                    free = found.end
                    yield found


def _form(name: Name, text: str) -> Form:
    head, tail = len(text) - len(text.lstrip(_SIGN)), len(text) - len(text.rstrip(_SIGN))
    acronym = len(text) <= _MAX_ACRONYM and text[1:] != text[1:].lower() and not any(c.isdigit() for c in text)
    return Form(
        name=name,
        text=text,
        tight=_JOINER.sub(" ", text),
        lead=head,
        trail=tail,
        signs=_SIGNS.search(text) is not None,
        cased=name.guard == "case" or acronym,
    )


def _patterns(text: str) -> Iterator[bytes]:
    """Yield the keys under which a spelling is found: plural and singular, joined prefixes, British spelling."""
    words = plain(text).split()
    if not words:
        return
    last = words[-1].decode("latin-1")
    endings = {last}
    if last.isalpha() and len(last) > 1:
        proper = text.rstrip(_SIGN)[-len(last) :] != last  # "LLAMAS" and "Natural Questions" are no plurals
        endings |= set(_plurals(last)) if proper else {singular(last), *_plurals(singular(last))}
    stem = [w.decode("latin-1") for w in words[:-1]]
    for ending in sorted(endings):
        key = " ".join([*stem, ending])
        forms = [key]
        if stem and stem[0] in _PREFIXES:
            forms.append(key.replace(" ", "", 1))
        if (split := _DIGIT_EDGE.sub(" ", key)) != key:
            forms.append(split)
        elif len(stem) == 1 and ending[0].isdigit():
            forms.append(stem[0] + ending)
        for one, other in _SPELLINGS:
            if one in key and other not in key:
                forms.append(key.replace(one, other))
            elif other in key and len(other) > 2:
                forms.append(key.replace(other, one))
        yield from (form.encode("latin-1") for form in forms)


def _plurals(word: str) -> tuple[str, ...]:
    if len(word) > 3 and word.endswith("y") and word[-2] not in "aeiou":
        return (word[:-1] + "ies",)
    if word.endswith(("x", "ch", "sh", "ss")):
        return (word + "es",)
    return (word + "s",)


def _checked(text: str, start: int, end: int, forms: tuple[Form, ...]) -> Found | None:
    """Return the match with the forms that the text really shows, or None: signs and casing count now."""
    after = text[end : end + 2]
    if after[:1] == "." and after[1:].isalnum() and text[end - 1].isdigit():
        return None  # GPT-3 in GPT-3.5
    fitting: list[Form] = []
    first, last = start, end
    inner = _SIGNS.search(text, start, end)
    for form in forms:
        if form.signs:
            if text[start - form.lead : start] == form.text[: form.lead] and _same(
                text[start : end + form.trail], form.tight[form.lead :]
            ):
                if form.lead + form.trail > (start - first) + (last - end):
                    first, last = start - form.lead, end + form.trail
                    fitting.clear()
                fitting.append(form)
        elif inner is None and after[:1] != "+" and not _signed(fitting) and _cased(text[start:end], form):
            fitting.append(form)
    return Found(start=first, end=last, forms=tuple(fitting)) if fitting else None


def _signed(forms: list[Form]) -> bool:
    """Whether a spelling with signs fits already: it is longer than any without."""
    return any(form.lead + form.trail for form in forms)


def _same(shown: str, tight: str) -> bool:
    shown, tight = _JOINER.sub(" ", shown).casefold(), tight.casefold()
    return shown == tight or shown.replace(" ", "") in (tight.replace(" ", ""), tight.replace(" ", "") + "s")


def _cased(shown: str, form: Form) -> bool:
    if shown[-1] == "S" and form.text[-1] not in "sS" and not form.text.islower():
        return False  # COMPASS is no plural of COMPAS
    if not form.cased:
        return True
    letters = _JOINER.sub("", shown)
    wanted = form.tight.replace(" ", "")
    return letters in (wanted, wanted + "s")


def vote(paper: Paper, *, names: Matcher, ontology: Ontology) -> Iterator[Candidate]:
    """Vote for every known name in title and abstract; a name of several types gets a weaker vote for each."""
    for field in ("title", "abstract"):
        for found in names.find(paper.text(field)):
            span = Span(field=field, start=found.start, end=found.end)
            rivals = {form.name.type for form in found.forms}
            for form in found.forms:
                weak = form.name.guard == "context"
                score = UNSURE if weak else SURE if form.text == form.name.name else ALIAS
                yield Candidate(
                    span=span,
                    name=form.name.name,
                    type=form.name.type,
                    rule="known",
                    score=score,
                    told=round(score / len(rivals), 3),
                    known=True,
                    weak=weak,
                )
