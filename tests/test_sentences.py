"""Where sentences begin and end."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.sentences import sentence_around


@pytest.mark.parametrize(
    ("text", "words", "sentence"),
    [
        ("One. Two has LoRA. Three.", "LoRA", "Two has LoRA."),
        ("LoRA is first. Two.", "LoRA", "LoRA is first."),
        ("One. The last has LoRA", "LoRA", "The last has LoRA"),
        ("We follow Hu et al. LoRA wins.", "wins", "We follow Hu et al. LoRA wins."),
        ("It is fast, e.g. LoRA, i.e. Adapters. Two.", "LoRA", "It is fast, e.g. LoRA, i.e. Adapters."),
        ("It gains 3.5 points vs. GPT-4. Two.", "gains", "It gains 3.5 points vs. GPT-4."),
        ("See Fig. 3 and Sec. 4. Two.", "Sec", "See Fig. 3 and Sec. 4."),
        ("By J. Smith and A. B. Jones. Two.", "Jones", "By J. Smith and A. B. Jones."),
        ("Does it scale? LoRA does! Two.", "LoRA", "LoRA does!"),
        ('It is "good." LoRA too. Two.', "LoRA", "LoRA too."),
        ("It works (see [2].) LoRA too.", "LoRA", "LoRA too."),
        ("One. vLLM serves. Two.", "vLLM", "vLLM serves."),
        ("It runs vs. others approx. two times. Two.", "two", "It runs vs. others approx. two times."),
        ("It stops . . . then goes. Two.", "goes", "It stops . . . then goes."),
        ("It ends... Then LoRA starts. Two.", "LoRA", "Then LoRA starts."),
        ("One\n\nLoRA alone\n\nTwo", "LoRA", "LoRA alone"),
        ("One wraps\nover LoRA lines. Two.", "LoRA", "One wraps\nover LoRA lines."),
        ("先行研究。LoRAを使う。終わり。", "LoRA", "LoRAを使う。"),
        ("One. 12 models. Two.", "models", "12 models."),
        ("  padded LoRA  ", "LoRA", "padded LoRA"),
        ("One LoRA ends. And QLoRA begins. Two.", "LoRA ends. And QLoRA", "One LoRA ends. And QLoRA begins."),
        ("It ends by it. ", "it.", "It ends by it."),
        (". LoRA", "LoRA", "LoRA"),
    ],
)
def test_the_sentence_around_a_span(text: str, words: str, sentence: str) -> None:
    start = text.index(words)
    left, right = sentence_around(text, start, start + len(words))
    assert text[left:right] == sentence


@given(st.text(alphabet='aB. !?\n。"(', max_size=60), st.integers(0, 60), st.integers(0, 60))
def test_the_sentence_always_holds_its_span(text: str, one: int, other: int) -> None:
    start, end = sorted((min(one, len(text)), min(other, len(text))))
    left, right = sentence_around(text, start, end)
    assert 0 <= left <= start <= end <= right <= len(text)
