// @ts-check
// What can be copied of a node: SPARQL, Turtle, Markdown, BibTeX; and rows as CSV. Pure text.

import { across, edgesOf, isPaper, titleOf } from "./data.js";
/** @typedef {import("./data.js").Model} Model */

/** @param {Model} m @param {number} i */
export const iriOf = (m, i) => m.prefixes.kgr + m.id[i].split("/").map(
  (part) => encodeURIComponent(part).replace(/[!'()*]/g, (c) => "%" + c.charCodeAt(0).toString(16).toUpperCase())).join("/");
/** @param {string} text */
const literal = (text) => '"' + text.replace(/[\\"]/g, "\\$&").replace(/\n/g, "\\n").replace(/\r/g, "\\r").replace(/\t/g, "\\t") + '"';

/** @param {Model} m @param {number} i @returns {string} a query that returns what the panel shows */
export function sparqlOf(m, i) {
  return `PREFIX kg: <${m.prefixes.kg}>\nPREFIX rdfs: <${m.prefixes.rdfs}>\n` +
    "SELECT ?relation ?other ?name ?outgoing WHERE {\n" +
    `  { <${iriOf(m, i)}> ?relation ?other . BIND(true AS ?outgoing) }\n` +
    `  UNION { ?other ?relation <${iriOf(m, i)}> . BIND(false AS ?outgoing) }\n` +
    "  FILTER(STRSTARTS(STR(?relation), STR(kg:)))\n  OPTIONAL { ?other rdfs:label ?name }\n} ORDER BY ?relation ?name\n";
}

/** @param {Model} m @param {Uint8Array} on @param {number} i @returns {string} */
export function turtleOf(m, on, i) {
  const me = `<${iriOf(m, i)}>`;
  const lines = [`@prefix kg: <${m.prefixes.kg}> .`, `@prefix rdfs: <${m.prefixes.rdfs}> .`, "",
    `${me} a kg:${m.types[m.type[i]][0]} ;\n    rdfs:label ${literal(m.name[i])} .`];
  for (const e of edgesOf(m, i)) {
    if (on[e]) lines.push(`<${iriOf(m, m.source[e])}> kg:${m.relations[m.relation[e]][0]} <${iriOf(m, m.target[e])}> .`);
  }
  return lines.join("\n") + "\n";
}

/** @param {string} text */
const markdown = (text) => text.replace(/[\\`*_{}[\]<>()#+!|&~]/g, "\\$&");
/** @param {string} url @param {string} title */
const linked = (url, title) => (url ? `[${markdown(title)}](${url.replace(/[()]/g, encodeURIComponent)})` : markdown(title));

/** @param {Model} m @param {Uint8Array} on @param {number} i @returns {string} */
export function markdownOf(m, on, i) {
  const lines = [`## ${markdown(m.name[i])}`, "", `${markdown(m.types[m.type[i]][0])}, named by ${m.support[i]} ${m.support[i] === 1 ? "paper" : "papers"}`];
  if (m.aliases[i].length) lines.push("", "Also: " + m.aliases[i].map(markdown).join(", "));
  /** @type {Map<string, string[]>} */
  const groups = new Map();
  for (const e of edgesOf(m, i)) {
    if (!on[e]) continue;
    const relation = m.relations[m.relation[e]], label = m.source[e] === i ? relation[1] : relation[5] || relation[1];
    const j = across(m, e, i);
    const text = isPaper(m, j) ? linked(m.link[j - m.firstPaper], m.name[j]) : `${markdown(m.name[j])} (${m.edgeSupport[e]})`;
    groups.set(label, [...(groups.get(label) || []), text]);
  }
  for (const [label, items] of groups) lines.push("", `### ${markdown(label)}`, "", ...items.map((item) => `- ${item}`));
  return lines.join("\n") + "\n";
}

/** @param {string} text */
const tex = (text) => text.replace(/\\/g, "\\textbackslash ").replace(/[&%$#_{}]/g, "\\$&").replace(/~/g, "\\textasciitilde ").replace(/\^/g, "\\textasciicircum ");
/** @param {Model} m @param {number} paper @param {any[]} record @param {Set<string>} [used] @returns {string} */
export function bibtexOf(m, paper, record, used = new Set()) {
  const [authors = [], venue = "", arxiv = "", doi = ""] = record;
  const title = titleOf(m, paper), year = m.year[paper];
  const plain = (/** @type {string} */ t) => t.normalize("NFKD").replace(/[^A-Za-z0-9]/g, "").toLowerCase();
  const last = authors.length ? String(authors[0]).trim().split(/\s+/).pop() || "" : "";
  const word = title.split(/\s+/).map(plain).find((t) => t.length > 3) || "paper";
  let key = `${plain(last) || "anon"}${year || ""}${word}`;
  while (used.has(key)) key += "x";
  used.add(key);
  const rows = [["title", `{${tex(title)}}`], ["author", authors.map((/** @type {string} */ a) => tex(a)).join(" and ")], ["year", year ? String(year) : ""],
    ["booktitle", tex(venue)], ["eprint", arxiv], ["archivePrefix", arxiv ? "arXiv" : ""], ["doi", doi], ["url", m.link[paper] || ""]];
  return `@${venue ? "inproceedings" : "misc"}{${key},\n${rows.filter(([, v]) => v).map(([k, v]) => `  ${k} = {${v}}`).join(",\n")}\n}\n`;
}

/** One CSV line; what a spreadsheet would take for a formula gets an apostrophe. @param {(string | number)[]} cells */
export const csvLine = (cells) => cells.map((cell) => {
  const text = typeof cell === "number" ? String(cell) : /^[=+\-@\t\r]/.test(cell) ? "'" + cell : cell;
  return /[",\n\r]/.test(text) ? '"' + text.replace(/"/g, '""') + '"' : text;
}).join(",") + "\r\n";
