"use strict";
// The page's only script of its own. Text from papers becomes text nodes and nothing else: no markup is ever parsed here.
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const byId = (id) => document.getElementById(id);
  const network = window.network, visNodes = window.nodes, visEdges = window.edges;
  const panel = byId("panel"), query = byId("query"), hits = byId("hits");
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const still = window.matchMedia("(prefers-reduced-motion: reduce)");
  const [TYPE, NAME, ALIASES, SUPPORT, OWN] = [0, 1, 2, 3, 4];
  const SHOWN_LABEL = 34, OPEN_QUOTES = 14;
  const off = { type: new Set(), relation: new Set() };
  let picked = null, hovered = null;

  // --- values ---------------------------------------------------------------------------------------------------
  const touching = data.nodes.map(() => []);
  data.edges.forEach((edge, i) => { touching[edge[0]].push(i); touching[edge[2]].push(i); });
  const toldBy = data.nodes.map(() => []);
  data.statements.forEach((statement) => toldBy[statement[2]].push(statement));
  const key = (text) => text.normalize("NFKC").toLowerCase().replace(/[\s\-_\u2010-\u2015]+/g, "");
  const keys = data.nodes.map((node) => [node[NAME], ...node[ALIASES]].map(key));
  const nodeShown = (i) => !off.type.has(data.nodes[i][TYPE]);
  const edgeShown = (i) => {
    const [source, relation, target] = data.edges[i];
    return !off.relation.has(relation) && nodeShown(source) && nodeShown(target);
  };
  const papers = (count) => count.toLocaleString("en") + (count === 1 ? " paper" : " papers");
  const cut = (text, limit) => {
    const letters = Array.from(text);
    return letters.length <= limit ? text : letters.slice(0, limit - 1).join("").trimEnd() + "\u2026";
  };

  // --- building elements ----------------------------------------------------------------------------------------
  function el(tag, className, ...children) {
    const element = document.createElement(tag);
    if (className) element.className = className;
    element.append(...children);
    return element;
  }
  const bdi = (text) => el("bdi", "", text);
  function icon(type) {
    const drawn = document.querySelector(`[data-type="${type}"] svg`);
    return drawn ? drawn.cloneNode(true) : "";
  }
  function go(i) {
    const button = el("button", "go", icon(data.nodes[i][TYPE]), bdi(cut(data.nodes[i][NAME], 160)));
    button.type = "button";
    button.addEventListener("click", (event) => { event.preventDefault(); focusOn(i); });
    return button;
  }
  function cite(number) {
    const [title, url, year] = data.papers[number];
    let name = bdi(title);
    if (/^https?:\/\//i.test(url)) {
      name = el("a", "", name);
      name.href = url;
      name.target = "_blank";
      name.rel = "noopener noreferrer";
    }
    return el("span", "", name, year ? ` (${year})` : "");
  }
  function quote(number) {
    const [paper, curated, text, marks] = data.quotes[number];
    const words = bdi("");
    let done = 0;
    for (let i = 0; i < marks.length; i += 2) {
      words.append(text.slice(done, marks[i]), el("mark", "", text.slice(marks[i], marks[i + 1])));
      done = marks[i + 1];
    }
    words.append(text.slice(done));
    const source = el("footer", "", curated ? "Curated statement on " : "", cite(paper));
    return curated ? el("blockquote", "curated", el("bdi", "", text), source) : el("blockquote", "", words, source);
  }
  const rest = (count) => (count > 0 ? [el("p", "soft", `and ${papers(count)} more`)] : []);

  // --- the panel ------------------------------------------------------------------------------------------------
  function entry(head, derived, quotes, more, open) {
    const details = el("details", "entry", el("summary", "", head, derived ? el("span", "tag", "through its paper") : ""));
    details.append(...quotes.map(quote), ...rest(more));
    details.open = open;
    return details;
  }
  function show(...children) {
    const close = el("button", "", "\u00d7");
    close.type = "button";
    close.id = "close";
    close.setAttribute("aria-label", "Close");
    close.addEventListener("click", () => pick(null));
    panel.replaceChildren(close, ...children);
    panel.hidden = false;
    panel.scrollTop = 0;
  }
  function showNode(i) {
    const node = data.nodes[i], type = data.types[node[TYPE]];
    const parts = [el("p", "kind", icon(node[TYPE]), type[0]), el("h2", "", bdi(node[NAME]))];
    if (node[ALIASES].length) {
      const names = node[ALIASES].flatMap((alias, k) => (k ? [", ", bdi(alias)] : [bdi(alias)]));
      parts.push(el("p", "soft", "Also: ", ...names));
    }
    if (node[OWN] >= 0) parts.push(el("p", "soft", cite(node[OWN])));
    else parts.push(el("p", "soft", `Named by ${papers(node[SUPPORT])}`));

    const groups = new Map();
    const group = (relation, incoming) => {
      const name = data.relations[relation][0] + (incoming ? " this" : "");
      if (!groups.has(name)) groups.set(name, []);
      return groups.get(name);
    };
    const own = touching[i].filter(edgeShown);
    const open = own.length + toldBy[i].length <= OPEN_QUOTES;
    for (const e of own) {
      const [source, relation, target, derived, quotes, more] = data.edges[e];
      group(relation, target === i).push(entry(go(source === i ? target : source), derived, quotes, more, open));
    }
    for (const [paper, relation, , quotes] of toldBy[i]) {
      if (off.relation.has(relation)) continue;
      group(relation, true).push(entry(el("span", "soft", bdi(cut(data.papers[paper][0], 90))), 0, quotes, 0, open));
    }
    for (const [name, entries] of groups) parts.push(el("h3", "", `${name} (${entries.length})`), ...entries);
    if (data.unseen[i]) {
      const many = data.unseen[i] === 1 ? "1 more paper says" : `${data.unseen[i].toLocaleString("en")} more papers say`;
      parts.push(el("p", "soft", `${many} something of it; kg why shows all.`));
    }
    show(...parts);
  }
  function showEdge(e) {
    const [source, relation, target, derived, quotes, more] = data.edges[e];
    const kind = el("p", "kind", "Connection", derived ? el("span", "tag", "through its paper") : "");
    const name = data.relations[relation][0];
    show(kind, go(source), el("h2", "", name), go(target), ...quotes.map(quote), ...rest(more));
  }

  function hideTip() {
    for (const tip of document.querySelectorAll("div.vis-tooltip")) tip.style.visibility = "hidden";
  }

  // --- picking and focusing -------------------------------------------------------------------------------------
  function pick(what) {
    picked = what;
    const wasHidden = panel.hidden;
    if (!what) panel.hidden = true;
    else if (what.node !== undefined) showNode(what.node);
    else showEdge(what.edge);
    network.selectNodes(what && what.node !== undefined ? [what.node] : [], false);
    if (wasHidden !== panel.hidden) keepInPlace();
    network.redraw();
  }
  function keepInPlace() {
    // the panel takes its room from the canvas: what lay in the middle of it stays there
    const centre = network.getViewPosition(), scale = network.getScale();
    network.setSize("100%", "100%");
    network.redraw();
    network.moveTo({ position: centre, scale, animation: false });
  }
  const motion = () => (still.matches ? false : { duration: 350, easingFunction: "easeInOutQuad" });
  function focusOn(i) {
    const type = data.nodes[i][TYPE];
    if (off.type.delete(type)) applyFilter();
    hovered = null;
    hideTip();
    pick({ node: i });
    network.focus(i, { scale: Math.max(1.3, network.getScale()), animation: motion() });
  }
  function fit() {
    const nodes = data.nodes.map((_, i) => i).filter(nodeShown);
    if (!nodes.length) return;
    network.fit({ nodes, animation: false, maxZoomLevel: 1.6 });
    network.moveTo({ scale: network.getScale() * 0.94, animation: false }); // room for the labels at the rim
  }

  // --- the legend is the filter ---------------------------------------------------------------------------------
  function applyFilter() {
    visNodes.update(data.nodes.map((_, id) => ({ id, hidden: !nodeShown(id) })));
    visEdges.update(data.edges.map((_, id) => ({ id, hidden: !edgeShown(id) })));
    for (const button of document.querySelectorAll(".key:not(:disabled)")) {
      const kind = button.dataset.type === undefined ? "relation" : "type";
      button.setAttribute("aria-pressed", String(!off[kind].has(Number(button.dataset[kind]))));
    }
    if (picked && picked.node !== undefined && !nodeShown(picked.node)) pick(null);
    else if (picked && picked.edge !== undefined && !edgeShown(picked.edge)) pick(null);
    hovered = null;
    network.redraw();
  }
  for (const kind of ["type", "relation"]) {
    const buttons = [...document.querySelectorAll(`[data-${kind}]:not(:disabled)`)];
    for (const button of buttons) {
      const index = Number(button.dataset[kind]);
      button.addEventListener("click", () => {
        if (!off[kind].delete(index)) off[kind].add(index);
        applyFilter();
      });
      button.addEventListener("dblclick", () => {
        const others = buttons.map((b) => Number(b.dataset[kind])).filter((k) => k !== index);
        const alone = others.every((k) => off[kind].has(k));
        off[kind] = new Set(alone ? [] : others);
        applyFilter();
      });
    }
  }

  // --- search ---------------------------------------------------------------------------------------------------
  function search(text) {
    const wanted = key(text);
    if (!wanted) return [];
    const found = [];
    keys.forEach((names, i) => {
      const ranks = names.map((n, k) => (n === wanted ? 0 : n.startsWith(wanted) ? 2 : n.includes(wanted) ? 4 : 9) + (k > 0));
      const best = Math.min(...ranks);
      if (best < 9) found.push([best, i]);
    });
    return found.sort((a, b) => a[0] - b[0] || a[1] - b[1]).map(([, i]) => i);
  }
  function listHits() {
    const found = search(query.value).slice(0, 12);
    hits.replaceChildren(...found.map((i) => el("li", "", go(i))));
    if (!found.length) hits.append(el("li", "", "No such name is drawn; kg draw --around NAME looks in the whole graph."));
    hits.hidden = !query.value.trim();
  }
  query.addEventListener("input", listHits);
  query.addEventListener("focus", listHits);
  query.addEventListener("keydown", (event) => {
    if (event.key === "Enter") {
      const [best] = search(query.value);
      if (best !== undefined) { focusOn(best); hits.hidden = true; }
    } else if (event.key === "Escape") {
      query.value = "";
      hits.hidden = true;
    }
  });
  hits.addEventListener("click", () => { hits.hidden = true; });
  document.addEventListener("click", (event) => { if (!byId("search").contains(event.target)) hits.hidden = true; });
  document.addEventListener("keydown", (event) => {
    if (event.key === "/" && document.activeElement !== query) { event.preventDefault(); query.focus(); query.select(); }
    else if (event.key === "Escape" && document.activeElement !== query) pick(null);
  });

  // --- colours --------------------------------------------------------------------------------------------------
  let ink = "#000", paper = "#fff";
  const mix = (hex, share) => {
    const parts = [1, 3, 5].map((k) => parseInt(hex.slice(k, k + 2), 16));
    return "#" + parts.map((p) => Math.round(p + (255 - p) * share).toString(16).padStart(2, "0")).join("");
  };
  const adapted = (hex) => {
    if (!dark.matches) return hex;
    const brightest = Math.max(...[1, 3, 5].map((k) => parseInt(hex.slice(k, k + 2), 16)));
    return mix(hex, brightest < 96 ? 0.55 : 0.2);
  };
  const edgeColour = (relation) => adapted(data.relations[relation][1]);
  const opacity = visEdges.length ? visEdges.get(0).color.opacity : 1;
  function recolour(first) {
    const style = getComputedStyle(document.documentElement);
    ink = style.getPropertyValue("--ink").trim();
    paper = style.getPropertyValue("--bg").trim();
    if (first && !dark.matches) return; // the page is baked in light colours
    const groups = {};
    data.types.forEach(([, , colour], i) => {
      const background = adapted(colour);
      const state = { background, border: ink };
      groups[`t${i}`] = { color: { background, border: paper, hover: state, highlight: state } };
    });
    for (const key of document.querySelectorAll(".key")) {
      const { type, relation } = key.dataset, drawn = key.querySelector("svg");
      if (type !== undefined) drawn.setAttribute("fill", adapted(data.types[type][2]));
      else drawn.firstElementChild.setAttribute("stroke", edgeColour(relation));
    }
    network.setOptions({ groups });
    visNodes.update(data.nodes.map((node, id) => ({ id, group: `t${node[TYPE]}` })));
    visEdges.update(data.edges.map((edge, id) => ({ id, color: { color: edgeColour(edge[1]), opacity } })));
    network.redraw();
  }

  // --- labels and the highlighted neighbourhood, drawn over the network -----------------------------------------
  const FACE = 'system-ui, "Liberation Sans", Arial, sans-serif';
  const most = Math.max(36, ...data.nodes.map((node) => node[SUPPORT]));
  const labels = data.nodes.map((node) => {
    const share = Math.sqrt(node[SUPPORT] / most), size = 11 + 6.6 * share;
    return { text: cut(node[NAME], SHOWN_LABEL), size, font: `${share >= 0.5 ? 600 : 400} ${size.toFixed(1)}px ${FACE}` };
  });
  function lit() {
    const what = hovered !== null ? { node: hovered } : picked;
    if (!what || what.quiet) return null;
    if (what.edge !== undefined) {
      const edge = data.edges[what.edge];
      return { nodes: new Set([edge[0], edge[2]]), edges: [what.edge] };
    }
    const edges = touching[what.node].filter(edgeShown);
    return { nodes: new Set([what.node, ...edges.flatMap((e) => [data.edges[e][0], data.edges[e][2]])]), edges, centre: what.node };
  }
  function drawLit(ctx, light) {
    const scale = network.getScale(), box = byId("mynetwork");
    const a = network.DOMtoCanvas({ x: 0, y: 0 }), b = network.DOMtoCanvas({ x: box.clientWidth, y: box.clientHeight });
    ctx.save();
    ctx.globalAlpha = 0.84;
    ctx.fillStyle = paper;
    ctx.fillRect(a.x, a.y, b.x - a.x, b.y - a.y);
    ctx.globalAlpha = 0.9;
    const at = network.getPositions([...light.nodes]);
    for (const e of light.edges) {
      const [source, relation, target] = data.edges[e], from = at[source], to = at[target];
      const length = Math.hypot(to.x - from.x, to.y - from.y) || 1;
      const [ux, uy] = [(to.x - from.x) / length, (to.y - from.y) / length];
      const rim = network.body.nodes[target].options.size + 1, tip = { x: to.x - ux * rim, y: to.y - uy * rim };
      const head = 6 / Math.max(scale, 0.5);
      ctx.strokeStyle = ctx.fillStyle = edgeColour(relation);
      ctx.lineWidth = 1.6 / Math.max(scale, 0.5);
      ctx.beginPath();
      ctx.moveTo(from.x, from.y);
      ctx.lineTo(tip.x - ux * head * 0.8, tip.y - uy * head * 0.8);
      ctx.stroke();
      ctx.beginPath();
      ctx.moveTo(tip.x, tip.y);
      ctx.lineTo(tip.x - ux * head - uy * head * 0.45, tip.y - uy * head + ux * head * 0.45);
      ctx.lineTo(tip.x - ux * head + uy * head * 0.45, tip.y - uy * head - ux * head * 0.45);
      ctx.fill();
    }
    ctx.globalAlpha = 1;
    for (const i of light.nodes) network.body.nodes[i].draw(ctx);
    ctx.restore();
  }
  function drawLabels(ctx, light) {
    const box = byId("mynetwork"), [width, height] = [box.clientWidth, box.clientHeight];
    const ratio = ctx.canvas.width / width, scale = network.getScale(), cell = 48;
    const at = network.getPositions();
    const taken = new Map();
    const cells = ([x, y, w, h], visit) => {
      for (let cx = Math.floor(x / cell); cx <= Math.floor((x + w) / cell); cx++) {
        for (let cy = Math.floor(y / cell); cy <= Math.floor((y + h) / cell); cy++) if (visit(cx * 4096 + cy)) return true;
      }
      return false;
    };
    const hit = ([x, y, w, h], owner) => cells([x, y, w, h], (c) => (taken.get(c) || []).some(
      ([ox, oy, ow, oh, o]) => o !== owner && x < ox + ow && ox < x + w && y < oy + oh && oy < y + h));
    const take = (rect, owner) => { cells(rect, (c) => { if (!taken.has(c)) taken.set(c, []); taken.get(c).push([...rect, owner]); }); };
    const candidates = [];
    data.nodes.forEach((_, i) => {
      if (!nodeShown(i) || (light && !light.nodes.has(i))) return;
      const { x, y } = network.canvasToDOM(at[i]), r = network.body.nodes[i].options.size * scale;
      if (x < -80 || y < -20 || x > width + 80 || y > height + 20) return;
      candidates.push([i, x, y, r]);
      if (r > 5 || light) take([x - r, y - r, 2 * r, 2 * r], i); // a label may cover a dot, but not a node of weight
    });
    let room = light ? 90 : Math.max(24, (width * height) / 9500);
    ctx.save();
    ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
    ctx.textAlign = "left";
    ctx.textBaseline = "middle";
    ctx.lineJoin = "round";
    if (light && light.centre !== undefined) candidates.sort((a, b) => (b[0] === light.centre) - (a[0] === light.centre));
    for (const [i, x, y, r] of candidates) {
      if (room <= 0) break;
      const label = labels[i];
      ctx.font = label.font;
      if (label.width === undefined) label.width = ctx.measureText(label.text).width;
      const w = label.width, h = label.size * 1.15, always = light && i === light.centre;
      const spots = [[x - w / 2, y + r + 2], [x - w / 2, y - r - h - 2], [x + r + 4, y - h / 2], [x - r - w - 4, y - h / 2]];
      const spot = spots.find(([sx, sy]) => sx > 2 && sx + w < width - 2 && sy > 2 && sy + h < height - 2 && !hit([sx - 2, sy, w + 4, h], i)) || (always ? spots[0] : null);
      if (!spot) continue;
      take([spot[0] - 2, spot[1], w + 4, h], -1);
      ctx.strokeStyle = paper;
      ctx.lineWidth = 3.5;
      ctx.globalAlpha = 0.85;
      ctx.strokeText(label.text, spot[0], spot[1] + h / 2);
      ctx.globalAlpha = 1;
      ctx.fillStyle = ink;
      ctx.fillText(label.text, spot[0], spot[1] + h / 2);
      room -= 1;
    }
    ctx.restore();
  }
  network.on("afterDrawing", (ctx) => {
    const light = lit();
    if (light) drawLit(ctx, light);
    drawLabels(ctx, light);
  });

  // --- events ---------------------------------------------------------------------------------------------------
  network.on("hoverNode", ({ node }) => { hovered = node; network.redraw(); });
  network.on("blurNode", () => { hovered = null; network.redraw(); });
  network.on("click", ({ nodes, edges }) => {
    hideTip();
    if (nodes.length) pick({ node: nodes[0] });
    else if (edges.length) pick({ edge: edges[0] });
    else pick(null);
  });
  network.on("doubleClick", ({ nodes }) => { if (nodes.length) focusOn(nodes[0]); });
  const zoom = (factor) => network.moveTo({ scale: network.getScale() * factor, animation: motion() });
  byId("closer").addEventListener("click", () => zoom(1.4));
  byId("farther").addEventListener("click", () => zoom(1 / 1.4));
  byId("fit").addEventListener("click", () => fit());
  dark.addEventListener("change", () => recolour(false));

  // a string is shown as text by vis 9; it is set here because pyvis turns tooltips that contain "href" into markup
  visNodes.update(data.nodes.map((node, id) => ({ id, title: `${cut(node[NAME], 120)}\n${data.types[node[TYPE]][0]}, ${papers(node[SUPPORT])}` })));
  recolour(true);
  if (data.focus.length) pick({ node: data.focus[0], quiet: true });
  fit();
  document.body.dataset.ready = "yes";
})();
