// @ts-check
// Model, masks and camera -> what is on the screen: at most some 1,500 things, however large the graph. Pure.
// The canvas paints this list, the SVG export writes it, the pointer is tested against it.

import { groupName } from "./data.js";
import { cut } from "./shapes.js";
/** @typedef {import("./data.js").Model} Model */
/** @typedef {{x: number, y: number, k: number, w: number, h: number}} Camera world point in the middle, scale, size */
/** @typedef {{nodes: Set<number>, edges: number[], centre: number}} Focus */
/**
 * @typedef {Object} Scene
 * @property {{g: number, x: number, y: number, r: number, faded: boolean}[]} discs
 * @property {{e: number, x1: number, y1: number, x2: number, y2: number, r: number, lit: boolean, far: boolean}[]} edges
 * @property {{i: number, x: number, y: number, r: number, faded: boolean}[]} nodes
 * @property {{i: number, g: number, text: string, x: number, y: number, w: number, size: number, bold: boolean, faded: boolean}[]} labels
 * @property {number} wanted how many nodes lie in view; more than are drawn when there is no room
 */

export const NODES = 700, EDGES = 800;
const LABEL = 34;

/** The radius on the screen: it grows slower than the map, so that far views stay readable. @param {number} r @param {number} k */
export const shownRadius = (r, k) => Math.max(2.1, r * Math.min(1.5, Math.pow(k, 0.62)));

/**
 * @param {Model} m @param {{node: Uint8Array, edge: Uint8Array}} masks @param {Camera} cam
 * @param {{focus: Focus | null, group: number, hovered: number, alone: boolean, measure: (text: string, size: number, bold: boolean) => number}} how
 * @returns {Scene}
 */
export function compose(m, masks, cam, how) {
  const { focus, alone } = how;
  const toX = (/** @type {number} */ x) => (x - cam.x) * cam.k + cam.w / 2;
  const toY = (/** @type {number} */ y) => (y - cam.y) * cam.k + cam.h / 2;
  /** @type {Scene} */
  const scene = { discs: [], edges: [], nodes: [], labels: [], wanted: 0 };
  const drawn = new Uint8Array(m.count), taken = new Set();
  const add = (/** @type {number} */ i, /** @type {boolean} */ faded) => {
    const x = toX(m.x[i]), y = toY(m.y[i]);
    scene.nodes.push({ i, x, y, r: shownRadius(m.radius[i], cam.k), faded });
    drawn[i] = faded ? 1 : 2;
  };
  if (!alone) {
    m.groups.forEach(([x, y, r], g) => {
      const sx = toX(x), sy = toY(y), sr = r * cam.k;
      if (sx + sr < 0 || sy + sr < 0 || sx - sr > cam.w || sy - sr > cam.h) return;
      scene.discs.push({ g, x: sx, y: sy, r: sr, faded: Boolean(focus) || (how.group >= 0 && how.group !== g) });
    });
  }
  if (focus) for (const i of focus.nodes) if (scene.nodes.length < NODES || i === focus.centre) add(i, false);
  if (!alone) {
    const room = focus ? Math.min(350, NODES - scene.nodes.length) : NODES;
    let used = 0;
    for (let i = 0; i < m.count; i++) { // most telling first
      if (!masks.node[i] || drawn[i]) continue;
      const x = toX(m.x[i]), y = toY(m.y[i]);
      if (x < -20 || y < -20 || x > cam.w + 20 || y > cam.h + 20) continue;
      const within = how.group < 0 || m.group[i] === how.group;
      scene.wanted++;
      if (used >= room) continue;
      if (!within && used >= room / 3) continue;
      const r = shownRadius(m.radius[i], cam.k), size = Math.max(7, r * 2.3);
      const place = Math.round(x / size) * 8192 + Math.round(y / size) + (size > 9 ? 1e9 : 0);
      if (taken.has(place)) continue; // what would lie under another comes when one zooms in
      taken.add(place);
      used++;
      add(i, Boolean(focus) || !within);
    }
  }
  const line = (/** @type {number} */ e, /** @type {boolean} */ lit) => {
    const s = m.source[e], t = m.target[e];
    scene.edges.push({
      e, x1: toX(m.x[s]), y1: toY(m.y[s]), x2: toX(m.x[t]), y2: toY(m.y[t]), lit,
      r: shownRadius(m.radius[t], cam.k), far: m.group[s] !== m.group[t],
    });
  };
  if (focus) for (const e of focus.edges) { if (scene.edges.length < EDGES && drawn[m.source[e]] && drawn[m.target[e]]) line(e, true); }
  if (!focus) {
    for (let e = 0; e < m.links && scene.edges.length < EDGES; e++) {
      if (masks.edge[e] && drawn[m.source[e]] === 2 && drawn[m.target[e]] === 2) line(e, false);
    }
  }
  if (how.hovered >= 0 && !(focus && focus.nodes.has(how.hovered))) {
    if (!drawn[how.hovered]) add(how.hovered, false);
    else for (const n of scene.nodes) if (n.i === how.hovered) n.faded = false;
    for (let k = m.nearStart[how.hovered]; k < m.nearStart[how.hovered + 1] && k < m.nearStart[how.hovered] + 60; k++) {
      const e = m.near[k];
      if (masks.edge[e] && drawn[m.source[e]] && drawn[m.target[e]]) line(e, true);
    }
  }
  label(m, cam, scene, how);
  if (how.hovered >= 0 && !focus) dim(m, scene, how.hovered);
  return scene;
}
/** Fade all but a node and its neighbours; labels stay where they are. @param {Model} m @param {Scene} scene @param {number} i */
function dim(m, scene, i) {
  const near = new Set([i]);
  for (const s of scene.edges) if (s.lit) near.add(m.source[s.e]).add(m.target[s.e]);
  for (const n of scene.nodes) n.faded = !near.has(n.i);
  for (const l of scene.labels) l.faded = !near.has(l.i);
}

/**
 * Labels that overlap neither each other nor what carries weight: communities first from afar, then node by node.
 * @param {Model} m @param {Camera} cam @param {Scene} scene
 * @param {{focus: Focus | null, group: number, hovered: number, alone: boolean, measure: (text: string, size: number, bold: boolean) => number}} how
 */
function label(m, cam, scene, how) {
  const CELL = 48;
  /** @type {Map<number, number[][]>} */
  const grid = new Map();
  /** @param {number[]} box @param {(cell: number[][], key: number) => boolean} visit */
  const cells = ([x, y, w, h], visit) => {
    for (let cx = Math.floor(x / CELL); cx <= Math.floor((x + w) / CELL); cx++) {
      for (let cy = Math.floor(y / CELL); cy <= Math.floor((y + h) / CELL); cy++) {
        const key = cx * 4096 + cy;
        if (visit(grid.get(key) || [], key)) return true;
      }
    }
    return false;
  };
  /** @param {number[]} b @param {number} owner @param {boolean} [labels] only these count */
  const hit = (b, owner, labels = false) => cells(b, (cell) => cell.some(
    ([x, y, w, h, o]) => o !== owner && !(labels && o >= 0) && b[0] < x + w && x < b[0] + b[2] && b[1] < y + h && y < b[1] + b[3]));
  /** @param {number[]} b @param {number} owner */
  const take = (b, owner) => cells(b, (cell, key) => { grid.set(key, [...cell, [...b, owner]]); return false; });
  const clear = (/** @type {number[]} */ b) => b[0] > 3 && b[0] + b[2] < cam.w - 3 && b[1] > 3 && b[1] + b[3] < cam.h - 3;
  const titled = new Set(); // what stands above a disc is not repeated inside
  if (!how.focus) {
    for (const d of [...scene.discs].sort((a, b) => b.r - a.r)) {
      if (d.r < 26 || (how.group >= 0 && how.group !== d.g)) continue;
      const size = Math.round(Math.min(17, Math.max(12, 9 + d.r / 16)));
      const both = groupName(m, d.g), fits = how.measure(both, size, true) < 3 * d.r;
      const text = cut(fits ? both : groupName(m, d.g, 1), 44), w = how.measure(text, size, true);
      const left = Math.max(4, Math.min(cam.w - w - 4, d.x - w / 2));
      const naming = fits ? m.groups[d.g][4] : m.groups[d.g][4].slice(0, 1);
      const spots = [[left, d.y - d.r - size * 0.9], [left, d.y - d.r + 3], [left, d.y + d.r - size]];
      const spot = spots.find(([x, y]) => clear([x, y, w, size * 1.3]) && !hit([x - 3, y, w + 6, size * 1.3], -1));
      if (!spot) continue;
      take([spot[0] - 3, spot[1], w + 6, size * 1.3], -1e6 - d.g);
      scene.labels.push({ i: -1, g: d.g, text, x: spot[0], y: spot[1] + size * 0.65, w, size, bold: true, faded: false });
      if (d.r < 200 && scene.discs.length > 8) for (const i of naming) titled.add(i);
    }
  }
  for (const n of scene.nodes) if (!n.faded && n.r > 5.5) take([n.x - n.r, n.y - n.r, 2 * n.r, 2 * n.r], n.i);
  const most = Math.max(36, ...m.support.subarray(0, Math.min(50, m.count)));
  const centre = how.focus ? how.focus.centre : -1;
  const place = (/** @type {Scene["nodes"][number]} */ n, /** @type {boolean} */ always) => {
    const share = Math.sqrt(m.support[n.i] / most), size = Math.round((11 + 3.5 * share) * 2) / 2, bold = n.i === centre;
    const text = cut(m.name[n.i], LABEL), w = how.measure(text, size, bold), h = size * 1.25;
    const spots = [[n.x - w / 2, n.y + n.r + 1], [n.x - w / 2, n.y - n.r - h - 1], [n.x + n.r + 4, n.y - h / 2], [n.x - n.r - w - 4, n.y - h / 2]];
    const spot = spots.find(([x, y]) => clear([x, y, w, h]) && !hit([x - 2, y, w + 4, h], n.i))
      || (share > 0.4 ? spots.find(([x, y]) => clear([x, y, w, h]) && !hit([x - 2, y, w + 4, h], n.i, true)) : null) // over small nodes
      || (always ? spots[0] : null);
    if (!spot) return;
    take([spot[0] - 2, spot[1], w + 4, h], -2 - n.i);
    scene.labels.push({ i: n.i, g: -1, text, x: spot[0], y: spot[1] + h / 2, w, size, bold, faded: false });
  };
  const first = scene.nodes.filter((n) => n.i === centre || n.i === how.hovered);
  for (const n of first) place(n, true);
  let room = how.focus ? 80 : Math.max(16, Math.floor((cam.w * cam.h) / 11000));
  for (const n of scene.nodes) {
    if (room <= 0) break;
    if (n.faded || first.includes(n) || titled.has(n.i)) continue;
    const before = scene.labels.length;
    place(n, false);
    room -= scene.labels.length - before;
  }
}

/**
 * What lies under the pointer: nodes before labels before edges before communities.
 * @param {Scene} scene @param {number} x @param {number} y
 * @returns {{node: number, edge: number, group: number}}
 */
export function under(scene, x, y) {
  const none = { node: -1, edge: -1, group: -1 };
  let best = 1e9, node = -1;
  for (const n of scene.nodes) {
    const d = Math.hypot(n.x - x, n.y - y) - n.r + (n.faded ? 2 : 0);
    if (d < 4 && d < best) [best, node] = [d, n.i];
  }
  if (node >= 0) return { ...none, node };
  for (const l of scene.labels) {
    if (x >= l.x && x <= l.x + l.w && Math.abs(y - l.y) <= l.size * 0.65) return { ...none, node: l.i, group: l.g };
  }
  let edge = -1;
  best = 4.5;
  for (const s of scene.edges) {
    const dx = s.x2 - s.x1, dy = s.y2 - s.y1, length = dx * dx + dy * dy || 1;
    const t = Math.max(0, Math.min(1, ((x - s.x1) * dx + (y - s.y1) * dy) / length));
    const d = Math.hypot(s.x1 + t * dx - x, s.y1 + t * dy - y) + (s.lit ? 0 : 1.5);
    if (d < best) [best, edge] = [d, s.e];
  }
  if (edge >= 0) return { ...none, edge };
  const disc = scene.discs.find((d) => Math.hypot(d.x - x, d.y - y) < d.r);
  return { ...none, group: disc ? disc.g : -1 };
}

/** @param {Model} m @param {Iterable<number>} nodes @param {{w: number, h: number}} size @returns {Camera} all of them in view */
export function fitted(m, nodes, size) {
  let [x0, y0, x1, y1] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const i of nodes) {
    const r = m.radius[i] + 6;
    x0 = Math.min(x0, m.x[i] - r);
    y0 = Math.min(y0, m.y[i] - r);
    x1 = Math.max(x1, m.x[i] + r);
    y1 = Math.max(y1, m.y[i] + r);
  }
  if (x1 < x0) return { x: 0, y: 0, k: 1, w: size.w, h: size.h };
  const k = Math.min((size.w - 60) / (x1 - x0), (size.h - 60) / (y1 - y0), 2.2);
  return { x: (x0 + x1) / 2, y: (y0 + y1) / 2, k: Math.max(k, 0.004), w: size.w, h: size.h };
}
