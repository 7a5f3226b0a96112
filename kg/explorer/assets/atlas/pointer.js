// @ts-check
// Mouse, fingers and keys on the map -> camera and choices.

import { under } from "./scene.js";
/** @typedef {import("./scene.js").Camera} Camera @typedef {import("./scene.js").Scene} Scene */

/**
 * @param {HTMLCanvasElement} canvas @param {Camera} cam
 * @param {{scene: () => Scene, moved: () => void, settled: () => void, hover: (i: number, x: number, y: number) => void,
 *   choose: (hit: {node: number, edge: number, group: number}, shift: boolean) => void, enlarge: (hit: {node: number, edge: number, group: number}) => void}} act
 */
export function pointing(canvas, cam, act) {
  /** @type {Map<number, {x: number, y: number}>} */
  const fingers = new Map();
  let travelled = 0, apart = 0;
  const at = (/** @type {MouseEvent} */ event) => {
    const box = canvas.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  };
  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    fingers.set(event.pointerId, at(event));
    travelled = 0;
    apart = 0;
  });
  canvas.addEventListener("pointermove", (event) => {
    const now = at(event), before = fingers.get(event.pointerId);
    if (!before) {
      const hit = under(act.scene(), now.x, now.y);
      canvas.style.cursor = hit.node >= 0 || hit.edge >= 0 ? "pointer" : "grab";
      act.hover(hit.node, now.x, now.y);
      return;
    }
    fingers.set(event.pointerId, now);
    travelled += Math.abs(now.x - before.x) + Math.abs(now.y - before.y);
    if (fingers.size === 2) {
      const [a, b] = [...fingers.values()], distance = Math.hypot(a.x - b.x, a.y - b.y);
      if (apart) zoomAt(cam, (a.x + b.x) / 2, (a.y + b.y) / 2, distance / apart);
      apart = distance;
    } else if (travelled > 3) {
      cam.x -= (now.x - before.x) / cam.k;
      cam.y -= (now.y - before.y) / cam.k;
      canvas.style.cursor = "grabbing";
    }
    if (travelled > 3) act.moved();
  });
  const up = (/** @type {PointerEvent} */ event) => {
    const was = fingers.delete(event.pointerId);
    if (!was || event.type !== "pointerup") return;
    if (travelled <= 3) {
      const { x, y } = at(event);
      act.choose(under(act.scene(), x, y), event.shiftKey);
    } else act.settled();
  };
  canvas.addEventListener("pointerup", up);
  canvas.addEventListener("pointercancel", up);
  canvas.addEventListener("pointerleave", () => act.hover(-1, 0, 0));
  canvas.addEventListener("dblclick", (event) => {
    const { x, y } = at(event);
    act.enlarge(under(act.scene(), x, y));
  });
  canvas.addEventListener("wheel", (event) => {
    event.preventDefault();
    const { x, y } = at(event);
    zoomAt(cam, x, y, Math.exp(-event.deltaY * (event.deltaMode ? 0.05 : 0.0016)));
    act.moved();
    act.settled();
  }, { passive: false });
}

/** Zoom so that what lies at a point of the screen stays there. @param {Camera} cam @param {number} x @param {number} y @param {number} factor */
export function zoomAt(cam, x, y, factor) {
  const k = Math.min(8, Math.max(0.004, cam.k * factor)), dx = x - cam.w / 2, dy = y - cam.h / 2;
  cam.x += dx / cam.k - dx / k;
  cam.y += dy / cam.k - dy / k;
  cam.k = k;
}
