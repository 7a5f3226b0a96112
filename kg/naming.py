"""What a name owes to its generic words, its maker, and its version: pure rules on one name, words of the ontology."""

from __future__ import annotations

import re
from collections.abc import Container, Iterator, Sequence
from functools import lru_cache
from itertools import takewhile

from rapidfuzz.distance import OSA

from kg.model import fold, name_key
from kg.ontology import NodeType

SIZE, VERSION, QUALIFIER, SIGN, PREFIX = 0.95, 0.9, 0.9, 0.8, 0.85  # how sure a variant is of its family

_SIZE = re.compile(r"a?[0-9]+(?:\.[0-9]+)?(?:[bmkt]|gb|g)|[0-9]+x[0-9]+(?:\.[0-9]+)?b")
_VERSION = re.compile(r"(?:v|r)?[0-9]+(?:\.[0-9]+)*[a-z]?|[a-z][0-9]+(?:\.[0-9]+)*|i{2,3}|iv")
_ATTACHED = re.compile(r"(.*[^\W\d_]{3})(v?[0-9]+(?:\.[0-9]+)*(?:[bcelmnosvx]|x[0-9]+b?)?)")
_QUALIFIERS = frozenset((
    "4bit", "8bit", "audio", "awq", "b", "base", "bf16", "big", "cased", "chat", "code", "coder", "de", "dev",
    "diamond", "distill", "distilled", "dpo", "easy", "en", "extended", "fast", "flash", "fp16", "fp8", "fr", "full",
    "g", "gguf", "giant", "gptq", "h", "haiku", "hard", "huge", "instruct", "int4", "int8", "it", "l", "large",
    "light", "lite", "live", "m", "math", "max", "medium", "micro", "mini", "multilingual", "multimodal", "nano",
    "omni", "opus", "pcie", "plus", "pretrained", "preview", "pro", "reasoning", "redux", "rlhf", "s", "sft",
    "small", "sonnet", "subset", "super", "sxm", "sxm2", "sxm4", "sxm5", "test", "thinking", "ti", "tiny", "turbo",
    "ultra", "uncased", "val", "verified", "vision", "vl", "xl", "xs", "xxl", "zh",
))  # fmt: skip
_PREFIXES = frozenset(("tiny", "mini", "multilingual", "distilled"))
_AGAINST = frozenset(("non", "anti", "un", "de", "no"))
LIGHT = frozenset((
    "a", "an", "and", "based", "by", "driven", "for", "from", "in", "level", "of", "on", "only", "style", "the", "to",
    "using", "via", "with",
))  # fmt: skip
_STEM, _SHARE = 4, 0.55  # letters, and share of the longer word, that two forms of one word have in common
SLIP_FROM = 8  # letters that a word must have for one wrong letter not to make it another word


def core(name: str, node_type: NodeType, known: Container[str] = ()) -> str:
    """Return a name without "the", its maker and the generic words behind it, one step at a time; '' when it has none.

    What would remain must still be a name: with a capital, a digit or two words, or one of the `known` keys; of
    devices, which are also called by their kind ("edge device", "NVIDIA GPU"), only a digit or a known name will do.
    """
    words = name.split()
    if not words:
        return ""
    tails, makers = _generic(node_type)
    strict = "device" in node_type.roles
    rest = words[1:] if words[0].casefold() == "the" else words
    while (cut := _tail(rest, tails)) and _is_name(rest[:-cut], known, strict=strict):
        rest = rest[:-cut]
    while (made := _unmade(rest, makers)) and fold(" ".join(made)) not in tails and _is_name(made, known, strict=True):
        rest = made
    return "" if rest == words else " ".join(rest)


def cores(name: str, node_type: NodeType) -> bool:
    """Whether `core` may find something to leave out: a cheap question before it."""
    words = name.split()
    if not words:
        return False
    last = fold(words[-1]).rpartition(" ")[2]
    generic = len(words) > 1 and last in _lasts(node_type)
    return generic or _maker(words[0]) in _generic(node_type)[1] or words[0].casefold() == "the"


@lru_cache(maxsize=64)
def _lasts(node_type: NodeType) -> frozenset[str]:
    """Return what generic words behind a name end in."""
    return frozenset(tail.rpartition(" ")[2] for tail in _generic(node_type)[0])


@lru_cache(maxsize=64)
def _generic(node_type: NodeType) -> tuple[frozenset[str], frozenset[str]]:
    return frozenset(map(fold, node_type.tails)), frozenset(maker.casefold() for maker in node_type.makers)


def _tail(words: Sequence[str], tails: Container[str]) -> int:
    """Return how many words at the end are generic; one stays in any case."""
    for count in (3, 2, 1):
        if count < len(words) and fold(" ".join(words[-count:])) in tails:
            return count
    return 0


def _maker(word: str) -> str:
    return word.partition("-")[0].casefold().removesuffix("'s").removesuffix("’s")


def _unmade(words: Sequence[str], makers: Container[str]) -> list[str]:
    """Return the words without the maker before them ("Meta Llama", "Meta-Llama", "Meta's Llama"), if there is one."""
    if not words or _maker(words[0]) not in makers:
        return []
    glued = words[0].partition("-")[2]
    return [glued, *words[1:]] if glued else list(words[1:])


def _is_name(words: Sequence[str], known: Container[str], *, strict: bool) -> bool:
    text = " ".join(words)
    if not any(c.isalpha() for c in text):
        return False
    if name_key(text) in known or any(c.isdigit() for c in text):
        return True
    return not strict and (len(fold(text).split()) > 1 or any(c.isupper() for c in text))


def families(name: str) -> Iterator[tuple[str, str, float]]:
    """Yield the names of which this one can be a variant, the nearest first, with what sets it apart and how surely.

    >>> [(base, what) for base, what, _ in families("LLaMA-2-7B-Chat")]
    [('llama 2 7b', 'qualifier'), ('llama 2', 'size'), ('llama', 'version')]
    >>> [base for base, _, _ in families("SWE-bench Verified")], [base for base, _, _ in families("GPT4o")]
    (['swe bench'], ['gpt'])
    """
    words = fold(name).split()
    surest = 1.0
    while words:
        last = words[-1]
        if last[-1] in "+*" and last.rstrip("+*"):
            words, what, sure = [*words[:-1], last.rstrip("+*")], "sign", SIGN
        elif len(words) > 1 and _SIZE.fullmatch(last):
            words, what, sure = words[:-1], "size", SIZE
        elif len(words) > 1 and _VERSION.fullmatch(last):
            words, what, sure = words[:-1], "version", VERSION
        elif len(words) > 1 and last in _QUALIFIERS:
            words, what, sure = words[:-1], "qualifier", QUALIFIER
        elif match := _ATTACHED.fullmatch(last):
            words, what, sure = [*words[:-1], match[1]], "version", VERSION
        else:
            break
        surest = min(surest, sure)
        if any(c.isalpha() for c in words[0]):
            yield " ".join(words), what, surest
    words = fold(name).split()
    if len(words) > 1 and words[0] in _PREFIXES:
        yield " ".join(words[1:]), "prefix", PREFIX


def is_written(name: str, base: str, form: str) -> bool:
    """Whether a variant's name holds this form of its family: not less an ending, nor small letters for capitals.

    >>> is_written("Llama-2-7B", "llama 2", "LLaMA-2"), is_written("MOT17", "mot", "MOTS")
    (True, False)
    >>> is_written("Math23", "math", "MATH"), is_written("tiny ImageNet", "imagenet", "ImageNet")
    (False, True)
    """
    whole, part, other = ("".join(filter(str.isalnum, text)) for text in (name, base, form))
    ends = (whole[: len(part)], whole[len(whole) - len(part) :])
    return any(e.casefold() == other.casefold() and (e.isupper() or not other.isupper()) for e in ends)


def versions_apart(left: str, right: str) -> bool:
    """Whether two names are a family and its variant, or two variants of one family: then they are never one.

    >>> versions_apart("LLaMA-7B", "LLaMA"), versions_apart("GPT-4", "GPT-4o"), versions_apart("S4", "state space")
    (True, True, False)
    """
    one, other = name_key(left), name_key(right)
    if one == other:
        return False
    ones, others = ({one} | {name_key(b) for b, _, _ in families(n)} for n, one in ((left, one), (right, other)))
    return bool(ones & others)


def heads(name: str) -> Iterator[str]:
    """Yield what a name of several words ends in, the longest first: the kind of thing that it is.

    >>> list(heads("weakly supervised object detection"))
    ['supervised object detection', 'object detection', 'detection']
    """
    words = fold(name).split()
    for start in range(1, len(words)):
        if words[start - 1] in _AGAINST:
            return
        yield " ".join(words[start:])


def spells(short: str, long: str) -> bool:
    """Whether the letters of a short name are the beginnings of all words of a long one; light words may be skipped.

    >>> spells("LoRA", "low-rank adaptation"), spells("SSM", "Self-Supervised Sample Mining"), spells("GPs", "Gauss pr")
    (True, True, True)
    >>> spells("DODA", "domain adaptation"), spells("SSN", "semantic segmentation"), spells("S3VM", "s vector machine")
    (False, False, False)
    """
    letters = [c for c in short.casefold() if c.isalnum()]
    words = [
        (word, number > 0 or word in LIGHT)
        for compound in long.split()
        for number, word in enumerate(fold(compound).split())
    ]
    plural = len(short) > 2 and short[-1] == "s" and short[-2].isupper()
    return _begin(letters, words) or (plural and _begin(letters[:-1], words))


def _begin(letters: Sequence[str], words: Sequence[tuple[str, bool]]) -> bool:
    """Whether each word gives one or more of its first letters, in order; one marked so may give none."""
    if not words or len(letters) > sum(len(word) for word, _ in words):
        return not letters and not words
    word, optional = words[0]
    if optional and _begin(letters, words[1:]):
        return True
    return any(_begin(letters[count:], words[1:]) for count in range(1, _common(letters, word) + 1))


def _common(one: Sequence[str], other: Sequence[str]) -> int:
    """Return how many letters two words have in common at their beginning."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


def alike(one: str, other: str) -> bool:
    """Whether two names are one but for the order or the endings of their words, a light word, or a slip of the pen.

    >>> alike("Monte Carlo Markov chain", "Markov chain Monte Carlo"), alike("domain adaption", "domain adaptation")
    (True, True)
    >>> alike("emiprical risk", "empirical risk"), alike("graph convolution", "group convolution")
    (True, False)
    """
    left, right = ([w for w in words if w not in LIGHT] or words for words in (fold(one).split(), fold(other).split()))
    if sorted(left) == sorted(right) or name_key(one) == name_key(other):
        return True
    return len(left) == len(right) and all(
        a == b or same_stem(a, b) or slip(a, b) for a, b in zip(left, right, strict=True)
    )


def slip(one: str, other: str) -> bool:
    """Whether one wrong, missing, doubled or swapped letter sets two long words apart.

    >>> slip("convolultional", "convolutional"), slip("einforcement", "reinforcement"), slip("asymmetric", "symmetric")
    (True, True, False)
    """
    long = min(len(one), len(other)) >= SLIP_FROM and one.isalpha() and other.isalpha()
    if not long or OSA.distance(one, other) != 1:
        return False
    short, whole = sorted((one, other), key=len)
    return one[0] == other[0] or (whole[1:] == short and whole[0] != "a")  # asymmetric is no slip of symmetric


def same_stem(left: str, right: str) -> bool:
    """Whether two words differ in their endings only.

    >>> same_stem("adaption", "adaptation"), same_stem("graph", "group")
    (True, False)
    """
    if any(c.isdigit() for c in left + right):
        return False
    begin, end = _common(left, right), _common(left[::-1], right[::-1])
    short, long = sorted((len(left), len(right)))
    return begin >= _STEM and (begin >= _SHARE * long or begin + end >= short)


def holds(name: str, part: str) -> bool:
    """Whether a name has all the words of another one, in a row, and more.

    >>> holds("Dynamic Re-weighting BERT", "BERT"), holds("RoBERTa", "BERT"), holds("BERT", "bert")
    (True, False, False)
    """
    words, inner = f" {fold(name)} ", f" {fold(part)} "
    return words != inner and inner.strip() != "" and inner in words
