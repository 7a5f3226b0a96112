"""What a name owes to its generic words, its maker, and its version: pure rules on one name, words of the ontology."""

from __future__ import annotations

import re
from collections.abc import Container, Iterator, Sequence
from functools import lru_cache

from kg.model import fold, name_key
from kg.ontology import NodeType

SIZE, VERSION, QUALIFIER, SIGN, PREFIX = 0.95, 0.9, 0.9, 0.8, 0.85  # how sure a variant is of its family

_SIZE = re.compile(r"a?[0-9]+(?:\.[0-9]+)?(?:[bmkt]|gb|g)|[0-9]+x[0-9]+(?:\.[0-9]+)?b")
_VERSION = re.compile(r"(?:v|r)?[0-9]+(?:\.[0-9]+)*[a-z]?|[a-z][0-9]+(?:\.[0-9]+)*|i{2,3}|iv")
_ATTACHED = re.compile(r"(.*[^\W\d_]{3,})(v?[0-9]+(?:\.[0-9]+)*(?:[bcelmnosvx]|x[0-9]+b?)?)")
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
    tails, makers = _generic(node_type)
    first, _, rest = name.partition(" ")
    last = name.rpartition(" ")[2].casefold()
    return bool(rest and last in tails) or _maker(first) in makers or first.casefold() == "the"


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
