// @ts-check
// What is wanted -> which nodes and edges are on. Pure: a few passes over typed arrays.

/** @typedef {import("./data.js").Model} Model */
/**
 * @typedef {Object} Filters
 * @property {Set<number>} types switched off @property {Set<number>} relations switched off
 * @property {number} from @property {number} to years; 0 is open
 * @property {number} sure least confidence, per cent @property {number} support least number of papers
 * @property {"all"|"direct"|"derived"} kind
 */
/**
 * @typedef {Object} Masks
 * @property {Uint8Array} node @property {Uint8Array} edge @property {Int32Array} support papers within the years
 * @property {number[]} types how many nodes are on, by type @property {number[]} relations how many edges are on
 */

/** @returns {Filters} */
export const everything = () => ({ types: new Set(), relations: new Set(), from: 0, to: 0, sure: 0, support: 1, kind: "all" });

/** @param {Model} m @returns {[number, number]} first and last year that any paper bears, or zeros */
export function yearsOf(m) {
  let from = 0, to = 0;
  for (const year of m.year) {
    if (year && (!from || year < from)) from = year;
    if (year > to) to = year;
  }
  return [from, to];
}

/** @param {Model} m @param {Filters} f @returns {Masks} */
export function apply(m, f) {
  const dated = f.from > 0 || f.to > 0;
  const good = new Uint8Array(m.year.length).fill(1);
  if (dated) m.year.forEach((y, p) => { good[p] = y && y >= (f.from || 0) && y <= (f.to || 9999) ? 1 : 0; });
  const support = m.support.slice();
  if (dated) {
    support.fill(0);
    for (let i = m.firstPaper; i < m.count; i++) support[i] = good[i - m.firstPaper];
    for (let e = 0; e < m.links; e++) {
      const s = m.source[e];
      if (s >= m.firstPaper && good[s - m.firstPaper]) support[m.target[e]]++;
    }
  }
  const node = new Uint8Array(m.count), types = m.types.map(() => 0), relations = m.relations.map(() => 0);
  for (let i = 0; i < m.count; i++) {
    if (f.types.has(m.type[i])) continue;
    const paper = i >= m.firstPaper; // a paper is one paper: the least number is about names
    if (paper ? !dated || support[i] : support[i] >= f.support || (f.support <= 1 && !dated)) {
      node[i] = 1;
      types[m.type[i]]++;
    }
  }
  const edge = new Uint8Array(m.links);
  for (let e = 0; e < m.links; e++) {
    if (!node[m.source[e]] || !node[m.target[e]] || m.sure[e] < f.sure) continue;
    if (f.relations.has(m.relation[e])) continue;
    if (f.kind !== "all" && (f.kind === "derived") !== Boolean(m.derived[e])) continue;
    if (dated) {
      let any = 0;
      for (let k = m.byStart[e]; k < m.byStart[e + 1] && !any; k++) any = good[m.by[k]];
      if (!any) continue;
    }
    edge[e] = 1;
    relations[m.relation[e]]++;
  }
  return { node, edge, support, types, relations };
}
