"""Build the bundled map in memory, look around, and ask where an answer comes from."""

import kg

graph = kg.build()
nodes, edges = graph.counts()
print(f"{nodes['Paper']} papers, {sum(nodes.values())} nodes, {sum(edges.values())} edges")

answer = kg.query(graph, "techniques evaluated-on GSM8K", limit=5)
print(" | ".join(answer.columns))
for row in answer.rows:
    print(" | ".join(map(str, row)))

lora = graph.find("lora")[0]
edge = graph.incoming[lora.id][0]
print(
    f"{lora.name} is also called {', '.join(lora.aliases) or 'nothing else'}; {lora.support} papers have to do with it"
)
print(f"{graph.by_id[edge.source].name!r} {edge.relation} it, says {edge.evidence[0].text!r}")
