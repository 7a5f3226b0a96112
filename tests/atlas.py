"""A small landscape of twelve papers for the tests of questions and explanations. The facts are invented."""

from __future__ import annotations

from handmade import ONTOLOGY, claim, extraction, paper

from kg.graph import KnowledgeGraph, assemble
from kg.model import Claim, Evidence, Extraction, Paper, Rejection


def _says(of: Paper, lines: str, *, rejections: tuple[Rejection, ...] = ()) -> Extraction:
    """What a paper says, one claim a line: relation, type, name, then `| alias`, then `@ confidence`."""
    claims: list[Claim] = []
    for line in lines.strip().splitlines():
        text, _, confidence = line.strip().partition(" @ ")
        text, _, alias = text.partition(" | ")
        relation, type_name, name = text.split(maxsplit=2)
        aliases = (alias,) if alias else ()
        claims.append(claim(of, name, type_name, relation, confidence=float(confidence or 0.9), aliases=aliases))
    return Extraction(paper=of, claims=extraction(of, *claims).claims, rejections=rejections)


LORA = paper(
    "LoRA: Low-Rank Adaptation of Large Models",
    "We propose Low-Rank Adaptation (LoRA), cf. Sec. 2. It adapts GPT-3 with few weights and wins on GLUE.",
    date="2021-06-17",
    arxiv="2106.00001",
)
QLORA = paper(
    "QLoRA: Adapters over Quantized Weights",
    "QLoRA joins quantization and LoRA. We train Guanaco on one A100 and test it on MMLU.",
    date="2023-05",
    arxiv="2305.00002",
    url="https://example.org/qlora",
)
TINYTUNE = paper(
    "TinyTune: Cheap Adapters for Phones",
    "TinyTune builds on LoRA. It beats QLoRA on GSM8K and runs on edge devices.",
    date="2024-02-03",
    year=2024,
)
POCKETLM = paper(
    "PocketLM: A Small Language Model",
    "PocketLM uses LoRA and quantization. On GSM8K and MMLU it beats TinyTune. It answers questions on edge devices; "
    "question answering needs no server.",
    year=2024,
)
GATEMOE = paper(
    "GateMoE: Better Routing", "GateMoE is a mixture of experts (MoE). It runs on an A100 and leads on MMLU.", year=2022
)
SLIMMOE = paper(
    "SlimMoE: Experts That Fit", "SlimMoE applies quantization to MoE, fits edge devices and solves GSM8K.", year=2024
)
CODEBENCH = paper(
    "CodeBench: Programs Under Test", "CodeBench measures code generation. We run GPT-4 on every program.", year=2023
)
MOBILECODER = paper(
    "MobileCoder: Code on the Go",
    "MobileCoder is tuned by LoRA for code generation on edge devices; we report CodeBench and HumanEval.",
    date="2024-11",
)
SURVEY = paper("A Survey of Adapters", "We study LoRA and QLoRA. GLUE is only named. The method itself is left aside.")
FPGA = paper("Integers in Hardware", "We bring quantization to an FPGA and keep accuracy on ImageNet.", year=2022)
SERVING = paper("Serving One Large Model", "We serve GPT-3 for question answering on an A100.", year=2020)
STUDY = paper("Experts or Adapters?", "A study of MoE and LoRA on GLUE.", year=2024)


def _refused(of: Paper, name: str, type_name: str, reason: str) -> Rejection:
    start = of.abstract.index(name)
    evidence = Evidence(paper=of.key(), field="abstract", start=start, end=start + len(name), text=name)
    return Rejection(name=name, type=type_name, reason=reason, evidence=(evidence,))


EXTRACTIONS = (
    _says(
        LORA,
        """introduces Technique LoRA | Low-Rank Adaptation
        uses Model GPT-3
        evaluatedOn Benchmark GLUE""",
    ),
    _says(
        QLORA,
        """introduces Technique QLoRA
        introduces Model Guanaco
        uses Technique LoRA
        uses Technique quantization
        targets Hardware A100 @ 0.6
        evaluatedOn Benchmark MMLU""",
    ),
    _says(
        TINYTUNE,
        """introduces Technique TinyTune
        uses Technique LoRA
        comparesWith Technique QLoRA
        evaluatedOn Benchmark GSM8K
        targets Hardware edge devices""",
    ),
    _says(
        POCKETLM,
        """introduces Model PocketLM
        uses Technique LoRA
        uses Technique quantization
        comparesWith Technique TinyTune
        evaluatedOn Benchmark GSM8K
        evaluatedOn Benchmark MMLU
        targets Hardware edge devices @ 0.8
        addresses Task question answering""",
    ),
    _says(
        GATEMOE,
        """introduces Technique GateMoE
        uses Technique MoE | mixture of experts
        evaluatedOn Benchmark MMLU
        targets Hardware A100""",
    ),
    _says(
        SLIMMOE,
        """introduces Technique SlimMoE
        uses Technique MoE
        uses Technique quantization
        evaluatedOn Benchmark GSM8K @ 0.7
        targets Hardware edge devices""",
    ),
    _says(
        CODEBENCH,
        """introduces Benchmark CodeBench
        uses Model GPT-4
        addresses Task code generation""",
    ),
    _says(
        MOBILECODER,
        """introduces Model MobileCoder
        uses Technique LoRA @ 0.8
        evaluatedOn Benchmark CodeBench
        evaluatedOn Benchmark HumanEval
        targets Hardware edge devices
        addresses Task code generation""",
    ),
    _says(
        SURVEY,
        """uses Technique LoRA
        uses Technique QLoRA
        mentions Benchmark GLUE @ 0.5""",
        rejections=(
            _refused(SURVEY, "method", "Technique", "a generic word"),
            Rejection(name="adapter", type="Technique", reason="too short a name for a title word"),
        ),
    ),
    _says(
        FPGA,
        """uses Technique quantization
        targets Hardware FPGA
        evaluatedOn Benchmark ImageNet""",
    ),
    _says(
        SERVING,
        """uses Model GPT-3
        targets Hardware A100
        addresses Task question answering""",
    ),
    _says(
        STUDY,
        """uses Technique MoE
        uses Technique LoRA
        evaluatedOn Benchmark GLUE""",
    ),
)


def graph() -> KnowledgeGraph:
    """The graph of the twelve papers."""
    return assemble(EXTRACTIONS, ontology=ONTOLOGY)
