"""Export the graph for other tools: Turtle for triple stores, GraphML for network tools, HTML for people."""

import tempfile
from pathlib import Path

import kg

graph = kg.build()
with tempfile.TemporaryDirectory() as folder:
    for name in ("map.ttl", "map.graphml", "map.edges.csv"):
        kg.export(graph, Path(folder) / name)
        print(f"{name}: {(Path(folder) / name).stat().st_size > 0}")

network = graph.to_networkx()
print(f"networkx: {network.number_of_nodes() == len(graph.nodes)}, {network.number_of_edges() == len(graph.edges)}")
