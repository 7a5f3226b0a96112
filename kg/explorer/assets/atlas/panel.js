// @ts-check
// The panel beside the map: a node, a connection, a path or a community, with the sentences behind every edge.

import { across, edgesOf, groupName, isPaper, papersOf, relationAs, titleOf } from "./data.js";
import { bdi, byId, counted, el, icon, linkTo, sparkline } from "./dom.js";
import { adapted, cut } from "./shapes.js";
/** @typedef {import("./data.js").Model} Model */
/**
 * @typedef {Object} App what the parts of the page share
 * @property {Model} m @property {ReturnType<typeof import("./data.js").library>} shelf
 * @property {import("./filter.js").Masks} masks @property {boolean} dark @property {[number, number]} years
 * @property {(i: number) => void} pick @property {(e: number) => void} pickEdge @property {(g: number) => void} openGroup
 * @property {() => void} close @property {(d: number) => void} deepen @property {() => void} gather
 * @property {(kind: string) => void} copy @property {() => {depth: number, gathered: boolean, path: number[] | null}} looking
 */
const FIRST = 8, KINDS = ["", "title", "curated statement"];

/** @param {App} app @param {number} i @param {boolean} [pictured] */
export function nodeButton(app, i, pictured = true) {
  const { m } = app, type = m.types[m.type[i]];
  return el("button", { type: "button", class: "go", onclick: (/** @type {Event} */ event) => { event.preventDefault(); app.pick(i); } },
    pictured ? icon(type, adapted(type[2], app.dark)) : "", bdi(cut(m.name[i], 160)));
}
/** @param {App} app @param {number} paper */
function cite(app, paper) {
  const { m } = app, year = m.year[paper];
  return el("span", null, linkTo(m.link[paper] || "", bdi(titleOf(m, paper))), m.date[paper] ? ` (${m.date[paper]})` : year ? ` (${year})` : "");
}
/** @param {App} app @param {{paper: number, kind: number, text: string, marks: number[]}} quote */
function quoted(app, quote) {
  const text = quote.text || titleOf(app.m, quote.paper), words = bdi("");
  let done = 0;
  if (quote.kind < 2) {
    for (let k = 0; k < quote.marks.length; k += 2) {
      const [start, end] = [quote.marks[k], quote.marks[k] + quote.marks[k + 1]];
      words.append(text.slice(done, start), el("mark", null, text.slice(start, end)));
      done = end;
    }
  }
  words.append(text.slice(done));
  const source = el("footer", null, KINDS[quote.kind] ? `${KINDS[quote.kind][0].toUpperCase()}${KINDS[quote.kind].slice(1)}: ` : "", cite(app, quote.paper));
  return el("blockquote", { class: quote.kind === 2 ? "curated" : "" }, words, source);
}
/** @param {App} app @param {number} e @param {HTMLElement} into */
async function fill(app, e, into) {
  if (into.dataset.filled) return;
  into.dataset.filled = "yes";
  const quotes = await app.shelf.evidence(e);
  const put = (/** @type {number} */ from) => {
    into.append(...quotes.slice(from, from + FIRST).map((q) => quoted(app, q)));
    if (quotes.length > from + FIRST) {
      const more = el("button", { type: "button", class: "more", onclick: () => { more.remove(); put(from + FIRST); } }, `${quotes.length - from - FIRST} more`);
      into.append(more);
    }
  };
  put(0);
}
/** @param {App} app @param {number} e @param {Node} head @param {boolean} open */
function entry(app, e, head, open) {
  const { m } = app, body = el("div", { class: "quotes" });
  const tags = [];
  if (m.derived[e]) tags.push(el("span", { class: "tag", title: "no paper says it in words: inherited through the paper that introduces it, or read off a name" }, "derived"));
  if (m.edgeSupport[e] > 1) tags.push(el("span", { class: "tag" }, counted(m.edgeSupport[e])));
  tags.push(el("span", { class: "tag", title: "confidence" }, `${m.sure[e]} %`));
  const toggle = el("button", { type: "button", class: "toggle", "aria-expanded": "false", "aria-label": "Sentences", onclick: () => turn(body.hidden) });
  const turn = (/** @type {boolean} */ shown) => {
    body.hidden = !shown;
    toggle.setAttribute("aria-expanded", String(shown));
    if (shown) fill(app, e, body);
  };
  turn(open);
  return el("div", { class: "entry" }, el("div", { class: "head" }, toggle, head, el("span", { class: "tags" }, ...tags)), body);
}
/** A list that shows its first entries, and the rest when asked. @param {HTMLElement} into @param {(() => Node)[]} makers @param {number} [first] */
function listed(into, makers, first = FIRST) {
  into.append(...makers.slice(0, first).map((make) => make()));
  if (makers.length > first) {
    const more = el("button", { type: "button", class: "more", onclick: () => { more.remove(); into.append(...makers.slice(first, first + 200).map((make) => make())); if (makers.length > first + 200) into.append(el("p", { class: "soft" }, `and ${makers.length - first - 200} more, in the table`)); } },
      `show all ${makers.length.toLocaleString("en")}`);
    into.append(more);
  }
}
/** @param {App} app @param {...(Node | string)} children */
function show(app, ...children) {
  const panel = byId("panel");
  panel.replaceChildren(el("button", { type: "button", id: "close", "aria-label": "Close details", onclick: app.close }, "\u00d7"), ...children);
  panel.hidden = false;
  panel.scrollTop = 0;
}

/** @param {App} app @param {number} i */
export function showNode(app, i) {
  const { m, masks } = app, type = m.types[m.type[i]], { depth, gathered } = app.looking();
  const parts = [el("p", { class: "kind" }, icon(type, adapted(type[2], app.dark)), type[0]), el("h2", null, bdi(m.name[i]))];
  if (m.aliases[i].length) parts.push(el("p", { class: "soft aliases" }, "Also: ", ...m.aliases[i].flatMap((a, k) => (k ? [", ", bdi(a)] : [bdi(a)]))));
  if (isPaper(m, i)) parts.push(el("p", { class: "soft" }, cite(app, i - m.firstPaper)));
  else {
    const shown = masks.support[i] === m.support[i] ? counted(m.support[i]) : `${masks.support[i]} of ${counted(m.support[i])} in these years`;
    parts.push(el("p", { class: "soft" }, `Named by ${shown} `, ...yearly(app, i)));
  }
  const group = m.group[i];
  if (m.groups.length > 1) parts.push(el("p", { class: "soft" }, "In ", el("button", { type: "button", class: "go inline", onclick: () => app.openGroup(group) }, bdi(groupName(m, group)))));
  const tools = [
    ["Farther", () => app.deepen(depth + 1), depth >= 3], ["Nearer", () => app.deepen(depth - 1), depth <= 1],
    [gathered ? "On the map" : "Gather", app.gather, false],
  ].map(([label, act, off]) => el("button", { type: "button", onclick: act, disabled: Boolean(off) }, String(label)));
  const copies = ["Link", "IRI", "SPARQL", "Turtle", "Markdown", "BibTeX", "Command"].map((kind) => el("option", { value: kind }, kind));
  const copy = el("select", { "aria-label": "Copy as", onchange: () => { app.copy(copy.value); copy.selectedIndex = 0; } }, el("option", { value: "" }, "Copy as \u2026"), ...copies);
  parts.push(el("div", { class: "row" }, ...tools, copy));

  const family = [relationAs(m, "variant"), relationAs(m, "hierarchy")];
  /** @type {Map<string, number[]>} */
  const groups = new Map(), kin = new Map();
  /** @type {number[]} */
  const papers = [];
  for (const e of edgesOf(m, i)) {
    const j = across(m, e, i), r = m.relation[e], out = m.source[e] === i;
    if (family.includes(r)) {
      const label = out ? (r === family[0] ? "Variant of" : "Kind of") : r === family[0] ? "Variants" : "Kinds";
      kin.set(label, [...(kin.get(label) || []), j]);
    } else if (isPaper(m, j)) papers.push(e);
    else if (masks.edge[e]) {
      const label = out ? m.relations[r][1] : m.relations[r][5] || `${m.relations[r][1]} (reverse)`;
      groups.set(label, [...(groups.get(label) || []), e]);
    }
  }
  for (const [label, nodes] of kin) {
    const list = el("div", { class: "kin" });
    listed(list, [...new Set(nodes)].map((j) => () => nodeButton(app, j)), 6);
    parts.push(el("h3", null, label), list);
  }
  let open = 2; // the first sentences are there to read at once
  for (const [label, edges] of groups) {
    const list = el("div");
    listed(list, edges.map((e) => () => entry(app, e, nodeButton(app, across(m, e, i)), open-- > 0)));
    parts.push(el("h3", null, `${label} (${edges.length.toLocaleString("en")})`), list);
  }
  if (papers.length) {
    papers.sort((a, b) => {
      const [p, q] = [across(m, a, i) - m.firstPaper, across(m, b, i) - m.firstPaper];
      return (m.date[q] || String(m.year[q])).localeCompare(m.date[p] || String(m.year[p])) || p - q;
    });
    const list = el("div");
    listed(list, papers.map((e) => () => {
      const paper = across(m, e, i) - m.firstPaper;
      return entry(app, e, el("span", { class: "cited" }, el("span", { class: "role" }, m.relations[m.relation[e]][1]), " ", cite(app, paper)), open-- > 0);
    }));
    parts.push(el("h3", null, `Papers (${papers.length.toLocaleString("en")})`), list);
  }
  show(app, ...parts);
}
/** @param {App} app @param {number} i @returns {Node[]} */
function yearly(app, i) {
  const [from, to] = app.years;
  if (!from) return [];
  const counts = countsByYear(app.m, i, from, to), first = counts.findIndex((c) => c > 0);
  if (first < 0) return [];
  return [sparkline(counts, `papers by year, ${from} to ${to}: ${counts.join(", ")}`), el("span", null, ` since ${from + first}`)];
}
/** @param {Model} m @param {number} i @param {number} from @param {number} to @returns {number[]} */
export function countsByYear(m, i, from, to) {
  const counts = new Array(to - from + 1).fill(0);
  for (const e of edgesOf(m, i)) {
    const s = m.source[e];
    if (m.target[e] === i && isPaper(m, s) && m.year[s - m.firstPaper]) counts[m.year[s - m.firstPaper] - from]++;
  }
  return counts;
}

/** @param {App} app @param {number} e */
export function showEdge(app, e) {
  const { m } = app, body = el("div", { class: "quotes" });
  show(app, el("p", { class: "kind" }, "Connection"), nodeButton(app, m.source[e]), el("h2", null, m.relations[m.relation[e]][1]), nodeButton(app, m.target[e]),
    el("p", { class: "soft" }, `${counted(papersOf(m, e).length)}, confidence ${m.sure[e]} %${m.derived[e] ? ", derived: inherited through the paper that introduces it, or read off a name" : ""}`), body);
  fill(app, e, body);
}

/** @param {App} app @param {number} from @param {number} to @param {number[] | null} path @param {boolean} wide */
export function showPath(app, from, to, path, wide) {
  const { m } = app, parts = [el("p", { class: "kind" }, "Shortest path"), el("h2", null, bdi(m.name[from]), " \u2192 ", bdi(m.name[to]))];
  if (!path) parts.push(el("p", null, "Nothing connects them."));
  else {
    parts.push(el("p", { class: "soft" }, counted(path.length, "step") + (wide ? ", also through what is hidden now" : "")));
    let at = from;
    parts.push(nodeButton(app, at));
    for (const e of path) {
      const forward = m.source[e] === at, relation = m.relations[m.relation[e]];
      at = across(m, e, at);
      parts.push(entry(app, e, el("span", { class: "role" }, forward ? `${relation[1]} \u2193` : `${relation[5] || relation[1]} \u2193`), path.length < 5), nodeButton(app, at));
    }
  }
  show(app, ...parts);
}

/** @param {App} app @param {number} g */
export function showGroup(app, g) {
  const { m, masks } = app;
  /** @type {number[][]} */
  const byType = m.types.map(() => /** @type {number[]} */ ([]));
  let papers = 0;
  for (let i = 0; i < m.count; i++) {
    if (m.group[i] !== g) continue;
    if (isPaper(m, i)) papers++;
    else if (masks.node[i]) byType[m.type[i]].push(i);
  }
  const parts = [el("p", { class: "kind" }, "Community"), el("h2", null, bdi(groupName(m, g))),
    el("p", { class: "soft" }, `${counted(byType.reduce((n, t) => n + t.length, 0), "name")}, ${counted(papers)}: what is connected more among itself than with the rest. It is called after what tells it best.`)];
  byType.forEach((nodes, t) => {
    if (!nodes.length) return;
    const list = el("div", { class: "kin" });
    listed(list, nodes.map((i) => () => nodeButton(app, i)), 10);
    parts.push(el("h3", null, `${m.types[t][1]} (${nodes.length.toLocaleString("en")})`), list);
  });
  show(app, ...parts);
}
/** @param {App} app @param {string} title @param {number[]} papers @param {number[]} nodes */
export function showPapers(app, title, papers, nodes) {
  const list = el("div"), { m } = app;
  listed(list, papers.map((p) => () => el("p", { class: "cited" }, cite(app, p), " ", m.firstPaper + p < m.count ? el("button", { type: "button", class: "go inline", onclick: () => app.pick(m.firstPaper + p) }, "open") : "")), 20);
  show(app, el("p", { class: "kind" }, title), ...nodes.map((i) => nodeButton(app, i)), el("h3", null, counted(papers.length)), list);
}
