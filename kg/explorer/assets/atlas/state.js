// @ts-check
// What is looked at <-> the fragment of the address, so that a view can be shared and the browser's arrows work.

/**
 * @typedef {Object} State
 * @property {string} view map, matrix, timeline, ranking or table
 * @property {string} node id of the picked node @property {string} other second end of a path
 * @property {string} edge "source relation target" by id @property {number} group @property {number} depth
 * @property {boolean} gathered @property {string} off types switched off @property {string} hidden relations switched off
 * @property {number} from @property {number} to @property {number} sure @property {number} support @property {string} kind
 * @property {string} theme @property {string} camera
 */

/** @returns {State} */
export const nothing = () => ({
  view: "map", node: "", other: "", edge: "", group: -1, depth: 1, gathered: false, off: "", hidden: "",
  from: 0, to: 0, sure: 0, support: 1, kind: "all", theme: "", camera: "",
});

const VIEWS = ["map", "matrix", "timeline", "ranking", "table"];
/** @type {Record<string, (text: string) => any>} what each value may be: an address is not trusted */
const READ = {
  view: (t) => (VIEWS.includes(t) ? t : "map"),
  node: (t) => t.slice(0, 500), other: (t) => t.slice(0, 500), edge: (t) => t.slice(0, 1500),
  group: (t) => (/^\d{1,5}$/.test(t) ? Number(t) : -1),
  depth: (t) => Math.min(3, Math.max(1, Number(t) || 1)),
  gathered: (t) => t === "true",
  off: (t) => (/^[\d.]{0,60}$/.test(t) ? t : ""), hidden: (t) => (/^[\d.]{0,60}$/.test(t) ? t : ""),
  from: (t) => (/^\d{4}$/.test(t) ? Number(t) : 0), to: (t) => (/^\d{4}$/.test(t) ? Number(t) : 0),
  sure: (t) => Math.min(100, Math.max(0, Math.round(Number(t) || 0))),
  support: (t) => Math.max(1, Math.round(Number(t) || 1)),
  kind: (t) => (["all", "direct", "derived"].includes(t) ? t : "all"),
  theme: (t) => (["light", "dark"].includes(t) ? t : ""),
  camera: (t) => (/^-?\d+(\.\d+)?,-?\d+(\.\d+)?,\d+(\.\d+)?$/.test(t) ? t : ""),
};

/** @param {State} state @param {State} [plain] @returns {string} only what differs from the start is written */
export function encode(state, plain = nothing()) {
  const parts = [];
  for (const [key, value] of Object.entries(state)) {
    if (value !== plain[/** @type {keyof State} */ (key)]) parts.push(`${key}=${encodeURIComponent(String(value))}`);
  }
  return parts.join("&");
}

/** @param {string} fragment @param {State} [plain] @returns {State} */
export function decode(fragment, plain = nothing()) {
  /** @type {any} */
  const state = { ...plain };
  for (const part of fragment.replace(/^#/, "").split("&")) {
    const cut = part.indexOf("=");
    const key = part.slice(0, cut);
    if (cut < 1 || !Object.hasOwn(READ, key)) continue;
    try {
      state[key] = READ[key](decodeURIComponent(part.slice(cut + 1)));
    } catch {
      // a broken escape is as good as nothing
    }
  }
  return state;
}
/** @param {Iterable<number>} numbers */
export const joined = (numbers) => [...numbers].sort((a, b) => a - b).join(".");
/** @param {string} text @param {number} below @returns {Set<number>} */
export const parted = (text, below) => new Set(text.split(".").filter(Boolean).map(Number).filter((n) => n < below));
