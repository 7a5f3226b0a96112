"""The frozen values that the stages exchange. Standard library only; imports nothing else of `kg`.

The error tree:

    KGError                 one plain line for the person at the terminal
    ├── ReadError           a source could not be read
    ├── OntologyError       ontology/*.yaml is inconsistent
    ├── LexiconError        seeds/ (names, decisions) is inconsistent
    ├── StoreError          a graph file is missing, foreign, damaged or locked
    ├── WriteError          a target cannot be written
    ├── ExportError         no exporter for this format
    └── QueryError          a question or SPARQL text cannot be answered
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from typing import Literal

Field = Literal["title", "abstract", "curated"]


class KGError(Exception):
    """Anything a user can mend: what went wrong, where, and what would have worked.

    >>> str(KGError("invalid JSON", where="papers.jsonl:7", hint="one object a line"))
    'papers.jsonl:7: invalid JSON (one object a line)'
    """

    def __init__(self, what: str, *, where: str = "", hint: str = "") -> None:
        self.what, self.where, self.hint = what, where, hint
        super().__init__((f"{where}: " if where else "") + what + (f" ({hint})" if hint else ""))


class ReadError(KGError):
    """A source could not be read."""


class OntologyError(KGError):
    """The ontology is inconsistent."""


class LexiconError(KGError):
    """The names or decisions are inconsistent."""


class StoreError(KGError):
    """A graph file is missing, foreign, damaged or locked."""


class WriteError(KGError):
    """A target cannot be written."""


class ExportError(KGError):
    """No exporter for this format."""


class QueryError(KGError):
    """A question cannot be answered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One curated statement of a paper about an entity: the words of a person, not of the abstract."""

    relation: str
    type: str
    name: str

    def __str__(self) -> str:
        return f"{self.relation} {self.type} {self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """One paper as a source tells it.

    `id` is the source's own id, else derived from `key()`; `source` is the file name it came from;
    `date` is ISO 8601, cut to what is known (YYYY, YYYY-MM or YYYY-MM-DD); `author_count` is 0 when unknown.
    """

    id: str
    title: str
    abstract: str = ""
    year: int | None = None
    date: str = ""
    venue: str = ""
    authors: tuple[str, ...] = ()
    author_count: int = 0
    url: str = ""
    keywords: tuple[str, ...] = ()
    arxiv: str = ""
    doi: str = ""
    facts: tuple[Fact, ...] = ()
    source: str = ""

    def text(self, field: str) -> str:
        """Return the text that evidence offsets count in; curated facts read one a line."""
        if field == "title":
            return self.title
        if field == "abstract":
            return self.abstract
        return "\n".join(map(str, self.facts))

    def key(self) -> str:
        """Return what identifies the work: arXiv id, else DOI, else a hash of the folded title.

        The year is not part of the hash: listings show one paper with and without it.

        >>> Paper(id="x", title="On  Things").key() == Paper(id="y", title="on things").key()
        True
        >>> Paper(id="x", title="On Things", arxiv="2401.00001").key()
        'arxiv:2401.00001'
        """
        if self.arxiv:
            return f"arxiv:{self.arxiv}"
        if self.doi:
            return f"doi:{self.doi.lower()}"
        return f"title:{digest(title_key(self.title))}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Skipped:
    """A stretch of a source that its reader did not understand: never dropped in silence.

    `record` counts records where the format has them, since several may stand in one line; else it is 0.
    """

    source: str
    line: int
    text: str
    reason: str
    record: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A half-open stretch of one field of a paper, counted in characters."""

    field: str
    start: int
    end: int

    def within(self, paper: Paper) -> str:
        """Return the words the span covers.

        >>> Span(field="title", start=0, end=4).within(Paper(id="p", title="LoRA works"))
        'LoRA'
        """
        return paper.text(self.field)[self.start : self.end]


@dataclass(frozen=True, slots=True, kw_only=True)
class Vote:
    """One rule's opinion, from 0 (surely not) to 1 (surely)."""

    rule: str
    score: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Mention:
    """An entity named by a paper: every place and spelling, one proposed name and type, and who voted for it."""

    name: str
    type: str
    spans: tuple[Span, ...]
    votes: tuple[Vote, ...]
    confidence: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Where a paper says so. `text` is exactly the slice of the field; `paper` is a node id once assembled."""

    paper: str
    field: str
    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What one paper says of one entity: its relation to it, with evidence, votes and confidence in 0..1."""

    name: str
    type: str
    relation: str
    confidence: float
    evidence: tuple[Evidence, ...]
    votes: tuple[Vote, ...]
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejection:
    """A candidate that was refused, and why."""

    name: str
    type: str
    reason: str
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Extraction:
    """What one paper says: a pure function of the paper, the ontology and the names we know."""

    paper: Paper
    claims: tuple[Claim, ...]
    rejections: tuple[Rejection, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Merge:
    """Why one more spelling or candidate became part of a node."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A paper or an entity of the graph.

    `id` is stable and derived from content (`technique/lora`); `support` counts the papers that claim it;
    `paper` holds the bibliographic record when the node is a document, else None.
    """

    id: str
    type: str
    name: str
    aliases: tuple[str, ...] = ()
    support: int = 0
    merges: tuple[Merge, ...] = ()
    paper: Paper | None = None

    def _repr_html_(self) -> str:
        """Show the node in a notebook: a table of text, which nothing in a name can leave."""
        rows = [("type", self.type), ("id", self.id), ("also called", ", ".join(self.aliases))]
        rows += [("papers", str(self.support)), *((m.name, m.reason) for m in self.merges)]
        if self.paper is not None:
            rows += [("date", self.paper.date or str(self.paper.year or "")), ("abstract", self.paper.abstract)]
        shown = "".join(f"<tr><th>{escape(k)}</th><td><bdi>{escape(v)}</bdi></td></tr>" for k, v in rows if v)
        return f"<table><caption><bdi>{escape(self.name)}</bdi></caption>{shown}</table>"


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """One statement of the graph, never without evidence.

    `support` is the number of papers behind it; a `derived` edge no paper says in words: it was inherited by what a
    paper introduces, or tells the family or kind of an entity (its votes then name the rule).
    """

    source: str
    relation: str
    target: str
    confidence: float
    evidence: tuple[Evidence, ...]
    votes: tuple[Vote, ...] = ()
    derived: bool = False

    def __post_init__(self) -> None:
        if not self.evidence:
            raise ValueError(f"edge without evidence: {self.key}")

    @property
    def key(self) -> tuple[str, str, str]:
        """What makes two edges the same statement."""
        return (self.source, self.relation, self.target)

    @property
    def id(self) -> str:
        """A globally unique, content-derived id: edges of a multigraph must never share one."""
        return edge_id(self.key)

    @property
    def papers(self) -> tuple[str, ...]:
        """The papers that say so, sorted."""
        return tuple(sorted({e.paper for e in self.evidence}))

    @property
    def support(self) -> int:
        """How many papers say so."""
        return len(self.papers)


def edge_id(key: tuple[str, str, str]) -> str:
    """Return the id of the edge of a source, relation and target."""
    return digest("\t".join(key))


def digest(text: str) -> str:
    """Return 16 hexadecimal characters that stand for `text` in ids."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


_NO_LETTERS = re.compile(r"[^\w+]|_")
_JOINERS = re.compile(r"[\s\-~\u2010-\u2015\u2043\u2044\u2212\u00b7_/]+")
_APART = re.compile(r"[0-9]\s+[0-9]")
_BETWEEN_DIGITS = re.compile(r"(?<![0-9]) | (?![0-9])")
_ACRONYM = 7  # letters; longer words in capitals are words
_CAPITALS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
_ACRONYMS = re.compile(r"[A-Z]{2}s\Z")
_ENDS_IN_S = frozenset({"alias", "atlas", "bias", "canvas", "kudos", "lens", "pandas", "series", "species", "texas"})
_IRREGULAR = {
    **{
        word + "s": word for word in ("cache", "niche", "headache", "avalanche", "movie", "cookie", "calorie", "zombie")
    },
    **{word + "es": word for word in ("bias", "lens", "atlas", "alias", "canvas", "bus", "virus", "status", "corpus")},
    **{word + "ses": word + "sis" for word in ("analy", "hypothe", "synthe", "the", "diagno", "progno", "paraly")},
    "matrices": "matrix", "indices": "index", "vertices": "vertex", "corpora": "corpus", "criteria": "criterion",
    "quizzes": "quiz", "heroes": "hero", "echoes": "echo", "axes": "axis", "crises": "crisis", "leaves": "leaf",
}  # fmt: skip
_SUPERSCRIPTS = {ord(c): f" {d}" for d, c in enumerate("\u2070\u00b9\u00b2\u00b3\u2074\u2075\u2076\u2077\u2078\u2079")}
_LETTERS: dict[int, str] = {  # what NFKC leaves apart or spells out wrongly; applied before it
    **dict.fromkeys(map(ord, "\u2122\u00ae\u00a9\u2120"), ""),
    **dict.fromkeys(map(ord, "\u2018\u2019\u02bc\u00b4\u2032"), "'"),
    **dict.fromkeys(map(ord, "\u201c\u201d"), '"'),
    **_SUPERSCRIPTS,
    ord("\u00d7"): "x",
}
_LATIN = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ı": "i", "æ": "ae", "œ": "oe", "ð": "d", "þ": "th"})
_GREEK = str.maketrans(
    {"α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "ε": "epsilon", "ζ": "zeta", "η": "eta", "θ": "theta",
     "ι": "iota", "κ": "kappa", "λ": "lambda", "μ": "mu", "ν": "nu", "ξ": "xi", "ο": "omicron", "π": "pi", "ρ": "rho",
     "σ": "sigma", "ς": "sigma", "τ": "tau", "υ": "upsilon", "φ": "phi", "χ": "chi", "ψ": "psi", "ω": "omega"}
)  # fmt: skip
_ACCENTS = re.compile("[\u0300-\u036f]")
_TEX = re.compile(r"\\(?:math[a-z]+|text[a-z]*|emph|boldsymbol|bm|rm|bf)\b|[\\${}]")
_BRITISH = (
    (re.compile(r"(?<=[a-z]{3})is(?=(?:ations?|e[drs]?|ers|ing)\b)"), "iz"),
    (re.compile(r"\b(mode|labe|signa|trave|cance)ll(?=ing\b|ed\b|er\b)"), r"\1l"),
    (re.compile(r"\b(behavi|col|neighb|fav|lab)our"), r"\1or"),
)
_AT_HAND = 1 << 17  # titles whose keys are remembered: they are asked for again and again
_NAMES = 1 << 19  # names whose keys are: those of some hundred thousand papers, since what passes over all asks for all
_IGNORABLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufe00-\ufe0f\ufeff]")


@lru_cache(maxsize=1 << 16)
def fold(name: str) -> str:
    """Return the form under which two spellings are the same name: Unicode, case, hyphens, spaces, final plural.

    Digits and signs survive, so that versions and sizes never merge. So does the S that an acronym has as a capital:
    CLUES is not CLUE, while GPUs are GPU.

    >>> fold("Chain-of-Thought"), fold("knowledge  distillations"), fold("GPT‑3.5"), fold("C++")
    ('chain of thought', 'knowledge distillation', 'gpt 3.5', 'c++')
    >>> fold("CLUES"), fold("few-shot CLUES"), fold("GPs"), fold("GPS"), fold("GRAPH NETWORKS")
    ('clues', 'few shot clues', 'gp', 'gps', 'graph network')
    """
    if not name.isascii():
        name = _IGNORABLE.sub("", unicodedata.normalize("NFKC", name.translate(_LETTERS)))
    words = _JOINERS.sub(" ", name.casefold()).split()
    if words and len(words[-1]) > 2 and words[-1].endswith("'s"):
        words[-1] = words[-1][:-2]
    elif words and name[-1] == "s" and _ACRONYMS.search(name):
        words[-1] = words[-1][:-1]
    elif words and not (name.endswith("S") and _acronym_in_s(name)):
        words[-1] = singular(words[-1])
    return " ".join(words)


def _acronym_in_s(name: str) -> bool:
    """Whether a name ends in an acronym with a capital S (CLUES, 65nmCMOS); a whole line of capitals is no acronym."""
    if not name.isascii():
        name = _ACCENTS.sub("", unicodedata.normalize("NFD", name))
    run = len(name) - len(name.rstrip(_CAPITALS))
    return 2 <= run <= _ACRONYM and (run == len(name) or not name.isupper())


@lru_cache(maxsize=_NAMES)
def name_key(name: str) -> str:
    r"""Return the identity of a name: as `fold`, and spaces do not count either, except between digits.

    Nor do accents, Greek letters against their names, TeX, "&" against "and", and British spelling. It is a function
    of `fold(name)`, so that names that fold alike, and therefore have one id, also have one key.

    >>> name_key("GPT-4") == name_key("GPT 4") == name_key("gpt4"), name_key("Llama 2 7B") == name_key("Llama 27B")
    (True, False)
    >>> name_key("pre-training") == name_key("pretraining"), name_key("GPT-4o") == name_key("GPT-4")
    (True, False)
    >>> name_key("β-VAE") == name_key("beta-VAE") == name_key(r"$\beta$-VAE"), name_key("10²") == name_key("102")
    (True, False)
    """
    text = fold(name)
    if not text.isascii():
        text = unicodedata.normalize("NFD", text.translate(_LATIN))
        text = unicodedata.normalize("NFC", _ACCENTS.sub("", text)).translate(_GREEK)
    if "\\" in text or "$" in text or "{" in text or "^" in text:
        text = _TEX.sub(" ", text.replace("^", " "))
    if "&" in text:
        text = text.replace(" & ", " and ")
    if "is" in text or "our" in text or "ll" in text:
        for british, american in _BRITISH:
            text = british.sub(american, text)
    if "s of " in text:
        head, _, rest = text.partition("s of ")
        before, space, last = f"{head}s".rpartition(" ")
        text = f"{before}{space}{singular(last)} of {rest}"
    if _APART.search(text):
        return _BETWEEN_DIGITS.sub("", " ".join(text.split()))
    return "".join(text.split())


def singular(word: str) -> str:
    """Return an English noun without its plural ending; names that merely end in s keep it.

    >>> [singular(w) for w in ("datasets", "bias", "loss", "policies", "gpus", "analyses", "boxes", "bus", "caches")]
    ['dataset', 'bias', 'loss', 'policy', 'gpu', 'analysis', 'box', 'bus', 'cache']
    """
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    if len(word) == 4 and word.endswith("pus"):  # GPUs, CPUs, TPUs
        return word[:-1]
    if len(word) <= 3 or not word.endswith("s") or word.endswith(("ss", "us", "is")) or word in _ENDS_IN_S:
        return word
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("xes", "ches", "shes", "sses")):
        return word[:-2]
    return word[:-1]


@lru_cache(maxsize=_AT_HAND)
def title_key(title: str) -> str:
    """Return what stays of a title when case, accents' encoding, spacing and punctuation do not count."""
    return _NO_LETTERS.sub("", unicodedata.normalize("NFKC", title).casefold())
