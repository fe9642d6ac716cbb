/** What is said to who listens rather than looks: seldom, and only what is worth an interruption. */

import { byId } from "./dom.js";
import { counted } from "./format.js";

const SETTLED_MS = 800;
const NEWS_EVERY_MS = 20_000;

let timer = 0;

/** Say `text` when nothing else was to be said for a moment: of a burst, only the last. */
export function say(text) {
  clearTimeout(timer);
  timer = setTimeout(() => (byId("said").textContent = text), SETTLED_MS);
}

/** Tells at most every twenty seconds which events have come to rest since it told last. */
export class News {
  constructor() {
    this.told = null;
    this.toldAt = 0;
  }

  /** Take the counts of an overview. */
  take({ delivered, held, dead }, now = Date.now()) {
    if (!this.told) this.told = { delivered, held, dead };
    if (now - this.toldAt < NEWS_EVERY_MS) return;
    const parts = [
      delivered > this.told.delivered && `${counted(delivered - this.told.delivered, "event")} delivered`,
      held > this.told.held && `${counted(held, "event")} held`,
      dead > this.told.dead && `${counted(dead - this.told.dead, "event")} dead-lettered`,
    ].filter(Boolean);
    if (!parts.length) return;
    say(parts.join(", "));
    this.told = { delivered, held, dead };
    this.toldAt = now;
  }
}
