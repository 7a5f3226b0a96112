"""From votes on stretches of text to the entities of a paper: a name found once is found everywhere, types by vote."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from itertools import islice

from msgspec.structs import replace

from kg.model import Evidence, Mention, Paper, Rejection, Span, Vote, name_key
from kg.ontology import Ontology
from kg.recognise import scorer
from kg.recognise.candidate import Candidate, Draft
from kg.recognise.scorer import SHARING, Taught
from kg.recognise.table import table
from kg.recognise.windows import MOST as MOST_WINDOWS
from kg.recognise.windows import WINDOW, Proposal, spans

THRESHOLD = 0.4
CAP = 0.97
MOST_NAMES = 100  # coined names followed through a paper: no real abstract has more, a hostile one may
LOOSE = frozenset(("phrase", "phrase:title", "list:nouns", "shape"))  # too common to decide for an ambiguous name
REPEATED = 0.2  # a name that comes again is more likely one


def drafts_of(
    paper: Paper, candidates: Iterable[Candidate], ontology: Ontology, proposed: Iterable[Proposal] = ()
) -> list[Draft]:
    """Return what the votes are about, with the confidence and type of the rules; then phrases that no rule saw."""
    found = _whole(list(candidates), frozenset(t.name for t in ontology.types_as("problem")))
    found += _everywhere(paper, found)
    drafts: list[Draft] = [(*_typed(members), members) for members in _groups(found)]
    drafts += _phrases(paper, found, ontology, proposed)
    return drafts


def _phrases(
    paper: Paper, found: Sequence[Candidate], ontology: Ontology, proposed: Iterable[Proposal]
) -> Iterator[Draft]:
    """Yield the likeliest windows that are not there by name already."""
    taken = {name_key(c.name) for c in found} | {name_key(c.span.within(paper)) for c in found}
    nouns = table(ontology)
    fresh = ((p, phrase) for p, phrase in proposed if name_key(phrase) not in taken)
    for probability, phrase in islice(fresh, MOST_WINDOWS):
        places = spans(paper, phrase)
        kind = nouns.noun(phrase.split()[-1]) or nouns.procedure
        score, name = round(probability, 4), places[0].within(paper)
        yield (
            score,
            kind,
            [Candidate(span=at, name=name, type=kind, rule=WINDOW, score=score, told=score) for at in places],
        )


def consolidate(
    papers: Sequence[Paper],
    candidates: Iterable[Iterable[Candidate]],
    ontology: Ontology,
    fitted: Taught | None = None,
) -> list[tuple[tuple[Mention, ...], tuple[Rejection, ...]]]:
    """Return of each paper its entities, and the refused candidates with the reason; fitted weights overrule rules."""
    if fitted is None:
        both = zip(papers, candidates, strict=True)
        return [settle(paper, drafts_of(paper, votes, ontology), THRESHOLD) for paper, votes in both]
    proposed = list(map(fitted.windows.finder.find, papers))
    all_told = zip(papers, candidates, proposed, strict=True)
    drafts = [drafts_of(paper, votes, ontology, phrases) for paper, votes, phrases in all_told]
    judged = scorer.judge(papers, drafts, fitted)
    return [settle(paper, found, fitted.threshold, learned=True) for paper, found in zip(papers, judged, strict=True)]


def settle(
    paper: Paper, drafts: Iterable[Draft], threshold: float, *, learned: bool = False
) -> tuple[tuple[Mention, ...], tuple[Rejection, ...]]:
    """Choose among drafts, the surest first: what is too unsure or lies over a surer name is refused."""
    key = paper.key()
    rejections: list[Rejection] = []
    kept: list[Draft] = []
    taken = {field: bytearray(len(paper.text(field))) for field in ("title", "abstract")}  # 1 where a name stands
    for confidence, type_name, members in sorted(drafts, key=partial(_turn, learned)):
        if not learned and any(c.weak for c in members) and all(c.weak or c.rule in LOOSE for c in members):
            rejections.append(
                _rejection(paper, key, members, type_name, "ambiguous name, and nothing else speaks for it")
            )
            continue
        if confidence < threshold:
            rejections.append(_rejection(paper, key, members, type_name, f"too little evidence ({confidence:.2f})"))
            continue
        free = [c for c in members if c.rule in SHARING or 1 not in taken[c.span.field][c.span.start : c.span.end]]
        if not free:
            rejections.append(_rejection(paper, key, members, type_name, "part of a longer or surer name"))
            continue
        for c in free:
            taken[c.span.field][c.span.start : c.span.end] = b"\1" * (c.span.end - c.span.start)
        kept.append((confidence, type_name, free))
    mentions = [mention(confidence, type_name, members) for confidence, type_name, members in kept]
    mentions.sort(key=lambda m: _place(m.spans[0]))
    return tuple(mentions), tuple(rejections)


def _whole(found: Sequence[Candidate], goals: frozenset[str]) -> list[Candidate]:
    """Let a known name inside a larger word give way to the word, which then is of its kind: LLaMA in CodeLLaMA-2-7B.

    A word made of known names alone ("CPU-GPU") is no name of its own.
    """
    known: dict[tuple[str, int], list[Candidate]] = defaultdict(list)
    for c in found:
        if c.known:
            known[c.span.field, c.span.start // 64].append(c)
    result: list[Candidate] = []
    gone: set[Span] = set()
    for c in found:
        if not c.rule.startswith("shape"):
            continue
        near = [k for at in range(c.span.start // 64, c.span.end // 64 + 1) for k in known.get((c.span.field, at), ())]
        inside = [k for k in near if k.span != c.span and c.span.start <= k.span.start and k.span.end <= c.span.end]
        if not inside or any(k.span == c.span for k in near):
            continue
        covered = sum(k.span.end - k.span.start for k in {k.span: k for k in inside}.values())
        if covered >= c.span.end - c.span.start - len({k.span for k in inside}) + 1:
            gone.add(c.span)
            continue
        gone.update(k.span for k in inside)
        first = min(inside, key=lambda k: (k.span.start, -k.told, k.type))
        if first.span.start == c.span.start and first.type not in goals:
            result.append(replace(c, type=first.type, rule="shape:kin", score=0.45, told=0.4))
    kept = [c for c in found if c.span not in gone or not (c.known or c.rule.startswith("shape"))]
    return kept + result


def _turn(learned: bool, draft: Draft) -> tuple[bool, float, bool, int, str]:
    """Order in which names take their place: the surest first; learned, sizes before the name that they share."""
    confidence, type_name, members = draft
    place = (members[0].span.field != "title", members[0].span.start, type_name)
    if learned:
        return (all(c.rule not in SHARING for c in members), -confidence, *place)
    return (False, -_rank(confidence, members), *place)


def _rank(confidence: float, members: Sequence[Candidate]) -> float:
    """Order in which names take their place: surer first, in steps, and the longer first within a step."""
    longest = max([c.span.end - c.span.start for c in members])
    return round(confidence * 4) + min(longest, 99) / 100


def _everywhere(paper: Paper, found: Sequence[Candidate]) -> list[Candidate]:
    """Return every further occurrence of the names that hold for the whole paper."""
    spellings: dict[str, Candidate] = {}
    for c in found:
        if c.everywhere:
            text = c.span.within(paper)
            if text not in spellings or spellings[text].score < c.score:
                spellings[text] = c
    further = []
    seen = {(c.span, c.name) for c in found}
    for text, c in islice(spellings.items(), MOST_NAMES):
        for field in ("title", "abstract"):
            whole = paper.text(field)
            if text not in whole:
                continue
            for start, end in _occurrences(whole, text):
                span = Span(field=field, start=start, end=end)
                if (span, c.name) not in seen:
                    further.append(replace(c, span=span))
    return further


def _occurrences(text: str, name: str) -> Iterator[tuple[int, int]]:
    """Yield where a name stands as a whole word, also in the plural."""
    start = text.find(name)
    while start >= 0:
        end = start + len(name)
        for plural in ("s", "es"):
            if text.startswith(plural, end) and not _is_letter(text, end + len(plural)):
                end += len(plural)
                break
        if not _is_inside(text, start, end):
            yield start, end
        start = text.find(name, end)


def _is_inside(text: str, start: int, end: int) -> bool:
    """Whether a stretch is part of a larger word or name: RAG in DPA-RAG, Nova in Nova-7B; but not in RAG-based."""
    if _is_letter(text, start - 1) or _is_letter(text, end):
        return True
    before = text[start - 1 : start] == "-" and _is_letter(text, start - 2)
    after = text[end : end + 1] == "-" and _is_letter(text, end + 1) and not text[end + 1].islower()
    return before or after


def _is_letter(text: str, at: int) -> bool:
    return 0 <= at < len(text) and (text[at].isalnum() or text[at] == "_")


def _groups(found: Sequence[Candidate]) -> list[list[Candidate]]:
    """Join candidates of one name, and of one stretch of text."""
    parent: dict[str, str] = {}  # of keys
    first: dict[Span, str] = {}  # the key first seen at each stretch

    def root(key: str) -> str:
        while parent[key] != key:
            parent[key] = parent[parent[key]]
            key = parent[key]
        return key

    keys = [name_key(c.name) for c in found]
    for c, key in zip(found, keys, strict=True):
        parent.setdefault(key, key)
        other = first.setdefault(c.span, key)
        if other != key:
            parent[root(other)] = root(key)
    groups: dict[str, list[Candidate]] = defaultdict(list)
    for c, key in zip(found, keys, strict=True):
        groups[root(key)].append(c)
    return list(groups.values())


def _typed(members: Sequence[Candidate]) -> tuple[float, str]:
    """Return how sure the rules are together that this is an entity (each rule once), and the type told best."""
    if len(members) == 1:
        return min(CAP, members[0].score), members[0].type
    told: dict[tuple[str, str], float] = {}
    every: dict[str, float] = {}
    for c in members:
        told[c.type, c.rule] = max(told.get((c.type, c.rule), 0.0), c.told)
        every[c.rule] = max(every.get(c.rule, 0.0), c.score)
    doubt: dict[str, float] = {}
    for (type_name, _), weight in told.items():
        doubt[type_name] = doubt.get(type_name, 1.0) * (1 - weight)
    if len({c.span for c in members}) > 1 and not any(c.everywhere for c in members):
        every["repeated"] = REPEATED
    left = 1.0
    for score in every.values():
        left *= 1 - score
    return min(CAP, 1 - left), min(doubt, key=lambda t: (doubt[t], t))


def mention(confidence: float, type_name: str, members: Sequence[Candidate]) -> Mention:
    """Return the entity that these candidates are."""
    best: dict[str, float] = {}
    for c in members:
        best[c.rule] = max(best.get(c.rule, 0.0), c.score)
    if any(c.new for c in members):
        best["new"] = max(c.score for c in members if c.new)
    known = [c for c in members if c.known]
    chosen = min(known or members, key=lambda c: (c.type != type_name, -c.score, _place(c.span)))
    return Mention(
        name=chosen.name,
        type=type_name,
        spans=tuple(sorted({c.span for c in members}, key=_place)),
        votes=tuple(Vote(rule=rule, score=score) for rule, score in sorted(best.items())),
        confidence=round(confidence, 4),
    )


def _rejection(paper: Paper, key: str, members: Sequence[Candidate], type_name: str, reason: str) -> Rejection:
    spans = sorted({c.span for c in members}, key=_place)
    return Rejection(
        name=members[0].name,
        type=type_name,
        reason=reason,
        evidence=tuple(
            Evidence(paper=key, field=s.field, start=s.start, end=s.end, text=s.within(paper)) for s in spans
        ),
    )


def _place(span: Span) -> tuple[bool, int, int]:
    return (span.field != "title", span.start, span.end)
