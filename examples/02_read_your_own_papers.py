"""Turn papers of your own into a graph, one call a step, and see the sentence behind each edge."""

import kg

paper = kg.Paper(
    id="my-paper",
    title="PocketTune: Adapting Language Models on Phones",
    abstract=(
        "We propose PocketTune, a method that brings LoRA to smartphones. PocketTune combines LoRA with 4-bit "
        "quantization and outperforms QLoRA on GSM8K."
    ),
    year=2025,
)

for extraction in kg.extract([paper]):
    for claim in extraction.claims:
        quote = claim.evidence[0]
        assert paper.text(quote.field)[quote.start : quote.end] == quote.text
        print(
            f"{claim.relation:14} {claim.type:10} {claim.name:24} {claim.confidence:.2f}  {quote.field}: {quote.text!r}"
        )

graph = kg.build(paper)
for edge in graph.edges:
    print(graph.by_id[edge.source].name, "--", edge.relation, "->", graph.by_id[edge.target].name)
