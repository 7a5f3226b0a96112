// What the boxes of the query page complete, by Node's own runner; the keys are tried in Chromium.
import assert from "node:assert/strict";
import { test } from "node:test";

const { inQuery, inQuestion, lookedUp, node, overwritten, placeInQuery, placeInQuestion } = await import(
  "../../kg/serve/assets/complete.js"
);

const vocabulary = {
  prefixes: [["kg", "https://k#"], ["kgr", "https://r/"], ["rdfs", "https://s#"]],
  terms: [["kg:evaluatedOn", "property"], ["kg:Technique", "class"], ["kg:support", "property"], ["rdfs:label", "property"]],
  words: ["techniques", "evaluated-on", "uses", "used by", "or below"],
  small: ["techniques", "evaluated-on", "uses", "used", "by", "that", "use", "and", "of", "top"],
};
const inserts = (text) => {
  const place = placeInQuery(text);
  return place ? inQuery(place, vocabulary, text).map((choice) => choice.insert) : null;
};

for (const [text, kind, word, from] of [
  ["", null], ["SELECT ?", "variable", "", 7], ["SELECT ?na", "variable", "na", 7], ["{ ?s kg:ev", "term", "kg:ev", 5], ["{ ?s kg:", "term", "kg:", 5],
  ["SEL", "word", "SEL", 0], ["{ ?s a Tech", "word", "Tech", 7], ["PREFIX r", "prefix", "r", 7], ["prefix ", "prefix", "", 7],
  ["{ <lo", "node", "lo", 2], ["{ <low rank ad", "node", "low rank ad", 2], ["{ <https://e/", null], ["FILTER(?x < ", null], ["FILTER(?x <= 3", null],
  ['{ ?s ?p "lo', null], ["{ ?s ?p 'lo", null], ['{ ?s ?p """lo\n"lo', null], ['"done" lo', "word", "lo", 7], ['{ ?s ?p "lo"', null],
  ["# about lo", null], ["# about\nlo", "word", "lo", 8], ["<https://e#a> lo", "word", "lo", 14], ["'it''s' # lo", null], ["?a/kg:e", "term", "kg:e", 3],
  ['"a \\" lo', null], ["COUNT(di", "word", "di", 6], ["?a ^kg:u", "term", "kg:u", 4],
]) {
  test(`at the end of ${JSON.stringify(text)} one types ${kind ?? "nothing"}`, () => {
    assert.deepEqual(placeInQuery(text), kind && { from, word, kind });
  });
}

test("terms begin with what is typed, before those that hold it", () => {
  assert.deepEqual(inserts("?s kg:"), ["kg:evaluatedOn", "kg:Technique", "kg:support"]);
  assert.deepEqual(inserts("?s kg:e"), ["kg:evaluatedOn", "kg:Technique"]);
  assert.deepEqual(inserts("?s KG:TECH"), ["kg:Technique"]);
  assert.deepEqual(inserts("?s nope:x"), []);
});

test("a word becomes a keyword, a prefix or a term by its local name", () => {
  assert.deepEqual(inserts("sel"), ["SELECT"]);
  assert.deepEqual(inserts("?s lab"), ["rdfs:label"]);
  assert.deepEqual(inserts("?s kg"), ["kg:", "kgr:"]);
  assert.deepEqual(inserts("?s a t"), []);
  assert.deepEqual(inserts("PREFIX k"), ["kg: <https://k#>\n", "kgr: <https://r/>\n"]);
});

test("variables are those of the query but the one being typed", () => {
  assert.deepEqual(inserts("SELECT ?name ?n { $other ?name ?n"), ["?name"]);
  assert.deepEqual(inserts("{ ?a ?b ?"), ["?a", "?b"]);
});

test("names are looked up for bare words, after < and after kgr:, from two letters on", () => {
  const asked = (text) => lookedUp(placeInQuery(text));
  assert.equal(asked("{ ?s kg:uses LoR"), "LoR");
  assert.equal(asked("{ ?s kg:uses L"), "");
  assert.equal(asked("{ ?s kg:uses <low rank"), "low rank");
  assert.equal(asked("{ ?s kg:uses kgr:technique/lo"), "lo");
  assert.equal(asked("{ ?s kg:uses kgr:lo"), "lo");
  assert.equal(asked("{ ?s kg:us"), "");
  assert.equal(asked("PREFIX rdf"), "");
});

test("in a question all since the last word of the grammar is a name or a word", () => {
  const at = (text) => placeInQuestion(text, vocabulary);
  assert.equal(at(""), null);
  assert.equal(at("techniques "), null);
  assert.deepEqual(at("techniques evaluated-on GSM"), { from: 24, word: "GSM", kind: "word" });
  assert.deepEqual(at("techniques that use low rank ad"), { from: 20, word: "low rank ad", kind: "word" });
  assert.deepEqual(at("top 5 tech"), { from: 6, word: "tech", kind: "word" });
  assert.deepEqual(at("techniques used by LoRA, Q"), { from: 25, word: "Q", kind: "word" });
  assert.deepEqual(at('papers that use "chain of th'), { from: 16, word: "chain of th", kind: "node" });
  assert.deepEqual(inQuestion(at("techniques eval"), vocabulary).map((choice) => choice.insert), ["evaluated-on "]);
  assert.deepEqual(inQuestion(at('techniques "eval'), vocabulary), []);
});

test("a node is its IRI in a query and its name in a question, quoted where that is needed", () => {
  const hit = { iri: "https://r/technique/lora", name: "Low-Rank Adaptation", type: "Technique", support: 1 };
  assert.deepEqual(node(hit, true), { text: hit.name, note: "Technique", insert: "<https://r/technique/lora>" });
  assert.equal(node(hit, false).insert, '"Low-Rank Adaptation" ');
  assert.deepEqual(node({ ...hit, name: "LoRA", support: 2 }, false), { text: "LoRA", note: "Technique, 2 papers", insert: "LoRA " });
  assert.equal(node({ ...hit, name: 'a "b" c' }, false).insert, 'a "b" c ');
});

test("an end that stands already is not doubled", () => {
  assert.equal(overwritten("> . }", { insert: "<https://r/x>" }), 1);
  assert.equal(overwritten(" . }", { insert: "<https://r/x>" }), 0);
  assert.equal(overwritten('" and', { insert: '"a b" ' }), 1);
  assert.equal(overwritten("> 3", { insert: "kg:uses" }), 0);
});
