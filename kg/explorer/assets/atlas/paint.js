// @ts-check
// A scene on a canvas, and the same scene as SVG.

import { adapted, mix, outline, pathOf } from "./shapes.js";
/** @typedef {import("./data.js").Model} Model */
/** @typedef {import("./scene.js").Scene} Scene */
/** @typedef {{dark: boolean, ink: string, ground: string, disc: string, rim: string}} Look */

export const FACE = 'system-ui, -apple-system, "Segoe UI", Roboto, "Liberation Sans", Arial, sans-serif';
/** @param {number} size @param {boolean} bold */
export const fontOf = (size, bold) => `${bold ? 600 : 400} ${size}px ${FACE}`;

/** @param {Scene} scene @param {boolean} behind other edges are lit @returns {number} how strong edges are that are not */
const faint = (scene, behind) => (behind ? 0.06 : Math.min(0.42, Math.max(0.13, 7 / Math.sqrt(scene.edges.length || 1))));

/**
 * @param {CanvasRenderingContext2D} ctx @param {Model} m @param {Scene} scene @param {Look} look @param {{w: number, h: number}} size
 * @param {{picked: number, hovered: number, edge: number}} marks
 */
export function paint(ctx, m, scene, look, size, marks) {
  ctx.globalAlpha = 1;
  ctx.fillStyle = look.ground;
  ctx.fillRect(0, 0, size.w, size.h);
  for (const d of scene.discs) {
    ctx.globalAlpha = d.faded ? 0.35 : 1;
    ctx.beginPath();
    ctx.arc(d.x, d.y, d.r, 0, 7);
    ctx.fillStyle = look.disc;
    ctx.fill();
    ctx.strokeStyle = look.rim;
    ctx.lineWidth = 1;
    ctx.stroke();
  }
  const colours = m.relations.map((r) => adapted(r[2], look.dark));
  const lit = scene.edges.filter((s) => s.lit), dim = scene.edges.filter((s) => !s.lit);
  for (const far of [true, false]) { // one stroke for all edges of a relation
    ctx.globalAlpha = faint(scene, lit.length > 0) * (far ? 0.5 : 1);
    ctx.lineWidth = 1;
    colours.forEach((colour, r) => {
      ctx.strokeStyle = colour;
      ctx.beginPath();
      for (const s of dim) {
        if (s.far !== far || m.relation[s.e] !== r) continue;
        ctx.moveTo(s.x1, s.y1);
        ctx.lineTo(s.x2, s.y2);
      }
      ctx.stroke();
    });
  }
  for (const s of lit) {
    const [tip, head] = arrow(s);
    ctx.globalAlpha = lit.length > 250 ? 0.45 : 0.85;
    ctx.strokeStyle = ctx.fillStyle = colours[m.relation[s.e]];
    ctx.lineWidth = s.e === marks.edge ? 3 : lit.length > 120 ? 1 : 1.4;
    ctx.beginPath();
    ctx.moveTo(s.x1, s.y1);
    ctx.lineTo(tip[0], tip[1]);
    ctx.stroke();
    ctx.beginPath();
    head.forEach(([x, y], k) => (k ? ctx.lineTo(x, y) : ctx.moveTo(x, y)));
    ctx.fill();
  }
  const fills = m.types.map((t) => adapted(t[2], look.dark));
  for (let k = scene.nodes.length - 1; k >= 0; k--) { // the most telling on top
    const n = scene.nodes[k], points = outline(m.types[m.type[n.i]][3]);
    ctx.globalAlpha = n.faded ? 0.2 : 1;
    ctx.fillStyle = fills[m.type[n.i]];
    ctx.strokeStyle = n.i === marks.picked || n.i === marks.hovered ? look.ink : look.ground;
    ctx.lineWidth = n.i === marks.picked ? 2.5 : n.i === marks.hovered ? 2 : 0.8;
    ctx.beginPath();
    if (points.length) {
      points.forEach(([x, y], p) => (p ? ctx.lineTo(n.x + x * n.r, n.y + y * n.r) : ctx.moveTo(n.x + x * n.r, n.y + y * n.r)));
      ctx.closePath();
    } else ctx.arc(n.x, n.y, n.r, 0, 7);
    ctx.fill();
    if (n.r > 3) ctx.stroke();
  }
  ctx.textBaseline = "middle";
  ctx.textAlign = "left";
  ctx.lineJoin = "round";
  for (const l of scene.labels) {
    ctx.font = fontOf(l.size, l.bold);
    ctx.globalAlpha = l.faded ? 0.2 : 0.88;
    ctx.strokeStyle = look.ground;
    ctx.lineWidth = 3.5;
    ctx.strokeText(l.text, l.x, l.y);
    ctx.globalAlpha = l.faded ? 0.25 : 1;
    ctx.fillStyle = look.ink;
    ctx.fillText(l.text, l.x, l.y);
  }
  ctx.globalAlpha = 1;
}

/** @param {Scene["edges"][number]} s @returns {[number[], number[][]]} where the line ends, and the head's corners */
function arrow(s) {
  const length = Math.hypot(s.x2 - s.x1, s.y2 - s.y1) || 1, ux = (s.x2 - s.x1) / length, uy = (s.y2 - s.y1) / length;
  const end = Math.min(s.r + 1.5, length * 0.8), size = Math.min(7, length * 0.4), x = s.x2 - ux * end, y = s.y2 - uy * end;
  const base = [x - ux * size, y - uy * size];
  return [base, [[x, y], [base[0] - uy * size * 0.45, base[1] + ux * size * 0.45], [base[0] + uy * size * 0.45, base[1] - ux * size * 0.45]]];
}

/** @param {string} text */
const xml = (text) => text.replace(/[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/g, "\ufffd").replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;").replace(/"/g, "&quot;");

/** @param {Model} m @param {Scene} scene @param {Look} look @param {{w: number, h: number}} size @param {string} title @returns {string} real vectors and real text */
export function svg(m, scene, look, size, title) {
  const n = (/** @type {number} */ v) => String(Math.round(v * 10) / 10);
  const out = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${n(size.w)} ${n(size.h)}" width="${n(size.w)}" height="${n(size.h)}" font-family="${xml(FACE)}">`,
    `<title>${xml(title)}</title><rect width="100%" height="100%" fill="${look.ground}"/>`,
  ];
  const lit = scene.edges.some((s) => s.lit);
  for (const d of scene.discs) out.push(`<circle cx="${n(d.x)}" cy="${n(d.y)}" r="${n(d.r)}" fill="${look.disc}" stroke="${look.rim}" opacity="${d.faded ? 0.35 : 1}"/>`);
  for (const s of scene.edges) {
    const colour = adapted(m.relations[m.relation[s.e]][2], look.dark);
    if (s.lit) {
      const [tip, head] = arrow(s);
      out.push(`<path d="M${n(s.x1)} ${n(s.y1)}L${n(tip[0])} ${n(tip[1])}" stroke="${colour}" stroke-width="1.4"/><path d="M${head.map(([x, y]) => `${n(x)} ${n(y)}`).join("L")}z" fill="${colour}"/>`);
    } else out.push(`<path d="M${n(s.x1)} ${n(s.y1)}L${n(s.x2)} ${n(s.y2)}" stroke="${colour}" opacity="${n(faint(scene, lit) * (s.far ? 0.5 : 1) * 100)}%"/>`);
  }
  for (const d of [...scene.nodes].reverse()) {
    const type = m.types[m.type[d.i]];
    out.push(`<path d="${pathOf(type[3], d.x, d.y, d.r)}" fill="${adapted(type[2], look.dark)}" stroke="${look.ground}" stroke-width=".8" opacity="${d.faded ? 0.2 : 1}"><title>${xml(m.name[d.i])}</title></path>`);
  }
  for (const l of scene.labels) {
    out.push(`<text x="${n(l.x)}" y="${n(l.y)}" dominant-baseline="central" font-size="${n(l.size)}" font-weight="${l.bold ? 600 : 400}" fill="${look.ink}" stroke="${look.ground}" stroke-width="3" opacity="${l.faded ? 0.25 : 1}" paint-order="stroke" direction="ltr" unicode-bidi="isolate">${xml(l.text)}</text>`);
  }
  return out.join("\n") + "\n</svg>\n";
}
/** @param {string} ground @param {string} ink @param {boolean} dark @returns {{disc: string, rim: string}} */
export const discLook = (ground, ink, dark) => ({ disc: mix(ground, ink, dark ? 0.045 : 0.03), rim: mix(ground, ink, dark ? 0.16 : 0.12) });
