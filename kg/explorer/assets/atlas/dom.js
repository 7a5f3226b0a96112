// @ts-check
// Elements from values. Text from papers becomes text nodes and nothing else: no markup is ever parsed.

import { pathOf } from "./shapes.js";

/** @param {string} tag @param {Record<string, any> | null} [values] @param {...(Node | string)} children @returns {any} */
export function el(tag, values, ...children) {
  const element = document.createElement(tag);
  for (const [key, value] of Object.entries(values || {})) {
    if (key === "class") element.className = value;
    else if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (value === true) element.setAttribute(key, "");
    else if (value !== false && value !== undefined) element.setAttribute(key, String(value));
  }
  element.append(...children);
  return element;
}
/** @param {string} text */
export const bdi = (text) => el("bdi", null, text);
/** @param {string} id @returns {any} */
export const byId = (id) => document.getElementById(id);

const SVG = "http://www.w3.org/2000/svg";
/** @param {string} tag @param {Record<string, string | number>} values @param {...Node} children */
export function vector(tag, values, ...children) {
  const element = document.createElementNS(SVG, tag);
  for (const [key, value] of Object.entries(values)) element.setAttribute(key, String(value));
  element.append(...children);
  return element;
}
/** The picture of a type. @param {any} type @param {string} colour */
export const icon = (type, colour) =>
  vector("svg", { viewBox: "0 0 16 16", "aria-hidden": "true", class: "icon" }, vector("path", { d: pathOf(type[3], 8, 8, 6), fill: colour }));
/** @param {number[]} values @param {string} label one bar a year */
export function sparkline(values, label) {
  const most = Math.max(1, ...values), step = Math.min(12, Math.max(4, Math.floor(72 / values.length))), width = values.length * step;
  const high = (/** @type {number} */ v) => (v ? Math.max(2, (17 * v) / most) : 0);
  const bars = values.map((v, k) => vector("rect", { x: k * step, width: step - 1, y: 18 - high(v), height: high(v) }));
  return vector("svg", { viewBox: `0 0 ${width} 18`, width, height: 18, class: "spark", role: "img", "aria-label": label }, vector("path", { d: `M0 18h${width}` }), ...bars);
}
/** @param {number} count @param {string} [word] */
export const counted = (count, word = "paper") => count.toLocaleString("en") + " " + word + (count === 1 ? "" : "s");
/** Only web addresses become links. @param {string} url @param {Node} content */
export function linkTo(url, content) {
  if (!/^https?:\/\//i.test(url)) return content;
  return el("a", { href: url, target: "_blank", rel: "noopener noreferrer" }, content);
}
/** @param {string} name @param {BlobPart} content @param {string} type hand a file to the person */
export function download(name, content, type) {
  const url = URL.createObjectURL(content instanceof Blob ? content : new Blob([content], { type }));
  const a = el("a", { href: url, download: name });
  document.body.append(a);
  a.click();
  a.remove();
  setTimeout(() => URL.revokeObjectURL(url), 10000);
}
/** @param {string} text */
export const slug = (text) => text.normalize("NFKD").replace(/[^A-Za-z0-9]+/g, "-").replace(/^-+|-+$/g, "").toLowerCase().slice(0, 60) || "view";
