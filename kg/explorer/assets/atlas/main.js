// @ts-check
// The page: one state, one redraw, and the parts wired to them.

import { across, build, edgesOf, groupName, inflate, isPaper, library, turn } from "./data.js";
import { bdi, byId, download, el, slug } from "./dom.js";
import { apply, everything, yearsOf } from "./filter.js";
import { discLook, fontOf, paint, svg } from "./paint.js";
import { showEdge, showGroup, showNode, showPath } from "./panel.js";
import { around, rings, shortest } from "./paths.js";
import { pointing, zoomAt } from "./pointer.js";
import { compose, fitted } from "./scene.js";
import { index, search } from "./search.js";
import { searching } from "./searchbox.js";
import { cut } from "./shapes.js";
import { matrix, ranking, tables, timeline } from "./sheets.js";
import { side } from "./side.js";
import { decode, encode, joined, nothing, parted } from "./state.js";
import { bibtexOf, iriOf, markdownOf, sparqlOf, turtleOf } from "./words.js";

const MANY = 400; // beyond it papers are hidden at first

async function start() {
  const m = build(await inflate(byId("core").textContent || ""));
  const shelf = library(m, (kind, number) => byId(`${kind}${number}`).textContent || "");
  if (window.innerHeight > 1.25 * window.innerWidth && !window.location.hash.includes("camera=")) turn(m);
  const years = yearsOf(m), filters = everything(), home = { x: m.x, y: m.y };
  const plain = nothing();
  const shy = m.relations.map((r, k) => (r[3] ? -1 : k)).filter((k) => k >= 0);
  plain.hidden = joined(shy);
  if (m.count > MANY && m.firstPaper > 0) plain.off = joined(m.types.map((t, k) => (t[4].includes("document") ? k : -1)).filter((k) => k >= 0));
  let state = { ...plain }, names = /** @type {ReturnType<typeof index> | null} */ (null);
  const numberOf = new Map(m.id.map((id, i) => [id, i]));
  const canvas = byId("map"), ctx = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  const cam = { x: 0, y: 0, k: 1, w: 1, h: 1 };
  const darkly = window.matchMedia("(prefers-color-scheme: dark)"), still = window.matchMedia("(prefers-reduced-motion: reduce)");
  let masks = apply(m, filters), scene = /** @type {import("./scene.js").Scene} */ ({ discs: [], edges: [], nodes: [], labels: [], wanted: 0 });
  let picked = -1, hovered = -1, edge = -1, path = /** @type {number[] | null} */ (null), wide = false;
  let focus = /** @type {import("./scene.js").Focus | null} */ (null), hop = new Map([[-1, 0]]);
  let look = { dark: false, ink: "#000000", ground: "#ffffff", disc: "#f8f8f8", rim: "#dddddd" };
  let waiting = 0, moving = 0, sized = false;
  /** @type {Map<string, number>} */
  const widths = new Map();
  const measure = (/** @type {string} */ text, /** @type {number} */ size, /** @type {boolean} */ bold) => {
    const key = `${bold ? "b" : ""}${size} ${text}`;
    let w = widths.get(key);
    if (w === undefined) {
      ctx.font = fontOf(size, bold);
      widths.set(key, (w = ctx.measureText(text).width));
    }
    return w;
  };
  const say = (/** @type {string} */ text) => { byId("status").textContent = text; };

  // --- drawing --------------------------------------------------------------------------------------------------
  const how = () => ({ focus, group: picked < 0 && edge < 0 && !path ? state.group : -1, hovered, alone: state.gathered && Boolean(focus), measure });
  function draw() {
    waiting = 0;
    scene = compose(m, masks, cam, how());
    const ratio = canvas.width / cam.w || 1;
    ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
    paint(ctx, m, scene, look, cam, { picked, hovered, edge });
    const shown = scene.nodes.filter((n) => !n.faded).length;
    const more = !focus && scene.wanted > shown ? ` of ${scene.wanted.toLocaleString("en")} in view (zoom or search for more)` : "";
    if (state.view === "map") byId("caption").textContent = `${shown.toLocaleString("en")} names${more}, ${scene.edges.length.toLocaleString("en")} connections`;
  }
  const redraw = () => { if (!waiting) waiting = requestAnimationFrame(draw); };
  function resize() {
    const box = byId("stage").getBoundingClientRect(), ratio = Math.min(2, window.devicePixelRatio || 1);
    if (!box.width || !box.height) return; // another view is open
    [cam.w, cam.h] = [Math.max(50, box.width), Math.max(50, box.height)];
    [canvas.width, canvas.height] = [Math.round(cam.w * ratio), Math.round(cam.h * ratio)];
    if (!sized) {
      sized = true;
      if (state.camera) revisit();
      else Object.assign(cam, focus ? aside(fitted(m, focus.nodes, seen())) : overview());
    }
    redraw();
  }
  const revisit = () => { [cam.x, cam.y, cam.k] = state.camera.split(",").map(Number); };
  /** @param {{x: number, y: number, k: number}} to */
  function fly(to) {
    cancelAnimationFrame(moving);
    const from = { ...cam }, begun = performance.now(), length = still.matches ? 0 : 320;
    const step = () => {
      const t = length ? Math.min(1, (performance.now() - begun) / length) : 1, s = t * t * (3 - 2 * t);
      cam.k = Math.exp(Math.log(from.k) + (Math.log(to.k) - Math.log(from.k)) * s);
      cam.x = from.x + (to.x - from.x) * s;
      cam.y = from.y + (to.y - from.y) * s;
      redraw();
      if (t < 1) moving = requestAnimationFrame(step);
    };
    step();
  }
  /** Everything in view: the discs, or what is in focus. */
  const fit = () => fly(focus ? aside(fitted(m, focus.nodes, seen())) : overview());
  /** On a phone the panel covers the lower part: what is in focus goes above it. */
  const covered = () => (window.innerWidth <= 800 && !byId("panel").hidden ? 0.56 : 0);
  const seen = () => ({ w: cam.w, h: cam.h * (1 - covered()) });
  /** @param {{x: number, y: number, k: number}} to */
  const aside = (to) => ({ x: to.x, y: to.y + (cam.h * covered()) / 2 / to.k, k: to.k });
  function overview() {
    let [x0, y0, x1, y1] = [Infinity, Infinity, -Infinity, -Infinity];
    m.groups.forEach(([x, y, r], g) => {
      if (state.group >= 0 && state.group < m.groups.length && g !== state.group) return;
      [x0, y0, x1, y1] = [Math.min(x0, x - r), Math.min(y0, y - r), Math.max(x1, x + r), Math.max(y1, y + r)];
    });
    if (x1 < x0) return { x: 0, y: 0, k: 1 };
    return { x: (x0 + x1) / 2, y: (y0 + y1) / 2, k: Math.min(Math.max(40, cam.w - 24) / (x1 - x0), Math.max(40, cam.h - 56) / (y1 - y0), 2.2) };
  }
  function theme() {
    const dark = state.theme ? state.theme === "dark" : darkly.matches;
    document.documentElement.dataset.theme = dark ? "dark" : "light";
    const style = getComputedStyle(document.documentElement), value = (/** @type {string} */ name) => style.getPropertyValue(name).trim();
    const [ink, ground] = [value("--ink"), value("--bg")];
    look = { dark, ink, ground, ...discLook(ground, ink, dark) };
    app.dark = dark;
    byId("theme").setAttribute("aria-label", dark ? "Light colours" : "Dark colours");
  }

  // --- the state and what follows from it -----------------------------------------------------------------------
  let written = "";
  /** @param {Partial<typeof state>} change @param {boolean} [quiet] replace instead of adding to the browser's history */
  function go(change, quiet = false) {
    state = { ...state, ...change };
    const fragment = encode(state, plain);
    if (fragment !== written) {
      written = fragment;
      if (quiet) window.location.replace("#" + fragment);
      else window.location.hash = fragment;
    }
    follow();
  }
  /** @param {string} id */
  const node = (id) => numberOf.get(id) ?? -1;
  function follow() {
    filters.types = parted(state.off, m.types.length);
    filters.relations = parted(state.hidden, m.relations.length);
    Object.assign(filters, { from: state.from, to: state.to, sure: state.sure, support: state.support, kind: state.kind });
    masks = app.masks = apply(m, filters);
    theme();
    legend.refresh(masks, look.dark);
    [m.x, m.y] = [home.x, home.y];
    picked = node(state.node);
    path = null;
    edge = -1;
    focus = null;
    const other = node(state.other);
    if (state.edge) {
      const [s, r, t] = state.edge.split(" ");
      const from = node(s);
      if (from >= 0) edge = [...edgesOf(m, from)].find((e) => m.source[e] === from && m.relations[m.relation[e]][0] === r && m.id[m.target[e]] === t) ?? -1;
    }
    if (edge >= 0) {
      focus = { nodes: new Set([m.source[edge], m.target[edge]]), edges: [edge], centre: -1 };
      showEdge(app, edge);
    } else if (picked >= 0 && other >= 0) {
      path = shortest(m, masks.edge, picked, other);
      wide = !path;
      if (!path) path = shortest(m, null, picked, other);
      const nodes = new Set([picked, other]);
      for (const e of path || []) nodes.add(m.source[e]).add(m.target[e]);
      focus = { nodes, edges: path || [], centre: picked };
      if (state.gathered) gatherPath(path || [], picked);
      showPath(app, picked, other, path, wide);
    } else if (picked >= 0) {
      const near = around(m, masks.edge, picked, state.depth);
      hop = near.hop;
      focus = { nodes: new Set(near.nodes), edges: near.edges, centre: picked };
      if (state.gathered) gather(rings(m, picked, hop, near.edges));
      showNode(app, picked);
      say(`${m.name[picked]}: ${near.nodes.length - 1} neighbours${near.cut ? `, ${near.cut} more left out` : ""}`);
    } else if (state.group >= 0 && state.group < m.groups.length) showGroup(app, state.group);
    else byId("panel").hidden = true;
    document.body.classList.toggle("open", !byId("panel").hidden);
    sheet();
    resize();
  }
  /** @param {Map<number, [number, number]>} places */
  function gather(places) {
    [m.x, m.y] = [home.x.slice(), home.y.slice()];
    for (const [i, [x, y]] of places) [m.x[i], m.y[i]] = [x, y];
  }
  /** @param {number[]} edges @param {number} from */
  function gatherPath(edges, from) {
    const places = new Map([[from, /** @type {[number, number]} */ ([0, 0])]]);
    let at = from;
    edges.forEach((e, k) => { at = across(m, e, at); places.set(at, [(k + 1) * 170, (k % 2) * 60]); });
    gather(places);
  }
  function sheet() {
    for (const tab of document.querySelectorAll("[data-view]")) tab.setAttribute("aria-current", String(/** @type {HTMLElement} */ (tab).dataset.view === state.view));
    const map = state.view === "map";
    byId("stage").hidden = !map;
    byId("sheet").hidden = map;
    if (!map) byId("caption").textContent = "";
    if (map) return;
    const made = { matrix, timeline, ranking, table: () => tables(app, sheet) }[/** @type {"matrix"} */ (state.view)];
    byId("sheet").replaceChildren(...made(app));
  }
  /** @param {number} i */
  function reach(i) { // whatever is picked is also shown
    const off = new Set(filters.types);
    return off.delete(m.type[i]) ? { off: joined(off) } : {};
  }
  /** @param {number} e the state in which an edge is picked, and nothing else */
  const only = (e) => ({ edge: `${m.id[m.source[e]]} ${m.relations[m.relation[e]][0]} ${m.id[m.target[e]]}`, node: "", other: "", gathered: false });
  const app = {
    m, shelf, masks, dark: false, years,
    /** @param {number} i @param {boolean} [near] also when it is in view already */
    pick(i, near = false) {
      go({ node: m.id[i], other: "", edge: "", depth: 1, gathered: state.gathered && state.view === "map", view: "map", ...reach(i) });
      if (state.gathered) return fit();
      const { w, h } = seen(), [x, y] = [(m.x[i] - cam.x) * cam.k + cam.w / 2, (m.y[i] - cam.y) * cam.k + cam.h / 2];
      const inside = x > 60 && y > 60 && x < w - 60 && y < h - 60;
      if (near || !inside || cam.k < 0.12) fly(aside({ x: m.x[i], y: m.y[i], k: Math.max(cam.k, near ? 0.5 : 0.35) }));
    },
    /** @param {number} e */
    pickEdge(e) {
      go({ ...only(e), view: "map" });
      fit();
    },
    /** @param {number} g */
    openGroup(g) { go({ group: g, node: "", other: "", edge: "", gathered: false, view: "map" }); fit(); },
    close() { go({ node: "", other: "", edge: "", group: -1, gathered: false, depth: 1 }); },
    /** @param {number} d */
    deepen(d) { go({ depth: Math.min(3, Math.max(1, d)) }); if (state.gathered) fit(); },
    gather() { go({ gathered: !state.gathered }); fit(); },
    looking: () => ({ depth: state.depth, gathered: state.gathered, path }),
    copy,
  };
  const legend = side(m, filters, years, () => go({
    off: joined(filters.types), hidden: joined(filters.relations), from: filters.from, to: filters.to, sure: filters.sure, support: filters.support, kind: filters.kind,
  }));

  // --- copying and exporting ------------------------------------------------------------------------------------
  /** @param {string} kind */
  async function copy(kind) {
    if (!kind) return;
    const i = picked;
    let text = window.location.href;
    if (kind === "IRI") text = iriOf(m, i);
    else if (kind === "SPARQL") text = sparqlOf(m, i);
    else if (kind === "Turtle") text = turtleOf(m, masks.edge, i);
    else if (kind === "Markdown") text = markdownOf(m, masks.edge, i);
    else if (kind === "Command") text = `kg why GRAPH.kg '${m.id[i].replace(/'/g, "'\\''")}'`;
    else if (kind === "BibTeX") {
      const papers = isPaper(m, i) ? [i - m.firstPaper] : [...new Set([...edgesOf(m, i)].map((e) => across(m, e, i)).filter((j) => isPaper(m, j)).map((j) => j - m.firstPaper))];
      const used = new Set();
      text = (await Promise.all(papers.map(async (p) => /** @type {const} */ ([p, await shelf.record(p)])))).map(([p, record]) => bibtexOf(m, p, record, used)).join("\n");
    }
    words(kind, text);
  }
  /** @param {string} title @param {string} text */
  function words(title, text) {
    byId("words-title").textContent = title;
    byId("words-text").value = text;
    byId("words").showModal();
    byId("words-text").select();
    const done = () => { byId("words-said").textContent = "Copied."; };
    byId("words-said").textContent = "";
    if (navigator.clipboard) navigator.clipboard.writeText(text).then(done, () => {});
  }
  byId("words-copy").addEventListener("click", () => { byId("words-text").select(); if (document.execCommand("copy")) byId("words-said").textContent = "Copied."; });
  const exporting = () => slug(picked >= 0 ? m.name[picked] : state.group >= 0 ? groupName(m, state.group) : "landscape");
  /** @param {string} kind */
  function save(kind) {
    if (kind === "svg") download(`${exporting()}.svg`, svg(m, compose(m, masks, cam, how()), look, cam, document.title), "image/svg+xml");
    else if (kind === "png") {
      const big = el("canvas", { width: Math.round(cam.w * 2), height: Math.round(cam.h * 2) }), to = big.getContext("2d");
      to.scale(2, 2);
      paint(to, m, compose(m, masks, cam, how()), look, cam, { picked, hovered: -1, edge });
      big.toBlob((/** @type {Blob | null} */ blob) => { if (blob) download(`${exporting()}.png`, blob, "image/png"); });
    } else if (kind === "link") copy("Link");
    else window.print();
  }
  byId("save").addEventListener("change", () => { const kind = byId("save").value; byId("save").selectedIndex = 0; if (kind) save(kind); });

  const query = byId("query");
  searching(m, () => look.dark, () => (names ||= index(m)), (i) => app.pick(i, true));

  // --- pointer and keys -----------------------------------------------------------------------------------------
  let resting = 0;
  const tip = byId("tip");
  pointing(canvas, cam, {
    scene: () => scene, moved: redraw,
    settled() { clearTimeout(resting); resting = setTimeout(() => { written = encode({ ...state, camera: cameraText() }, plain); state.camera = cameraText(); window.location.replace("#" + written); }, 250); },
    hover(i, x, y) {
      tip.hidden = i < 0;
      if (i >= 0) {
        tip.replaceChildren(bdi(cut(m.name[i], 120)), el("span", null, ` ${m.types[m.type[i]][0]}, ${m.support[i]} ${m.support[i] === 1 ? "paper" : "papers"}`));
        tip.style.transform = `translate(${Math.min(x + 14, cam.w - 220)}px, ${Math.min(y + 14, cam.h - 40)}px)`;
      }
      if (i !== hovered) { hovered = i; redraw(); }
    },
    choose(hit, shift) {
      if (hit.node >= 0 && shift && picked >= 0 && hit.node !== picked) { go({ other: m.id[hit.node] }); }
      else if (hit.node >= 0) { if (hit.node !== picked || path) app.pick(hit.node); }
      else if (hit.edge >= 0) { go(only(hit.edge)); }
      else if (picked >= 0 || edge >= 0 || path) app.close();
      else if (hit.group >= 0 && hit.group !== state.group) app.openGroup(hit.group);
      else if (hit.group < 0 && state.group >= 0) app.close();
      canvas.focus();
    },
    enlarge(hit) { if (hit.node >= 0) app.deepen(state.depth + 1); },
  });
  const cameraText = () => [cam.x, cam.y, cam.k].map((v) => v.toFixed(3)).join(",");
  /** @param {number} step to the next neighbour */
  function walk(step) {
    if (picked < 0) return;
    const ring = [...new Set([...edgesOf(m, picked)].filter((e) => masks.edge[e]).map((e) => across(m, e, picked)))];
    if (!ring.length) return;
    const now = ring.indexOf(hovered), from = now < 0 && step < 0 ? 0 : now; // the first step back leads to the last
    hovered = ring[(from + step + ring.length) % ring.length];
    say(m.name[hovered]);
    redraw();
  }
  /** @type {Record<string, () => void>} */
  const keys = {
    "/": () => { query.focus(); query.select(); }, "?": () => byId("help").showModal(), Escape: () => app.close(), "0": fit, f: fit, g: () => { if (picked >= 0) app.gather(); },
    "+": () => { zoomAt(cam, cam.w / 2, cam.h / 2, 1.3); redraw(); }, "=": () => { zoomAt(cam, cam.w / 2, cam.h / 2, 1.3); redraw(); }, "-": () => { zoomAt(cam, cam.w / 2, cam.h / 2, 1 / 1.3); redraw(); },
    n: () => walk(1), p: () => walk(-1), ">": () => app.deepen(state.depth + 1), "<": () => app.deepen(state.depth - 1),
  };
  document.addEventListener("keydown", (event) => {
    const target = /** @type {HTMLElement} */ (event.target);
    if (event.ctrlKey || event.metaKey || event.altKey || target.closest("input, select, textarea, dialog")) return;
    if (target === canvas && event.key.startsWith("Arrow")) {
      const step = 60 / cam.k;
      if (event.key === "ArrowLeft") cam.x -= step;
      if (event.key === "ArrowRight") cam.x += step;
      if (event.key === "ArrowUp") cam.y -= step;
      if (event.key === "ArrowDown") cam.y += step;
      redraw();
    } else if (target === canvas && event.key === "Enter" && hovered >= 0) app.pick(hovered);
    else if (keys[event.key]) keys[event.key]();
    else return;
    event.preventDefault();
  });
  for (const tab of document.querySelectorAll("[data-view]")) tab.addEventListener("click", () => { go({ view: /** @type {HTMLElement} */ (tab).dataset.view || "map" }); if (state.view === "map") resize(); });
  byId("closer").addEventListener("click", keys["+"]);
  byId("farther").addEventListener("click", keys["-"]);
  byId("fit").addEventListener("click", fit);
  byId("theme").addEventListener("click", () => go({ theme: look.dark ? "light" : "dark" }, true));
  byId("ask").addEventListener("click", keys["?"]);
  byId("filters").addEventListener("click", () => { const open = document.body.classList.toggle("filtering"); byId("filters").setAttribute("aria-expanded", String(open)); });
  darkly.addEventListener("change", follow);
  new ResizeObserver(resize).observe(byId("stage"));
  window.addEventListener("hashchange", () => {
    const now = window.location.hash.slice(1);
    if (now === written) return;
    written = now;
    state = decode(now, plain);
    follow();
    if (state.camera) revisit();
    else if (state.view === "map" && !focus) fit();
    redraw();
  });

  written = window.location.hash.slice(1);
  state = decode(written, plain);
  if (!written && m.focus.length) state.node = m.id[m.focus[0]];
  follow();
  draw();
  byId("loading").hidden = true;
  document.body.dataset.ready = "yes";
  performance.mark("usable");
  setTimeout(() => { names ||= index(m); }, 200); // the first search finds it made
  Object.assign(window, { atlas: { m, cam, app, draw, fit, scene: () => scene, state: () => state, search: (/** @type {string} */ text) => search((names ||= index(m)), text), go } });
}
start().catch((error) => {
  byId("loading").textContent = "This page could not be opened: " + (typeof DecompressionStream === "undefined" ? "the browser is too old (2023 or later is needed)." : String(error));
});
