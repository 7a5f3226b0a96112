// @ts-check
// The shape of each type, as points of a unit: one outline for canvas, SVG and legend.

/** @param {number} count @param {number} turn @param {number} [inner] */
const spokes = (count, turn, inner) => {
  const points = [], steps = inner ? 2 * count : count;
  for (let k = 0; k < steps; k++) {
    const a = turn + (2 * Math.PI * k) / steps, r = inner && k % 2 ? inner : 1;
    points.push([Math.cos(a) * r, Math.sin(a) * r]);
  }
  return points;
};
/** @type {Record<string, number[][]>} an empty outline is a circle */
const OUTLINES = {
  dot: [],
  square: [[-0.86, -0.86], [0.86, -0.86], [0.86, 0.86], [-0.86, 0.86]],
  diamond: spokes(4, 0).map(([x, y]) => [x * 1.18, y * 1.18]),
  triangle: spokes(3, -Math.PI / 2).map(([x, y]) => [x * 1.2, y * 1.2 + 0.12]),
  triangleDown: spokes(3, Math.PI / 2).map(([x, y]) => [x * 1.2, y * 1.2 - 0.12]),
  star: spokes(5, -Math.PI / 2, 0.48).map(([x, y]) => [x * 1.28, y * 1.28]),
  hexagon: spokes(6, 0),
};
/** @param {string} shape */
export const outline = (shape) => OUTLINES[shape] || OUTLINES.dot;

/** @param {string} shape @param {number} x @param {number} y @param {number} r @returns {string} an SVG path */
export function pathOf(shape, x, y, r) {
  const n = (/** @type {number} */ v) => String(Math.round(v * 100) / 100);
  const points = outline(shape);
  if (!points.length) return `M${n(x - r)} ${n(y)}a${n(r)} ${n(r)} 0 1 0 ${n(2 * r)} 0a${n(r)} ${n(r)} 0 1 0 ${n(-2 * r)} 0z`;
  return "M" + points.map(([px, py]) => `${n(x + px * r)} ${n(y + py * r)}`).join("L") + "z";
}

/** @param {string} hex @param {string} towards @param {number} share */
export function mix(hex, towards, share) {
  const at = (/** @type {string} */ h, /** @type {number} */ k) => parseInt(h.slice(k, k + 2), 16);
  return "#" + [1, 3, 5].map((k) => Math.round(at(hex, k) + (at(towards, k) - at(hex, k)) * share).toString(16).padStart(2, "0")).join("");
}
/** A colour of the ontology as the theme shows it: dark ones are lightened on a dark ground. @param {string} hex @param {boolean} dark */
export function adapted(hex, dark) {
  if (!dark) return hex;
  const brightest = Math.max(...[1, 3, 5].map((k) => parseInt(hex.slice(k, k + 2), 16)));
  return mix(hex, "#ffffff", brightest < 96 ? 0.6 : 0.25);
}
/** @param {string} text @param {number} limit */
export function cut(text, limit) {
  const letters = Array.from(text);
  return letters.length <= limit ? text : letters.slice(0, limit - 1).join("").trimEnd() + "\u2026";
}
