// @ts-check
// Completion in the two boxes of the query page: what stands before the caret -> what could go on from there.
// The page works without it. Words of the graph become text nodes, nothing else; the only address asked is our own.

/** @typedef {{text: string, note: string, insert: string}} Choice */
/** @typedef {{from: number, word: string, kind: "prefix" | "term" | "variable" | "word" | "node"}} Place */
/** @typedef {{prefixes: string[][], terms: string[][], words: string[], small: string[]}} Vocabulary */
/** @typedef {{iri: string, name: string, type: string, support: number}} Hit */

const SHOWN = 12, LEAST = 2, PAUSE = 120;
const KEYWORDS =
  "SELECT ASK CONSTRUCT DESCRIBE WHERE PREFIX DISTINCT FILTER OPTIONAL UNION MINUS BIND VALUES EXISTS NOT GROUP HAVING ORDER BY ASC DESC LIMIT OFFSET COUNT SUM AVG MIN MAX SAMPLE GROUP_CONCAT SEPARATOR AS IN REGEX STR LANG CONTAINS STRSTARTS LCASE BOUND IF COALESCE".split(" ");
// strings, comments and IRIs, whole or up to the end of the text
const INERT =
  /"""(?:[^"\\]|\\[^]|"(?!""))*(?:"""|$)|'''(?:[^'\\]|\\[^]|'(?!''))*(?:'''|$)|"(?:[^"\\\n]|\\.)*(?:"|$)|'(?:[^'\\\n]|\\.)*(?:'|$)|<[^<>"{}|^`\\\s]*>|#[^\n]*/g;

/** @param {string} text */
const folded = (text) => text.normalize("NFKC").toLowerCase();

/**
 * What is being typed at the end of a query; nothing inside strings and comments.
 * @param {string} before the text up to the caret @returns {Place | null}
 */
export function placeInQuery(before) {
  let last = "", end = 0;
  for (const found of before.matchAll(INERT)) [last, end] = [found[0], found.index + found[0].length];
  if (end === before.length && /^["'#]/.test(last)) return null;
  const here = (/** @type {string} */ word, /** @type {Place["kind"]} */ kind, extra = 0) => ({ from: before.length - word.length - extra, word, kind });
  const named = /<([^\s<>"{}|^`\\=][^<>"{}|^`\\\n]{0,60})$/.exec(before);
  if (named) return /^\w+:/.test(named[1]) ? null : here(named[1], "node", 1);
  const declared = /\bPREFIX\s+([A-Za-z]*)$/i.exec(before);
  if (declared) return here(declared[1], "prefix");
  const variable = /[?$](\w*)$/.exec(before);
  if (variable) return here(variable[1], "variable", 1);
  const term = /(?:^|[\s{}()[\],;.|/^!*+])(kgr:[\w/-]*|[A-Za-z]\w*:[\w-]*)$/.exec(before);
  if (term) return here(term[1], "term");
  const word = /(?:^|[\s{}()[\],;.|/^!*+])([A-Za-z][\w.+-]*)$/.exec(before);
  return word ? here(word[1], "word") : null;
}

/**
 * What is being typed at the end of a question: all since the last word of the grammar.
 * @param {string} before @param {Vocabulary} vocabulary @returns {Place | null}
 */
export function placeInQuestion(before, { small }) {
  const known = new Set(small);
  if ((before.match(/"/g) || []).length % 2) {
    const from = before.lastIndexOf('"');
    return { from, word: before.slice(from + 1), kind: "node" };
  }
  let from = before.length;
  for (const found of [...before.matchAll(/[^\s,]+/g)].reverse()) {
    const whole = found.index + found[0].length < before.length;
    if ((whole && (known.has(folded(found[0])) || /^\d+$/.test(found[0]))) || /^[^,]*,/.test(before.slice(found.index + found[0].length, from))) break;
    from = found.index;
  }
  const word = before.slice(from);
  return word.trim() ? { from, word, kind: "word" } : null;
}

/** @param {string[][]} pairs @param {string} word @param {(pair: string[]) => string[]} names @returns {string[][]} those that begin so, then those that hold it */
function like(pairs, word, names) {
  const key = folded(word);
  const rank = (/** @type {string[]} */ pair) => Math.min(...names(pair).map((n) => (folded(n).startsWith(key) ? 0 : folded(n).includes(key) && key ? 1 : 2)));
  return pairs.filter((pair) => rank(pair) < 2).sort((a, b) => rank(a) - rank(b));
}

/** @param {string} curie */
const local = (curie) => curie.slice(curie.indexOf(":") + 1);

/**
 * What the vocabulary offers at a place of a query.
 * @param {Place} place @param {Vocabulary} vocabulary @param {string} text the whole query @returns {Choice[]}
 */
export function inQuery(place, vocabulary, text) {
  const { prefixes, terms } = vocabulary, { word, kind } = place;
  if (kind === "prefix") return like(prefixes, word, ([name]) => [name]).map(([name, iri]) => ({ text: `${name}:`, note: iri, insert: `${name}: <${iri}>\n` }));
  if (kind === "variable") {
    const used = [...new Set(text.match(/[?$]\w+/g) || [])].map((name) => [name.slice(1)]).filter(([name]) => name !== word);
    return like(used, word, ([name]) => [name]).map(([name]) => ({ text: `?${name}`, note: "variable", insert: `?${name}` }));
  }
  const asTerms = (/** @type {string[][]} */ found) => found.map(([curie, note]) => ({ text: curie, note, insert: curie }));
  if (kind === "term") {
    const [prefix] = word.split(":", 1);
    return asTerms(like(terms.filter(([curie]) => folded(curie).startsWith(`${folded(prefix)}:`)), local(word), ([curie]) => [local(curie)]));
  }
  if (kind === "node") return [];
  const keywords = KEYWORDS.filter((name) => folded(name).startsWith(folded(word)) && name !== word).slice(0, 3);
  const begun = prefixes.filter(([name]) => name.startsWith(folded(word)));
  return [
    ...keywords.map((name) => ({ text: name, note: "keyword", insert: name })),
    ...begun.map(([name, iri]) => ({ text: `${name}:`, note: iri, insert: `${name}:` })),
    ...asTerms(word.length < LEAST ? [] : terms.filter(([curie]) => folded(local(curie)).startsWith(folded(word)))),
  ];
}

/** The words of the grammar that go on from a place of a question. @param {Place} place @param {Vocabulary} vocabulary @returns {Choice[]} */
export function inQuestion(place, { words }) {
  if (place.kind === "node") return [];
  const key = folded(place.word);
  return words.filter((word) => word.startsWith(key) && word !== key).map((word) => ({ text: word, note: "word", insert: `${word} ` }));
}

/** What to look up as a name of a node, if anything. @param {Place} place */
export function lookedUp(place) {
  if (place.kind === "prefix" || place.kind === "variable") return "";
  const word = place.kind === "term" ? (/^kgr:/i.test(place.word) ? local(place.word).replace(/^[a-z]+\//, "") : "") : place.word;
  return word.trim().length < LEAST ? "" : word.trim();
}

/** A node as it is written in a query, or in a question. @param {Hit} hit @param {boolean} query @returns {Choice} */
export function node(hit, query) {
  const papers = hit.support > 1 ? `, ${hit.support} papers` : "";
  const quoted = /[\s,]/.test(hit.name) && !hit.name.includes('"') ? `"${hit.name}"` : hit.name;
  return { text: hit.name, note: hit.type + papers, insert: query ? `<${hit.iri}>` : `${quoted} ` };
}

/** What to put in after the caret is taken along: the end of an IRI or of a quoted name. @param {string} after @param {Choice} choice */
export const overwritten = (after, choice) => ((choice.insert.startsWith("<") && after[0] === ">") || (choice.insert[0] === '"' && after[0] === '"') ? 1 : 0);

/**
 * Give a box a list of completions: it opens while one types or by Ctrl+Space, arrows choose, Enter and Tab take, Escape closes.
 * @param {HTMLTextAreaElement | HTMLInputElement} field @param {Vocabulary} vocabulary @param {HTMLElement} said
 */
export function attach(field, vocabulary, said) {
  const query = field instanceof HTMLTextAreaElement;
  const list = document.createElement("ul");
  list.id = `${field.id}-choices`;
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", "Completions");
  list.hidden = true;
  field.after(list);
  field.autocomplete = "off";
  field.removeAttribute("list");
  field.setAttribute("aria-autocomplete", "list");
  field.setAttribute("aria-controls", list.id);
  // HTML gives a box of several lines no role but its own, and that one no "expanded"
  if (query) field.setAttribute("aria-haspopup", "listbox");
  else field.setAttribute("role", "combobox"), field.setAttribute("aria-expanded", "false");

  let /** @type {Choice[]} */ choices = [], /** @type {Place | null} */ place = null;
  let active = -1, timer = 0, asked = new AbortController();

  /** @param {number} index */
  function choose(index) {
    active = index;
    [...list.children].forEach((option, i) => option.setAttribute("aria-selected", String(i === active)));
    if (active < 0) return field.removeAttribute("aria-activedescendant");
    const option = list.children[active];
    field.setAttribute("aria-activedescendant", option.id);
    option.scrollIntoView({ block: "nearest" });
  }

  /** @param {Choice[]} found */
  function show(found) {
    const kept = active < 0 ? undefined : choices[active];
    choices = found.slice(0, SHOWN);
    list.replaceChildren(
      ...choices.map((choice, i) => {
        const option = document.createElement("li"), name = document.createElement("bdi"), note = document.createElement("span");
        option.id = `${list.id}-${i}`;
        option.setAttribute("role", "option");
        name.textContent = choice.text;
        note.textContent = choice.note;
        option.append(name, " ", note);
        option.addEventListener("pointerdown", (event) => (event.preventDefault(), take(i)));
        return option;
      }),
    );
    list.hidden = !choices.length;
    if (!query) field.setAttribute("aria-expanded", String(!list.hidden));
    said.textContent = choices.length ? `${choices.length} completions` : "";
    choose(kept ? choices.findIndex((choice) => choice.insert === kept.insert) : -1);
  }

  function close() {
    clearTimeout(timer);
    asked.abort();
    show([]);
  }

  /** @param {number} index */
  function take(index) {
    if (!place) return;
    const choice = choices[index], end = field.selectionEnd ?? field.value.length;
    field.focus();
    field.setSelectionRange(place.from, end + overwritten(field.value.slice(end), choice));
    // the only way to put in text that can be undone
    if (!document.execCommand("insertText", false, choice.insert)) field.setRangeText(choice.insert, place.from, field.selectionEnd ?? end, "end");
    close();
  }

  function look() {
    clearTimeout(timer);
    asked.abort();
    const caret = field.selectionEnd ?? 0, before = field.value.slice(0, caret);
    place = field.selectionStart !== caret ? null : query ? placeInQuery(before) : placeInQuestion(before, vocabulary);
    if (!place) return show([]);
    const here = place, known = query ? inQuery(here, vocabulary, field.value) : inQuestion(here, vocabulary);
    show(known);
    const name = lookedUp(here);
    if (name) timer = window.setTimeout(() => void search(name, known), PAUSE);
  }

  /** @param {string} name @param {Choice[]} known */
  async function search(name, known) {
    asked = new AbortController();
    try {
      const answer = await fetch(`/api/search?${new URLSearchParams({ query: name.slice(0, 200), limit: String(SHOWN) })}`, { signal: asked.signal });
      if (!answer.ok) return;
      const { hits } = await answer.json();
      const nodes = hits.map((/** @type {Hit} */ hit) => node(hit, query));
      show([...known.slice(0, Math.max(SHOWN - nodes.length, 4)), ...nodes]);
    } catch {
      // the server is gone, or what was typed is; the words of the vocabulary stay
    }
  }

  field.addEventListener("input", look);
  field.addEventListener("blur", close);
  field.addEventListener("click", () => list.hidden || look());
  field.addEventListener("keydown", (pressed) => {
    const event = /** @type {KeyboardEvent} */ (pressed);
    if (event.isComposing || event.altKey || event.metaKey) return;
    const open = !list.hidden, { key } = event;
    if (event.ctrlKey) {
      if (key === " ") event.preventDefault(), look();
      else if (key === "Enter") field.form?.requestSubmit();
    } else if (open && (key === "ArrowDown" || key === "ArrowUp")) {
      event.preventDefault();
      const count = choices.length + 1;
      choose(((active + 1 + (key === "ArrowDown" ? 1 : -1) + count) % count) - 1);
    } else if (open && active >= 0 && (key === "Enter" || (key === "Tab" && !event.shiftKey))) {
      event.preventDefault();
      take(active);
    } else if (open && key === "Escape") {
      event.preventDefault();
      close();
    } else if (open && (key === "ArrowLeft" || key === "ArrowRight" || key === "Home" || key === "End")) close();
  });
}

if (typeof document !== "undefined") {
  const form = /** @type {HTMLElement} */ (document.getElementById("vocabulary"));
  const vocabulary = JSON.parse(form.dataset.words || "{}");
  const said = /** @type {HTMLElement} */ (document.getElementById("said"));
  for (const name of ["question", "sparql"]) attach(/** @type {HTMLInputElement} */ (document.getElementById(name)), vocabulary, said);
  form.hidden = false;
}
