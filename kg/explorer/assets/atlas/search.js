// @ts-check
// Names by what is typed: the id, exact, prefix, inside, then nearly (bit-parallel approximate matching, some ms for 100,000 names).

/** @param {string} text */
export const folded = (text) => text.normalize("NFKC").toLowerCase().replace(/[\s\-_/\u2010-\u2015\u2212]+/g, "");

/**
 * @param {{count: number, name: string[], aliases: string[][], id: string[]}} model
 * @returns {{keys: string[], owner: Int32Array, first: Uint8Array, ids: string[]}} every name and alias, and whose it is
 */
export function index(model) {
  const keys = [], owner = [], first = [];
  for (let i = 0; i < model.count; i++) {
    keys.push(folded(model.name[i]));
    owner.push(i);
    first.push(1);
    for (const alias of model.aliases[i]) {
      keys.push(folded(alias));
      owner.push(i);
      first.push(0);
    }
  }
  return { keys, owner: Int32Array.from(owner), first: Uint8Array.from(first), ids: model.id };
}

/**
 * The least number of edits with which `pattern` stands somewhere in `text` (Myers), at most `limit` + 1.
 * @param {Int32Array} masks @param {number} length @param {string} text
 */
export function edits(masks, length, text) {
  let pv = -1, mv = 0, score = length, best = length;
  const high = 1 << (length - 1);
  for (let i = 0; i < text.length; i++) {
    const eq = masks[text.charCodeAt(i) & 1023];
    const xv = eq | mv;
    const xh = (((eq & pv) + pv) ^ pv) | eq;
    let ph = mv | ~(xh | pv);
    let mh = pv & xh;
    if (ph & high) score++;
    else if (mh & high) score--;
    ph <<= 1; // the text before the match is free
    mh <<= 1;
    pv = mh | ~(xv | ph);
    mv = ph & xv;
    if (score < best) best = score;
  }
  return best;
}

/** Where each letter stands in the pattern; far alphabets share places, which only ever finds more. @param {string} pattern */
export function masksOf(pattern) {
  const masks = new Int32Array(1024);
  for (let i = 0; i < pattern.length; i++) masks[pattern.charCodeAt(i) & 1023] |= 1 << i;
  return masks;
}

/**
 * The nodes that bear a name like `text`, the likeliest first; the order of the nodes (most telling first) breaks ties.
 * @param {ReturnType<typeof index>} names @param {string} text @param {number} [limit]
 * @returns {number[]}
 */
export function search(names, text, limit = 12) {
  const wanted = folded(text);
  if (!wanted) return [];
  /** @type {Map<number, number>} */
  const rank = new Map();
  /** @param {number} k @param {number} value */
  const put = (k, value) => {
    const i = names.owner[k], old = rank.get(i);
    if (old === undefined || value < old) rank.set(i, value);
  };
  const { keys, first } = names, named = names.ids.indexOf(text.trim());
  if (named >= 0) rank.set(named, -1);
  for (let k = 0; k < keys.length; k++) {
    const key = keys[k];
    if (key === wanted) put(k, first[k] ? 0 : 1);
    else if (key.startsWith(wanted)) put(k, first[k] ? 2 : 3);
    else if (wanted.length > 1 && key.includes(wanted)) put(k, first[k] ? 4 : 5);
  }
  if (rank.size < limit && wanted.length >= 4) {
    const pattern = wanted.slice(0, 30), masks = masksOf(pattern), allowed = pattern.length < 5 ? 1 : pattern.length < 11 ? 2 : 3;
    for (let k = 0; k < keys.length; k++) {
      if (keys[k].length < pattern.length - allowed) continue;
      const distance = edits(masks, pattern.length, keys[k]);
      if (distance <= allowed) put(k, 6 + 2 * distance + (keys[k].length > 2 * pattern.length ? 1 : 0));
    }
  }
  return [...rank].sort((a, b) => a[1] - b[1] || a[0] - b[0]).slice(0, limit).map(([i]) => i);
}
