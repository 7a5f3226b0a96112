// @ts-check
// The views beside the map, all of the same selection: matrix, timeline, ranking, table.

import { edgesOf, isPaper, papersOf, relationAs, titleOf } from "./data.js";
import { bdi, counted, download, el, sparkline } from "./dom.js";
import { countsByYear, nodeButton, showPapers } from "./panel.js";
import { cut } from "./shapes.js";
import { csvLine } from "./words.js";
/** @typedef {import("./data.js").Model} Model @typedef {import("./panel.js").App} App */
const GAPS = 12; // marked in the matrix

/** @param {App} app @param {string} role @param {number} limit @returns {number[]} the best supported that are on */
function best(app, role, limit) {
  const { m, masks } = app, found = [];
  for (let i = 0; i < m.firstPaper; i++) if (masks.node[i] && m.types[m.type[i]][4].includes(role)) found.push(i);
  return found.sort((a, b) => masks.support[b] - masks.support[a] || a - b).slice(0, limit);
}

/**
 * Which papers join a row and a column: papers that report a result on the column and work with the row, or a row whose own
 * result it is.
 * @param {Model} m @param {Uint8Array} on @param {number[]} rows @param {number[]} columns @returns {Set<number>[][]}
 */
export function crossed(m, on, rows, columns) {
  const result = relationAs(m, "result"), background = relationAs(m, "background");
  const at = new Map(rows.map((i, k) => [i, k]));
  const cells = rows.map(() => columns.map(() => new Set()));
  columns.forEach((b, c) => {
    for (const e of edgesOf(m, b)) {
      if (m.relation[e] !== result || m.target[e] !== b) continue;
      const s = m.source[e], direct = at.get(s);
      if (direct !== undefined && on[e]) for (const p of papersOf(m, e)) cells[direct][c].add(p);
      if (!isPaper(m, s)) continue;
      for (const f of edgesOf(m, s)) {
        const row = at.get(m.target[f]);
        if (row !== undefined && m.source[f] === s && m.relation[f] !== background) cells[row][c].add(s - m.firstPaper);
      }
    }
  });
  return cells;
}
/** Like rows beside like rows: one step of reciprocal averaging after another. @param {number[][]} table @returns {[number[], number[]]} */
export function seriated(table) {
  const rows = table.map((_, k) => k), columns = (table[0] || []).map((_, k) => k);
  let cs = columns.map((k) => (k * 0.618) % 1), rs = rows.map(() => 0);
  const mean = (/** @type {number[]} */ w, /** @type {number[]} */ v) => {
    const sum = w.reduce((a, b) => a + b, 0);
    return sum ? w.reduce((a, b, k) => a + b * v[k], 0) / sum : 2;
  };
  const spread = (/** @type {number[]} */ v) => { const order = v.map((x, k) => [x, k]).sort((a, b) => a[0] - b[0] || a[1] - b[1]); const out = v.slice(); order.forEach(([, k], n) => { out[k] = n / Math.max(1, v.length - 1); }); return out; };
  for (let turn = 0; turn < 12; turn++) {
    rs = spread(table.map((row) => mean(row.map(Math.sqrt), cs)));
    cs = spread(columns.map((c) => mean(table.map((row) => Math.sqrt(row[c])), rs)));
  }
  return [rows.sort((a, b) => rs[a] - rs[b]), columns.sort((a, b) => cs[a] - cs[b])];
}
/** What is filled of the others, each weighing its likeness. @param {number[]} weights @param {number[]} line */
function filledShare(weights, line) {
  const whole = weights.reduce((a, b) => a + b, 0);
  return whole ? weights.reduce((a, w, k) => a + (line[k] ? w : 0), 0) / whole : 0;
}
/** The cosine of every two lines; none is like itself. @param {number[][]} lines */
function likeness(lines) {
  const dot = (/** @type {number[]} */ a, /** @type {number[]} */ b) => a.reduce((sum, x, k) => sum + x * b[k], 0);
  const long = lines.map((line) => Math.sqrt(dot(line, line)) || 1);
  return lines.map((a, i) => lines.map((b, k) => (i === k ? 0 : dot(a, b) / (long[i] * long[k]))));
}
/**
 * The empty cells whose neighbours are filled, the likeliest first, as `kg landscape` has them (kg/landscape/matrices.py): the
 * papers expected by chance, times the filled share of like rows, times that of like columns.
 * @param {number[][]} t @param {number[]} rows all papers of each row @param {number[]} columns @param {number} papers
 */
export function gaps(t, rows, columns, papers) {
  const across = (t[0] || []).map((_, c) => t.map((line) => line[c])), alike = likeness(t), besides = likeness(across), found = [];
  for (let r = 0; r < t.length; r++) for (let c = 0; c < across.length; c++) {
    const score = t[r][c] ? 0 : rows[r] * columns[c] / papers * filledShare(alike[r], across[c]) * filledShare(besides[c], t[r]);
    if (score) found.push({ row: r, column: c, score, rank: Math.round(1e9 * score) });
  }
  return found.sort((a, b) => b.rank - a.rank || a.row - b.row || a.column - b.column);
}
/** How many papers a relation joins to a thing, any but background if none is given. @param {Model} m @param {number} i @param {number} [relation] */
function papersWith(m, i, relation) {
  const background = relationAs(m, "background");
  return edgesOf(m, i).filter((e) => m.target[e] === i && isPaper(m, m.source[e]) && (relation === undefined ? m.relation[e] !== background : m.relation[e] === relation)).length;
}
/** @param {App} app @returns {Node[]} */
export function matrix(app) {
  const { m, masks } = app, wide = window.innerWidth < 700 ? 8 : 24;
  const columns = best(app, "measure", 60).filter((b) => edgesOf(m, b).some((e) => m.relation[e] === relationAs(m, "result"))).slice(0, wide);
  const pool = [...best(app, "procedure", 120), ...best(app, "system", 60)];
  const every = crossed(m, masks.edge, pool, columns);
  const chosen = pool.map((_, k) => k).filter((k) => every[k].some((s) => s.size))
    .sort((a, b) => every[b].filter((s) => s.size).length - every[a].filter((s) => s.size).length || a - b).slice(0, 30);
  if (!chosen.length || !columns.length) return [el("p", null, "No results on benchmarks in this selection.")];
  const [ro, co] = seriated(chosen.map((k) => every[k].map((s) => s.size)));
  const rows = ro.map((k) => chosen[k]), table = rows.map((k) => co.map((c) => every[k][c].size));
  const most = Math.max(...table.flat());
  const gapped = gaps(table, rows.map((k) => papersWith(m, pool[k])), co.map((c) => papersWith(m, columns[c], relationAs(m, "result"))), m.year.length).slice(0, GAPS);
  const body = rows.map((k, r) => el("tr", null, el("th", { scope: "row" }, nodeButton(app, pool[k])), ...co.map((c, at) => {
    const count = table[r][at], names = `${cut(m.name[pool[k]], 60)} on ${cut(m.name[columns[c]], 60)}`;
    if (!count) {
      const gap = gapped.some((g) => g.row === r && g.column === at);
      return el("td", { class: gap ? "gap" : "" }, gap ? el("span", { title: `${names}: no paper here, though what is like them has some` }, "?") : "");
    }
    const level = Math.ceil(4 * Math.sqrt(count / most));
    return el("td", { class: `level${level}` }, el("button", { type: "button", "aria-label": `${names}: ${counted(count)}`, onclick: () => showPapers(app, "Results", [...every[k][c]].sort((a, b) => (m.year[b] || 0) - (m.year[a] || 0) || a - b), [pool[k], columns[c]]) }, String(count)));
  })));
  const head = el("tr", null, el("td"), ...co.map((c) => el("th", { scope: "col" }, el("span", { class: "slant" }, nodeButton(app, columns[c], false)))));
  return [el("h2", null, "What was tested on what"),
    el("p", { class: "soft" }, `Papers that work with a technique or model and report a result on a benchmark; like stands by like. ${counted(gapped.length, "gap")} marked ?: no paper here, though like rows and columns have some.`),
    el("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Matrix" }, el("table", { class: "matrix" }, el("thead", null, head), el("tbody", null, ...body)))];
}

/** @param {App} app @returns {Node[]} */
export function timeline(app) {
  const { m, masks } = app, [from, to] = app.years;
  if (!from) return [el("p", null, "No paper here bears a year.")];
  const found = [];
  for (let i = 0; i < m.firstPaper && found.length < 4000; i++) if (masks.node[i]) found.push(i);
  const chosen = found.sort((a, b) => masks.support[b] - masks.support[a] || a - b).slice(0, 45);
  const rows = chosen.map((i) => ({ i, counts: countsByYear(m, i, from, to) })).filter((row) => row.counts.some((c) => c > 0));
  const first = (/** @type {number[]} */ counts) => counts.findIndex((c) => c > 0);
  rows.sort((a, b) => first(a.counts) - first(b.counts) || masks.support[b.i] - masks.support[a.i]);
  const most = Math.max(1, ...rows.flatMap((row) => row.counts)), years = Array.from({ length: to - from + 1 }, (_, k) => from + k);
  const dated = m.year.filter((y) => y > 0).length;
  const body = rows.map(({ i, counts }) => el("tr", null, el("th", { scope: "row" }, nodeButton(app, i)), ...counts.map((c, k) => {
    const size = Math.max(1, Math.ceil(8 * Math.sqrt(c / most)));
    return el("td", { class: k === first(counts) ? "born" : "" }, c ? el("span", { class: `dot dot${size}`, title: `${years[k]}: ${counted(c)}` }, el("span", { class: "hide" }, String(c))) : "");
  })));
  return [el("h2", null, "When it appeared, and how much it was used"),
    el("p", { class: "soft" }, `Papers by year; the first is ringed. ${dated.toLocaleString("en")} of ${counted(m.year.length)} bear a year.`),
    el("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Timeline" }, el("table", { class: "timeline" },
      el("thead", null, el("tr", null, el("td"), ...years.map((y) => el("th", { scope: "col" }, years.length > 14 ? "\u2019" + String(y).slice(2) : String(y))))), el("tbody", null, ...body)))];
}

/** @param {App} app @returns {Node[]} */
export function ranking(app) {
  const { m, masks } = app, [from, to] = app.years;
  const parts = [el("h2", null, "Named most")];
  const lists = m.types.map((type, t) => {
    if (type[4].includes("document") || !masks.types[t]) return "";
    const found = [];
    for (let i = 0; i < m.firstPaper; i++) if (masks.node[i] && m.type[i] === t) found.push(i);
    found.sort((a, b) => masks.support[b] - masks.support[a] || a - b);
    const rows = found.slice(0, 15).map((i, k) => el("tr", null, el("td", { class: "count" }, String(k + 1)), el("td", null, nodeButton(app, i)), el("td", { class: "count" }, masks.support[i].toLocaleString("en")),
      el("td", null, from ? sparkline(countsByYear(m, i, from, to), `by year, ${from} to ${to}`) : "")));
    return el("section", null, el("h3", null, type[1]), el("table", { class: "ranking" }, el("thead", null, el("tr", null, ...["", "Name", "Papers", from ? `${from}\u2013${to}` : ""].map((h) => (h ? el("th", { scope: "col" }, h) : el("td"))))), el("tbody", null, ...rows)));
  });
  return [...parts, el("div", { class: "columns" }, ...lists)];
}

let sorted = { nodes: ["papers", -1], edges: ["papers", -1] }, part = /** @type {"nodes" | "edges"} */ ("nodes");
/** @param {App} app @param {"nodes" | "edges"} what @returns {{heads: string[], rows: (string | number)[][], ids: number[]}} */
export function rowsOf(app, what) {
  const { m, masks } = app, rows = [], ids = [];
  if (what === "nodes") {
    const heads = ["name", "type", "papers", "connections", "year", "community", "id", "link"];
    for (let i = 0; i < m.count; i++) {
      if (!masks.node[i]) continue;
      const paper = i - m.firstPaper;
      let degree = 0;
      for (const e of edgesOf(m, i)) degree += masks.edge[e];
      rows.push([m.name[i], m.types[m.type[i]][0], masks.support[i], degree, paper >= 0 ? m.year[paper] || "" : "", m.group[i] + 1, m.id[i], paper >= 0 ? m.link[paper] : ""]);
      ids.push(i);
    }
    return { heads, rows, ids };
  }
  const heads = ["source", "relation", "target", "papers", "confidence", "derived", "titles"];
  for (let e = 0; e < m.links; e++) {
    if (!masks.edge[e]) continue;
    rows.push([m.name[m.source[e]], m.relations[m.relation[e]][1], m.name[m.target[e]], m.edgeSupport[e], m.sure[e] / 100, m.derived[e] ? "yes" : "no", [...papersOf(m, e)].slice(0, 3).map((p) => titleOf(m, p)).join("; ")]);
    ids.push(e);
  }
  return { heads, rows, ids };
}
/** @param {App} app @param {() => void} again @returns {Node[]} */
export function tables(app, again) {
  const { heads, rows, ids } = rowsOf(app, part), [key, sign] = sorted[part];
  const at = heads.indexOf(String(key)), order = rows.map((_, k) => k);
  const compare = new Intl.Collator("en", { numeric: true }).compare;
  order.sort((a, b) => {
    const [x, y] = [rows[a][at], rows[b][at]];
    return (typeof x === "number" && typeof y === "number" ? x - y : compare(String(x), String(y))) * Number(sign) || a - b;
  });
  const shown = heads.slice(0, 6);
  const sort = (/** @type {string} */ h) => { sorted[part] = [h, sorted[part][0] === h ? -Number(sorted[part][1]) : h === "papers" || h === "connections" || h === "confidence" ? -1 : 1]; again(); };
  const row = (/** @type {number} */ k) => el("tr", null, ...shown.map((_, c) => {
    const value = rows[k][c];
    if (part === "nodes" && c === 0) return el("td", null, nodeButton(app, ids[k]));
    if (part === "edges" && (c === 0 || c === 2)) return el("td", null, nodeButton(app, c ? app.m.target[ids[k]] : app.m.source[ids[k]]));
    if (part === "edges" && c === 1) return el("td", null, el("button", { type: "button", class: "go inline", onclick: () => app.pickEdge(ids[k]) }, String(value)));
    return el("td", { class: typeof value === "number" ? "count" : "" }, typeof value === "number" ? value.toLocaleString("en") : bdi(cut(value, 120)));
  }));
  const body = el("tbody", null, ...order.slice(0, 200).map(row));
  let done = 200;
  const more = el("button", { type: "button", class: "more", onclick: () => { body.append(...order.slice(done, done + 500).map(row)); done += 500; if (done >= order.length) more.remove(); } }, "Show more");
  const tab = (/** @type {"nodes" | "edges"} */ what, /** @type {string} */ label) => el("button", { type: "button", "aria-pressed": String(part === what), onclick: () => { part = what; again(); } }, label);
  const save = () => download(`${part}.csv`, "\ufeff" + csvLine(heads) + order.map((k) => csvLine(rows[k])).join(""), "text/csv;charset=utf-8");
  return [el("h2", null, "The selection as a table"), el("div", { class: "row" }, tab("nodes", "Names"), tab("edges", "Connections"), el("button", { type: "button", id: "csv", onclick: save }, "Download CSV")),
    el("p", { class: "soft" }, `${rows.length.toLocaleString("en")} rows; the filters on the left choose them. In the CSV, what a spreadsheet would run as a formula begins with an apostrophe.`),
    el("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Table" }, el("table", { class: "data" }, el("thead", null, el("tr", null, ...shown.map((h) => el("th", { scope: "col", "aria-sort": h === key ? (sign === 1 ? "ascending" : "descending") : "none" }, el("button", { type: "button", onclick: () => sort(h) }, h + (h === key ? (sign === 1 ? " \u25b4" : " \u25be") : "")))))), body)),
    order.length > 200 ? more : ""];
}
