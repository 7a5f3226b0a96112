// @ts-check
// The legend is the filter: types and relations with their counts, years, confidence, support, derived or direct.

import { byId, el, icon, vector } from "./dom.js";
import { adapted } from "./shapes.js";
/** @typedef {import("./data.js").Model} Model @typedef {import("./filter.js").Filters} Filters @typedef {import("./filter.js").Masks} Masks */

/**
 * @param {Model} m @param {Filters} filters @param {[number, number]} years @param {() => void} changed
 * @returns {{refresh: (masks: Masks, dark: boolean) => void}}
 */
export function side(m, filters, years, changed) {
  const total = { types: m.types.map(() => 0), relations: m.relations.map(() => 0) };
  for (let i = 0; i < m.count; i++) total.types[m.type[i]]++;
  for (let e = 0; e < m.links; e++) total.relations[m.relation[e]]++;
  /** @type {{kind: "types" | "relations", index: number, button: any, count: any}[]} */
  const keys = [];
  for (const kind of /** @type {const} */ (["types", "relations"])) {
    const present = total[kind].map((n, k) => (n ? k : -1)).filter((k) => k >= 0);
    for (const index of present) {
      const picture = el("span", { class: "picture" }), count = el("span", { class: "count" });
      const button = el("button", { type: "button", class: "key", [`data-${kind === "types" ? "type" : "relation"}`]: index }, picture, el("span", null, m[kind][index][1]), count);
      button.addEventListener("click", (/** @type {MouseEvent} */ event) => {
        if (event.detail > 1) return; // the second click of a double click
        if (!filters[kind].delete(index)) filters[kind].add(index);
        changed();
      });
      button.addEventListener("dblclick", () => { // this one alone; once more: all
        const others = present.filter((k) => k !== index);
        const alone = others.every((k) => filters[kind].has(k));
        filters[kind].clear();
        if (!alone) others.forEach((k) => filters[kind].add(k));
        changed();
      });
      byId(kind).append(el("li", null, button));
      keys.push({ kind, index, button, count });
    }
  }
  /** @param {string} id @param {(value: number) => void} set */
  const number = (id, set) => byId(id).addEventListener("change", () => { set(Number(byId(id).value) || 0); changed(); });
  number("from", (v) => { filters.from = v === years[0] ? 0 : v; });
  number("to", (v) => { filters.to = v === years[1] ? 0 : v; });
  number("sure", (v) => { filters.sure = Math.min(100, Math.max(0, v)); });
  number("support", (v) => { filters.support = Math.max(1, v); });
  byId("kind").addEventListener("change", () => { filters.kind = byId("kind").value; changed(); });
  if (!years[0]) byId("years").hidden = true;
  for (const id of ["from", "to"]) [byId(id).min, byId(id).max] = [String(years[0]), String(years[1])];
  return {
    refresh(masks, dark) {
      for (const { kind, index, button, count } of keys) {
        const on = !filters[kind].has(index), shown = masks[kind][index], all = total[kind][index];
        button.setAttribute("aria-pressed", String(on));
        count.textContent = shown === all || !on ? all.toLocaleString("en") : `${shown.toLocaleString("en")} of ${all.toLocaleString("en")}`;
        const row = m[kind][index], colour = adapted(row[2], dark);
        button.firstChild.replaceChildren(kind === "types" ? icon(row, colour) : vector("svg", { viewBox: "0 0 16 16", class: "icon", "aria-hidden": "true" }, vector("path", { d: "M1 8h14", stroke: colour, "stroke-width": 3 })));
      }
      byId("from").value = String(filters.from || years[0]);
      byId("to").value = String(filters.to || years[1]);
      byId("sure").value = String(filters.sure);
      byId("sureness").textContent = `${filters.sure} %`;
      byId("support").value = String(filters.support);
      byId("kind").value = filters.kind;
    },
  };
}
