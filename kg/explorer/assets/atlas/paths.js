// @ts-check
// Neighbourhoods and shortest paths over the edges that are on.

import { across, edgesOf } from "./data.js";
/** @typedef {import("./data.js").Model} Model */

/**
 * Breadth first; of a ring that is too large the strongest links come first, so what is cut is weakest and farthest.
 * @param {Model} m @param {Uint8Array} on edges @param {number} start @param {number} depth @param {number} [limit]
 * @returns {{nodes: number[], hop: Map<number, number>, edges: number[], cut: number}}
 */
export function around(m, on, start, depth, limit = 600) {
  const hop = new Map([[start, 0]]);
  let ring = [start], cut = 0;
  for (let d = 1; d <= depth; d++) {
    /** @type {number[]} */
    const next = [];
    for (const i of ring) {
      for (const e of edgesOf(m, i)) { // strongest first: edges are in that order
        if (!on[e]) continue;
        const j = across(m, e, i);
        if (hop.has(j)) continue;
        if (hop.size >= limit) { cut++; continue; }
        hop.set(j, d);
        next.push(j);
      }
    }
    ring = next;
  }
  const edges = [];
  for (const i of hop.keys()) {
    for (const e of edgesOf(m, i)) if (on[e] && m.source[e] === i && hop.has(m.target[e])) edges.push(e);
  }
  edges.sort((a, b) => a - b);
  return { nodes: [...hop.keys()], hop, edges, cut };
}

/**
 * @param {Model} m @param {Uint8Array | null} on edges that may be walked; null is all
 * @param {number} from @param {number} to @returns {number[] | null} the edges of a shortest path, in order
 */
export function shortest(m, on, from, to) {
  if (from === to) return [];
  const came = new Int32Array(m.count).fill(-1), seen = new Uint8Array(m.count);
  seen[from] = 1;
  let ring = [from];
  while (ring.length && !seen[to]) {
    const next = [];
    for (const i of ring) {
      for (const e of edgesOf(m, i)) {
        if (on && !on[e]) continue;
        const j = across(m, e, i);
        if (seen[j]) continue;
        seen[j] = 1;
        came[j] = e;
        next.push(j);
      }
    }
    ring = next;
  }
  if (!seen[to]) return null;
  const path = [];
  for (let i = to; i !== from; i = across(m, came[i], i)) path.push(came[i]);
  return path.reverse();
}

/**
 * Places for a neighbourhood drawn by itself: rings around its centre, each ring sorted so that like stands by like.
 * @param {Model} m @param {number} centre @param {Map<number, number>} hop @param {number[]} edges
 * @returns {Map<number, [number, number]>}
 */
export function rings(m, centre, hop, edges) {
  /** @type {Map<number, number>} */
  const via = new Map();
  for (const e of edges) {
    for (const [i, j] of [[m.source[e], m.target[e]], [m.target[e], m.source[e]]]) {
      if ((hop.get(i) ?? 9) === (hop.get(j) ?? 9) - 1 && !via.has(j)) via.set(j, hop.get(i) === 0 ? -1 - m.relation[e] : i);
    }
  }
  const places = new Map([[centre, /** @type {[number, number]} */ ([0, 0])]]);
  /** @type {Map<number, number>} */
  const angle = new Map();
  let reach = 60;
  const deepest = Math.max(...hop.values());
  for (let d = 1; d <= deepest; d++) {
    const ring = [...hop].filter(([, h]) => h === d).map(([i]) => i);
    const order = (/** @type {number} */ i) => (d === 1 ? -(via.get(i) ?? 0) : angle.get(via.get(i) ?? -1) ?? 0);
    ring.sort((a, b) => order(a) - order(b) || m.type[a] - m.type[b] || a - b);
    let at = 0;
    while (at < ring.length) { // as many circles as the ring needs
      const room = Math.max(6, Math.floor((2 * Math.PI * reach) / 34));
      const circle = ring.slice(at, at + room);
      circle.forEach((i, k) => {
        const turn = (2 * Math.PI * (k + 0.5)) / circle.length - Math.PI / 2;
        angle.set(i, turn);
        places.set(i, [Math.cos(turn) * reach * 1.35, Math.sin(turn) * reach]);
      });
      at += room;
      reach += 44;
    }
    reach += 30;
  }
  return places;
}
