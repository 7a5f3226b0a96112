// @ts-check
// The search box: suggestions while one types, by keyboard or pointer.

import { isPaper } from "./data.js";
import { bdi, byId, el, icon } from "./dom.js";
import { folded, search } from "./search.js";
import { adapted, cut } from "./shapes.js";
/** @typedef {import("./data.js").Model} Model */

/**
 * @param {Model} m @param {() => boolean} dark @param {() => ReturnType<typeof import("./search.js").index>} names
 * @param {(i: number) => void} accepted
 */
export function searching(m, dark, names, accepted) {
  const query = byId("query"), hits = byId("hits");
  let at = 0, found = /** @type {number[]} */ ([]);
  /** @param {number} i @param {number} k */
  function suggestion(i, k) {
    const type = m.types[m.type[i]], wanted = folded(query.value);
    const alias = folded(m.name[i]).includes(wanted) ? undefined : m.aliases[i].find((a) => folded(a).includes(wanted));
    return el("li", { role: "option", id: `hit${k}`, "aria-selected": "false", onmousedown: (/** @type {Event} */ event) => { event.preventDefault(); accept(k); } },
      icon(type, adapted(type[2], dark())), bdi(cut(m.name[i], 90)), alias ? el("span", { class: "soft" }, " ", bdi(cut(alias, 40))) : "",
      el("span", { class: "count" }, isPaper(m, i) ? "paper" : String(m.support[i])));
  }
  function suggest() {
    found = search(names(), query.value);
    const asked = Boolean(query.value.trim());
    const none = asked && !found.length ? [el("li", { role: "option", "aria-disabled": "true", "aria-selected": "false" }, "No such name in this page")] : [];
    hits.replaceChildren(...found.map(suggestion), ...none);
    hits.hidden = !asked;
    query.setAttribute("aria-expanded", String(asked));
    select(0);
  }
  /** @param {number} k */
  function select(k) {
    at = found.length ? (k + found.length) % found.length : 0;
    if (!found.length) return query.removeAttribute("aria-activedescendant");
    hits.childNodes.forEach((/** @type {any} */ item, /** @type {number} */ n) => item.setAttribute("aria-selected", String(n === at)));
    query.setAttribute("aria-activedescendant", `hit${at}`);
  }
  function shut() {
    hits.hidden = true;
    query.setAttribute("aria-expanded", "false");
    query.removeAttribute("aria-activedescendant");
  }
  /** @param {number} k */
  function accept(k) {
    if (found[k] === undefined) return;
    shut();
    accepted(found[k]);
  }
  query.addEventListener("input", suggest);
  query.addEventListener("focus", () => { if (query.value) suggest(); });
  query.addEventListener("blur", shut);
  query.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") { event.preventDefault(); select(at + (event.key === "ArrowDown" ? 1 : -1)); }
    else if (event.key === "Enter") accept(at);
    else if (event.key === "Escape") { query.value = ""; shut(); }
    else return;
    event.stopPropagation();
  });
}
