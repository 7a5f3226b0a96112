// Reads an export with a JavaScript tool and tells what it found: `node read.js TOOL FILE`.
import { readFileSync } from "node:fs";
import { Document, DOMParser } from "@xmldom/xmldom";

const [tool, file] = process.argv.slice(2);
const text = readFileSync(file, "utf8");

// graphology's parsers, those of Gephi Lite, expect a browser
Object.assign(globalThis, { Document, DOMParser });

const lines = async (quads) => {
  const { Writer } = await import("n3");
  const writer = new Writer({ format: "N-Triples" });
  return quads.map((quad) => writer.quadToString(quad.subject, quad.predicate, quad.object)).join("");
};

const network = (graph) => ({
  type: graph.type,
  multi: graph.multi,
  nodes: graph.mapNodes((id, attributes) => ({ id, ...attributes })),
  edges: graph.mapEdges((id, attributes, source, target) => ({ id, source, target, ...attributes })),
});

const readers = {
  async n3() {
    const { Parser } = await import("n3");
    const formats = { ttl: "Turtle", nt: "N-Triples", nq: "N-Quads", trig: "TriG" };
    return lines(new Parser({ format: formats[file.split(".").pop()] }).parse(text));
  },
  async jsonld() {
    const { default: jsonld } = await import("jsonld");
    const documentLoader = (url) => {
      throw new Error(`asks the network for ${url}`);
    };
    const { Parser } = await import("n3");
    const quads = await jsonld.toRDF(JSON.parse(text), { documentLoader, format: "application/n-quads" });
    return lines(new Parser({ format: "N-Quads" }).parse(quads));
  },
  async rdfxml() {
    const { RdfXmlParser } = await import("rdfxml-streaming-parser");
    return new Promise((resolve, reject) => {
      const quads = [];
      const parser = new RdfXmlParser();
      parser.on("data", (quad) => quads.push(quad));
      parser.on("error", reject);
      parser.on("end", () => lines(quads).then(resolve));
      parser.end(text);
    });
  },
  async gexf() {
    const { default: Graph } = await import("graphology");
    const { default: gexf } = await import("graphology-gexf/browser/index.js");
    return JSON.stringify(network(gexf.parse(Graph, new DOMParser().parseFromString(text, "text/xml"))));
  },
  async graphml() {
    const { default: Graph } = await import("graphology");
    const { default: graphml } = await import("graphology-graphml/browser/index.js");
    return JSON.stringify(network(graphml.parse(Graph, new DOMParser().parseFromString(text, "text/xml"))));
  },
  async cytoscape() {
    const { default: cytoscape } = await import("cytoscape");
    const graph = cytoscape({ headless: true, elements: JSON.parse(text).elements });
    return JSON.stringify({
      nodes: graph.nodes().map((node) => node.data()),
      edges: graph.edges().map((edge) => edge.data()),
      found: graph.edges("[confidence >= 0.5]").length,
    });
  },
};

process.stdout.write(await readers[tool]());
