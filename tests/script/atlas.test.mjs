// The explorer's modules on a small hand-made graph, by Node's own runner.
import assert from "node:assert/strict";
import { test } from "node:test";

const at = "../../kg/explorer/assets/atlas/";
const [data, find, filter, paths, scenes, state, words, sheets, paints] = await Promise.all(
  ["data", "search", "filter", "paths", "scene", "state", "words", "sheets", "paint"].map((name) => import(`${at}${name}.js`)),
);

const core = {
  types: [["Paper", "papers", "#777777", "square", ["document"]], ["Technique", "techniques", "#0072B2", "dot", ["procedure"]], ["Benchmark", "benchmarks", "#009E73", "triangle", ["measure"]]],
  relations: [["introduces", "introduces", "#333333", 1, "contribution", "introduced by"], ["evaluatedOn", "evaluated-on", "#009E73", 1, "result", "evaluates"], ["uses", "uses", "#0072B2", 1, "means", "used by"]],
  prefixes: { kg: "https://k#", kgr: "https://r/", rdfs: "https://s#" }, total: [6, 6],
  nodes: {
    type: [1, 1, 2, 1, 0, 0], name: ["LoRA", "Q-LoRA <b>", "GSM8K", "quantization", "First paper", "Second: a paper"],
    id: ["technique/lora", "technique/q'lora", "benchmark/gsm8k", "technique/quantization", "paper/1", "paper/2"],
    support: [2, 1, 1, 1, 1, 1], x: [0, 40, 80, 400, 0, 40], y: [0, 0, 0, 0, 40, 40], radius: [100, 50, 50, 50, 45, 45], group: [0, 0, 0, 1, 0, 0],
    aliased: [0], aliases: [["low-rank adaptation"]],
  },
  papers: { first: 4, count: 2, year: [2021, 2023], date: ["2021-06", ""], link: ["https://e.org/(1)", ""], others: [] },
  edges: { source: [1, 4, 5, 5, 5, 1], relation: [2, 0, 0, 2, 1, 1], target: [0, 0, 1, 0, 2, 2], sure: [90, 95, 90, 60, 90, 80], derived: [1, 0, 0, 0, 0, 1], support: [1, 1, 1, 1, 1, 1], by: [1, 0, 1, 1, 1, 1] },
  groups: [[40, 20, 80, 3, [0, 1]], [400, 0, 30, 1, [3]]], scattered: 0, focus: [], chunks: [4096, 512],
};
const m = data.build(core);
const all = filter.apply(m, filter.everything());
const measure = (text, size) => text.length * size * 0.5;
const camera = (k = 1) => ({ x: 40, y: 20, k, w: 800, h: 600 });
const how = { focus: null, group: -1, hovered: -1, alone: false, measure };

test("the model knows who touches whom", () => {
  assert.deepEqual([...data.edgesOf(m, 0)], [0, 1, 3]);
  assert.deepEqual([...data.papersOf(m, 3)], [1]);
  assert.equal(data.across(m, 0, 1), 0);
  assert.equal(data.groupName(m, 0), "LoRA · Q-LoRA <b>");
  assert.equal(data.titleOf(m, 1), "Second: a paper");
  assert.equal(data.relationAs(m, "result"), 1);
});

test("blocks are unpacked", async () => {
  const stream = new Blob([JSON.stringify({ a: "é" })]).stream().pipeThrough(new CompressionStream("deflate-raw"));
  const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
  assert.deepEqual(await data.inflate(" " + Buffer.from(bytes).toString("base64") + "\n"), { a: "é" });
});

test("search: exact, prefix, alias, inside, nearly", () => {
  const names = find.index(m);
  const first = (text) => m.name[find.search(names, text)[0]];
  assert.equal(first("lora"), "LoRA");
  assert.equal(first("low rank"), "LoRA");
  assert.equal(first("quantizashun"), "quantization");
  assert.equal(first("GMS8K"), "GSM8K");
  assert.equal(first("technique/q'lora"), "Q-LoRA <b>");
  assert.deepEqual(find.search(names, "zzzzzzz"), []);
  assert.deepEqual(find.search(names, " "), []);
});

test("approximate matching agrees with the plain algorithm", () => {
  const plain = (p, t) => {
    let row = Array.from({ length: p.length + 1 }, (_, i) => i), best = p.length;
    for (const c of t) {
      const next = [0];
      for (let i = 1; i <= p.length; i++) next.push(Math.min(row[i] + 1, next[i - 1] + 1, row[i - 1] + (p[i - 1] === c ? 0 : 1)));
      row = next;
      best = Math.min(best, row[p.length]);
    }
    return best;
  };
  let seed = 7;
  const letter = () => "abc"[(seed = (seed * 1103515245 + 12345) % 2147483648) % 3];
  for (let k = 0; k < 400; k++) {
    const p = Array.from({ length: 3 + (k % 27) }, letter).join(""), t = Array.from({ length: k % 50 }, letter).join("");
    assert.equal(find.edits(find.masksOf(p), p.length, t), plain(p, t), `${p} in ${t}`);
  }
});

test("filters", () => {
  const on = (change) => filter.apply(m, { ...filter.everything(), ...change });
  assert.deepEqual(filter.yearsOf(m), [2021, 2023]);
  assert.deepEqual([...on({ types: new Set([0]) }).node], [1, 1, 1, 1, 0, 0]);
  assert.deepEqual([...on({ relations: new Set([2]) }).edge], [0, 1, 1, 0, 1, 1]);
  assert.deepEqual([...on({ sure: 85 }).edge], [1, 1, 1, 0, 1, 0]);
  assert.deepEqual([...on({ kind: "derived" }).edge], [1, 0, 0, 0, 0, 1]);
  assert.deepEqual([...on({ kind: "direct" }).edge], [0, 1, 1, 1, 1, 0]);
  assert.deepEqual([...on({ to: 2022 }).node], [1, 0, 0, 0, 1, 0]);
  assert.deepEqual([...on({ support: 2 }).node], [1, 0, 0, 0, 1, 1]);
  assert.equal(all.types[1], 3);
});

test("neighbourhoods and paths", () => {
  const near = paths.around(m, all.edge, 0, 1);
  assert.deepEqual(near.nodes.sort(), [0, 1, 4, 5]);
  assert.equal(paths.around(m, all.edge, 0, 2).nodes.length, 5);
  assert.equal(paths.around(m, all.edge, 0, 1, 2).cut, 2);
  assert.equal(paths.shortest(m, all.edge, 4, 2).length, 3);
  assert.deepEqual(paths.shortest(m, all.edge, 0, 0), []);
  assert.equal(paths.shortest(m, all.edge, 0, 3), null);
  const places = paths.rings(m, 0, paths.around(m, all.edge, 0, 2).hop, near.edges);
  assert.deepEqual(places.get(0), [0, 0]);
  assert.equal(places.size, 5);
});

test("a scene holds what is in view, labels do not overlap, the pointer finds things", () => {
  const scene = scenes.compose(m, all, camera(3), how);
  assert.equal(scene.nodes.length, 5);
  assert.ok(scene.labels.length > 2);
  for (const a of scene.labels) {
    for (const b of scene.labels) {
      if (a !== b) assert.ok(a.x + a.w <= b.x || b.x + b.w <= a.x || Math.abs(a.y - b.y) >= (a.size + b.size) * 0.55);
    }
  }
  const lora = scene.nodes.find((n) => n.i === 0);
  assert.equal(scenes.under(scene, lora.x, lora.y).node, 0);
  const line = scene.edges.find((s) => s.e === 3);
  assert.equal(scenes.under(scene, (line.x1 + line.x2) / 2, (line.y1 + line.y2) / 2).edge, 3);
  assert.equal(scenes.under(scenes.compose(m, all, camera(), how), 40 + 360, 20 + 345).group, 0);
  const focus = { nodes: new Set([0, 1]), edges: [0], centre: 0 };
  const lit = scenes.compose(m, all, camera(), { ...how, focus });
  assert.equal(lit.nodes.filter((n) => !n.faded).length, 2);
  assert.equal(scenes.compose(m, all, camera(), { ...how, focus, alone: true }).nodes.length, 2);
  const fitted = scenes.fitted(m, [0, 1], { w: 800, h: 600 });
  assert.ok(fitted.k > 1);
  assert.equal(scenes.fitted(m, [], { w: 8, h: 6 }).k, 1);
});

test("pointing at a name fades all but its neighbours", () => {
  const scene = scenes.compose(m, all, camera(2), { ...how, hovered: 0 });
  assert.deepEqual(scene.nodes.filter((n) => !n.faded).map((n) => n.i).sort(), [0, 1, 4, 5]);
  assert.ok(scene.labels.every((l) => l.faded === ![0, 1, 4, 5].includes(l.i)));
  const look = { dark: false, ink: "#111111", ground: "#ffffff", ...paints.discLook("#ffffff", "#111111", false) };
  assert.match(paints.svg(m, scene, look, { w: 800, h: 600 }, "x"), /opacity="0\.25"/);
});

test("a map is laid on its side and back", () => {
  const [x, group] = [[...m.x], [...m.groups[1]]];
  data.turn(m);
  assert.deepEqual([...m.y], x);
  assert.deepEqual(m.groups[1].slice(0, 3), [group[1], group[0], group[2]]);
  data.turn(m);
  assert.deepEqual([...m.x], x);
});

test("SVG is text and vectors, and names are escaped", () => {
  const look = { dark: true, ink: "#eeeeee", ground: "#111111", ...paints.discLook("#111111", "#eeeeee", true) };
  const focus = { nodes: new Set([0, 1]), edges: [0], centre: 0 };
  const svg = paints.svg(m, scenes.compose(m, all, camera(3), { ...how, focus }), look, { w: 800, h: 600 }, "a & b");
  assert.match(svg, /Q-LoRA &lt;b&gt;/);
  assert.doesNotMatch(svg, /<b>/);
  assert.match(svg, /<title>a &amp; b<\/title>/);
});

test("the address holds the state and nothing else", () => {
  const one = { ...state.nothing(), node: "technique/q'lora", from: 2020, view: "matrix", gathered: true, camera: "1.5,-2,0.3" };
  assert.deepEqual(state.decode("#" + state.encode(one)), one);
  assert.equal(state.encode(state.nothing()), "");
  assert.deepEqual(state.decode("view=x&off=a&from=20000&node=%E0%A4%A&__proto__=1&depth=99&kind=z&sure=-4"), { ...state.nothing(), depth: 3 });
  assert.deepEqual([...state.parted(state.joined([3, 1]), 3)], [1]);
});

test("copies", () => {
  assert.equal(words.iriOf(m, 1), "https://r/technique/q%27lora");
  assert.match(words.sparqlOf(m, 0), /<https:\/\/r\/technique\/lora> \?relation \?other/);
  assert.match(words.turtleOf(m, all.edge, 1), /<https:\/\/r\/technique\/q%27lora> kg:uses <https:\/\/r\/technique\/lora> \./);
  const text = words.markdownOf(m, all.edge, 0);
  assert.match(text, /### used by/);
  assert.match(text, /\[First paper\]\(https:\/\/e\.org\/%281%29\)|\[First paper\]/);
  assert.match(text, /Q-LoRA \\<b\\>/);
  const used = new Set();
  const entry = words.bibtexOf(m, 0, [["Ann Lee", "B. {Oe}"], "Proc & Co", "2106.1", ""], used);
  assert.match(entry, /^@inproceedings\{lee2021first,/);
  assert.match(entry, /author = \{Ann Lee and B\. \\\{Oe\\\}\}/);
  assert.match(words.bibtexOf(m, 0, [], used), /^@misc\{anon2021first,/);
  assert.equal(words.csvLine(["=1+1", 'a"b', 3, "x"]), `'=1+1,"a""b",3,x\r\n`);
});

test("matrix: papers that use the row and report on the column; like by like; gaps", () => {
  const cells = sheets.crossed(m, all.edge, [0, 1, 3], [2]);
  assert.deepEqual(cells.map(([c]) => [...c]), [[1], [1], []]);
  const [rows, columns] = sheets.seriated([[1, 0, 1], [0, 1, 0], [1, 0, 1]]);
  assert.equal(Math.abs(rows.indexOf(0) - rows.indexOf(2)), 1);
  assert.equal(Math.abs(columns.indexOf(0) - columns.indexOf(2)), 1);
  const table = [[3, 2, 1], [2, 1, 0], [1, 1, 0], [1, 0, 1]];
  const found = sheets.gaps(table, [6, 3, 2, 2], [7, 4, 2], 10);
  assert.deepEqual(found.map((g) => [g.row, g.column, Math.round(1000 * g.score)]), [[3, 1, 800], [1, 2, 376], [2, 2, 241]]);
  assert.deepEqual(sheets.gaps([], [], [], 0), []);
});
