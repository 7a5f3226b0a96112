// @ts-check
// Embedded blocks -> the model: columns as typed arrays, and who touches whom.

/**
 * @typedef {Object} Model
 * @property {any[]} types @property {any[]} relations @property {Record<string, string>} prefixes
 * @property {number[]} total @property {any[]} groups @property {boolean} scattered @property {number[]} focus
 * @property {number} count nodes @property {number} links edges @property {number} firstPaper papers are the last nodes
 * @property {string[]} name @property {string[]} id @property {string[][]} aliases
 * @property {Uint8Array} type @property {Int32Array} support @property {Float32Array} x @property {Float32Array} y
 * @property {Float32Array} radius @property {Int32Array} group
 * @property {number[]} year @property {string[]} date @property {string[]} link @property {string[]} others
 * @property {Int32Array} source @property {Int32Array} target @property {Uint8Array} relation
 * @property {Uint8Array} sure @property {Uint8Array} derived @property {Int32Array} edgeSupport
 * @property {Int32Array} byStart @property {Int32Array} by the papers behind each edge
 * @property {Int32Array} nearStart @property {Int32Array} near the edges that touch each node
 * @property {number[]} chunks
 */

/** @param {string} base64 @returns {Promise<any>} */
export async function inflate(base64) {
  const raw = atob(base64.trim());
  const bytes = new Uint8Array(raw.length);
  for (let i = 0; i < raw.length; i++) bytes[i] = raw.charCodeAt(i);
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
  return JSON.parse(await new Response(stream).text());
}

/** @param {number} count @param {ArrayLike<number>[]} ends @returns {[Int32Array, Int32Array]} starts and items */
export function touching(count, ends) {
  const start = new Int32Array(count + 1);
  for (const column of ends) for (let e = 0; e < column.length; e++) start[column[e] + 1]++;
  for (let i = 0; i < count; i++) start[i + 1] += start[i];
  const at = start.slice();
  const items = new Int32Array(start[count]);
  const links = ends[0].length;
  for (let e = 0; e < links; e++) for (const column of ends) items[at[column[e]]++] = e;
  return [start, items];
}

/** @param {any} core @returns {Model} */
export function build(core) {
  const { nodes, papers, edges } = core;
  const count = nodes.name.length, links = edges.source.length;
  /** @type {string[][]} */
  const aliases = Array.from({ length: count }, () => /** @type {string[]} */ ([]));
  nodes.aliased.forEach((/** @type {number} */ i, /** @type {number} */ k) => { aliases[i] = nodes.aliases[k]; });
  const byStart = new Int32Array(links + 1);
  for (let e = 0; e < links; e++) byStart[e + 1] = byStart[e] + edges.support[e];
  const source = Int32Array.from(edges.source), target = Int32Array.from(edges.target);
  const [nearStart, near] = touching(count, [source, target]);
  return {
    types: core.types, relations: core.relations, prefixes: core.prefixes, total: core.total, groups: core.groups,
    scattered: Boolean(core.scattered), focus: core.focus, chunks: core.chunks,
    count, links, firstPaper: papers.first,
    name: nodes.name, id: nodes.id, aliases,
    type: Uint8Array.from(nodes.type), support: Int32Array.from(nodes.support),
    x: Float32Array.from(nodes.x), y: Float32Array.from(nodes.y),
    radius: Float32Array.from(nodes.radius, (/** @type {number} */ r) => r / 10), group: Int32Array.from(nodes.group),
    year: papers.year, date: papers.date, link: papers.link, others: papers.others,
    source, target, relation: Uint8Array.from(edges.relation), sure: Uint8Array.from(edges.sure),
    derived: Uint8Array.from(edges.derived), edgeSupport: Int32Array.from(edges.support),
    byStart, by: Int32Array.from(edges.by), nearStart, near,
  };
}

/** Lay the map on its side, for screens higher than wide. @param {Model} m */
export function turn(m) {
  [m.x, m.y] = [m.y, m.x];
  for (const g of m.groups) [g[0], g[1]] = [g[1], g[0]];
}
/** @param {Model} m @param {string} role @returns {number} the relation that plays a role, or -1 */
export const relationAs = (m, role) => m.relations.findIndex((r) => r[4] === role);
/** @param {Model} m @param {number} i */
export const isPaper = (m, i) => i >= m.firstPaper;
/** @param {Model} m @param {number} paper @returns {string} */
export const titleOf = (m, paper) =>
  m.firstPaper + paper < m.count ? m.name[m.firstPaper + paper] : m.others[m.firstPaper + paper - m.count];
/** @param {Model} m @param {number} e @param {number} i @returns {number} the other end of an edge */
export const across = (m, e, i) => (m.source[e] === i ? m.target[e] : m.source[e]);
/** @param {Model} m @param {number} e */
export const papersOf = (m, e) => m.by.subarray(m.byStart[e], m.byStart[e + 1]);
/** @param {Model} m @param {number} i */
export const edgesOf = (m, i) => m.near.subarray(m.nearStart[i], m.nearStart[i + 1]);
/** @param {Model} m @param {number} g @param {number} [most] names @returns {string} what a community is called */
export function groupName(m, g, most = 2) {
  if (m.scattered && g === m.groups.length - 1) return "Scattered";
  const names = m.groups[g][4].slice(0, most).map((/** @type {number} */ i) => m.name[i]);
  return names.length ? names.join(" \u00b7 ") : `Group ${g + 1}`;
}

/**
 * Reads evidence chunks when they are asked for, and keeps them.
 * @param {Model} m @param {(kind: string, number: number) => string} block
 */
export function library(m, block) {
  /** @type {Map<string, Promise<any>>} */
  const kept = new Map();
  /** @param {string} kind @param {number} number */
  const chunk = (kind, number) => {
    const key = kind + number;
    let found = kept.get(key);
    if (!found) kept.set(key, (found = inflate(block(kind, number))));
    return found;
  };
  const papers = m.year.length;
  return {
    /**
     * The sentences behind an edge, with what to mark: pairs of start and length in UTF-16 units.
     * @param {number} e @returns {Promise<{paper: number, kind: number, text: string, marks: number[]}[]>}
     */
    async evidence(e) {
      const rows = await chunk("places", Math.floor(e / m.chunks[0]));
      const texts = [];
      for (const paper of papersOf(m, e)) texts.push(Math.floor(paper / m.chunks[1]));
      /** @type {any[]} */
      const loaded = await Promise.all([...new Set(texts)].map((n) => chunk("texts", n)));
      const quotes = [];
      for (const [at, ...marks] of rows[e % m.chunks[0]]) {
        const held = loaded.find((c) => at >= c.first && at < c.first + c.text.length);
        if (!held) continue;
        const k = at - held.first;
        quotes.push({ paper: held.paper[k], kind: held.kind[k], text: held.text[k], marks });
      }
      return quotes;
    },
    /** @param {number} paper @returns {Promise<any[]>} authors, venue, arXiv id, DOI */
    async record(paper) {
      if (paper < 0 || paper >= papers) return [];
      return (await chunk("texts", Math.floor(paper / m.chunks[1]))).record[paper % m.chunks[1]];
    },
  };
}
